"""One activity: how far it is, what became of each device, its log as a file, and stopping it."""

from typing import Any

from pomona.portal import words
from pomona.portal.activity_list import line
from pomona.portal.answers import Answer, Moved, Piece, Shown, Stream
from pomona.portal.csv_files import csv_line
from pomona.portal.device_changes import share_line
from pomona.portal.paging import number_of
from pomona.portal.permissions import Permission
from pomona.portal.service_names import ServiceName, service_names
from pomona.portal.visit import Visit
from pomona.registry import activities, activity_records, previews, results, undo
from pomona.registry.activities import Activity
from pomona.registry.errors import Forbidden
from pomona.registry.results import ResultRow
from pomona.store import Tx

PAGE = 100
_FAILURES = 50
_PIECE = 5_000
_HEADING = ("serial_number", "result", "detail", "service_before", "service", "changed_by")


def show(tx: Tx, visit: Visit) -> Answer:
    """The activity and a page of its results; `?after=` is the number of the last one seen."""
    activity = activities.get(tx, visit.organization_id, visit.path["uuid"])
    names = service_names(tx, visit.organization_id)
    after = number_of(visit.query, "after")
    found = results.page(tx, activity.id, after=-1 if after is None else after, limit=PAGE + 1)
    failures = results.failures(tx, activity.id, limit=_FAILURES) if activity.failed else []
    context = {
        "activity": line(activity, names),
        "details": activity,
        "running": activity.status == "IN_PROGRESS",
        "why": activity.metadata.get("problem", ""),
        "rows": [_row(row, activity, names) for row in found[:PAGE]],
        "failures": [_row(row, activity, names) for row in failures],
        "after": found[PAGE - 1].n if len(found) > PAGE else None,
        "first": after is None,
        **_links(tx, visit, activity),
    }
    return Shown("activity_page.html", context)


def _links(tx: Tx, visit: Visit, activity: Activity) -> dict[str, Any]:
    """Whether it can be undone, and the activities before and after it."""
    days = visit.runtime.settings.undo_days
    origin = None if activity.origin_id is None else activity_records.by_id(tx, activity.origin_id)
    following = activity_records.following(tx, activity)
    return {
        "obstacle": undo.obstacle(tx, activity, now=visit.now, days=days),
        "undoes": origin.uuid if origin and activity.type == undo.TYPE else "",
        "finishes": origin.uuid if origin and activity.type != undo.TYPE else "",
        "undone_by": [each.uuid for each in following if each.type == undo.TYPE],
        "finished_by": [each.uuid for each in following if each.type != undo.TYPE],
    }


def preview_undo(tx: Tx, visit: Visit) -> Answer:
    """What undoing it would do to each device, by kind and present service."""
    activity = _undoable(tx, visit)
    seen = previews.undoing(tx, activity, now=visit.now, days=visit.runtime.settings.undo_days)
    names = service_names(tx, visit.organization_id)
    context = {
        "activity": line(activity, names),
        "preview": seen,
        "refused": seen.count(succeeding=False),
        "shares": [share_line(share, undo.TYPE, names) for share in seen.shares],
        "failing": [
            {"serial": serial, "why": words.result(result, undo.TYPE)} for serial, result in seen.failing
        ],
    }
    return Shown("activity_undo.html", context)


def undo_it(tx: Tx, visit: Visit) -> Answer:
    """Makes the activity that undoes it."""
    activity = _undoable(tx, visit)
    days = visit.runtime.settings.undo_days
    made = activities.undoing(
        tx, activity, actor=visit.actor, now=visit.now, rng=visit.runtime.rng, days=days
    )
    return Moved(f"/portal/activities/{made.uuid}")


def _undoable(tx: Tx, visit: Visit) -> Activity:
    activity = activities.get(tx, visit.organization_id, visit.path["uuid"])
    if activity.type == "RELEASE_DEVICES" and not visit.may(Permission.RELEASE):
        raise Forbidden("Your role does not allow this.")
    return activity


def stop(tx: Tx, visit: Visit) -> Answer:
    """Stops what has not been done yet."""
    activity = activities.get(tx, visit.organization_id, visit.path["uuid"])
    activities.stop(tx, activity, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/activities/{activity.uuid}", "stopped")


def log(tx: Tx, visit: Visit) -> Answer:
    """Every device of the activity as CSV, in the order they were asked for."""
    activity = activities.get(tx, visit.organization_id, visit.path["uuid"])

    def piece(tx: Tx, after: Any) -> Piece:
        names = service_names(tx, activity.organization_id)
        rows = results.page(tx, activity.id, after=after, limit=_PIECE)
        text = "" if after >= 0 else csv_line(_HEADING)
        text += "".join(csv_line(_cells(row, activity, names)) for row in rows)
        return text.encode(), rows[-1].n if len(rows) == _PIECE else None

    return Stream(f"activity-{activity.uuid}.csv", "text/csv; charset=utf-8", piece, -1)


def _row(row: ResultRow, activity: Activity, names: dict[int, ServiceName]) -> dict[str, Any]:
    before = names.get(row.before_service or 0)
    return {
        "n": row.n,
        "serial": row.serial,
        "look": words.result_look(row.result),
        "known": row.result is not results.Result.DEVICE_NOT_FOUND,
        "what": words.result(row.result, activity.type),
        "before": before.name if before else "",
        "changed_by": row.changed_by or "",
    }


def _cells(row: ResultRow, activity: Activity, names: dict[int, ServiceName]) -> tuple[str, ...]:
    status, detail = row.result.words
    before, service = names.get(row.before_service or 0), names.get(activity.service_id or 0)
    return (row.serial, status, detail, before.name if before else "", service.name if service else "",
            row.changed_by or "")  # fmt: skip
