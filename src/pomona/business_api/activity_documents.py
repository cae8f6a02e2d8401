"""Our own `activities`: what an activity is, what became of its devices, and what one would do, as resources."""

from typing import Any

from pomona.business_api import activity_logs
from pomona.business_api.call import Call, encode
from pomona.formats.times import iso_millis
from pomona.registry import activity_records, activity_search, undo
from pomona.registry.activity_records import Activity
from pomona.registry.previews import Preview
from pomona.registry.results import Result, ResultRow
from pomona.store import Tx

_DAY = 86_400_000
_TYPE = "activities"


def names(tx: Tx, organization_id: int) -> dict[int, tuple[str, str]]:
    """Public id and name of each service of an organisation, by internal id."""
    rows = tx.rows("SELECT id, uuid, name FROM service WHERE organization_id = $1", organization_id)
    return {id: (uuid, name) for id, uuid, name in rows}


def brief(call: Call, activity: Activity, services: dict[int, tuple[str, str]]) -> dict[str, Any]:
    """An activity as it is listed."""
    attributes: dict[str, Any] = {
        "activityType": activity.type,
        "status": activity.status,
        "subStatus": activity.sub_status,
        "state": _state(activity),
        "createdDateTime": iso_millis(activity.created_at),
        "startedDateTime": _time(activity.started_at),
        "completedDateTime": _time(activity.completed_at),
        "deviceCount": activity.total,
        "succeededCount": activity.succeeded,
        "failedCount": activity.failed,
        "actor": {"type": activity.actor.kind, "id": activity.actor.id, "name": activity.actor.name},
        "service": _service(services, activity.service_id),
        "mdmMigrationDeadlineDateTime": _time(activity.deadline),
        "releaseDueDateTime": _time(activity.final_at),
        "problem": activity.metadata.get("problem"),
    }
    if activity.status == "COMPLETED" and activity.completed_at is not None:
        attributes["downloadUrl"] = activity_logs.url(call, activity.uuid, activity.completed_at)
    return {
        "type": _TYPE,
        "id": activity.uuid,
        "attributes": attributes,
        "links": {"self": call.extension_url(f"activities/{activity.uuid}")},
    }


def whole(tx: Tx, call: Call, activity: Activity) -> bytes:
    """An activity with what it goes back to, what followed it, and whether it can be undone."""
    document = brief(call, activity, names(tx, activity.organization_id))
    days = call.runtime.settings.undo_days
    obstacle = undo.obstacle(tx, activity, now=call.now, days=days)
    until = None if activity.completed_at is None else activity.completed_at + days * _DAY
    document["attributes"] |= {
        "canBeUndone": obstacle is None,
        "undoObstacle": obstacle,
        "beforeImagesKeptUntilDateTime": _time(until),
    }
    origin = None if activity.origin_id is None else activity_records.by_id(tx, activity.origin_id)
    undoes = origin if activity.type == undo.TYPE else None
    following = activity_records.following(tx, activity)
    document["relationships"] = {
        "undoes": _linkage(undoes),
        "finishes": _linkage(None if undoes else origin),
        "undoneBy": {"data": [_identifier(each) for each in following if each.type == undo.TYPE]},
        "finishedBy": {"data": [_identifier(each) for each in following if each.type != undo.TYPE]},
    }
    return encode(document)


def result(row: ResultRow, services: dict[int, tuple[str, str]]) -> bytes:
    """What became of one device."""
    status, sub_status = row.result.words
    return encode({
        "type": "activityResults",
        "id": str(row.n),
        "attributes": {
            "serialNumber": row.serial,
            "status": status,
            "subStatus": sub_status or None,
            "serviceBefore": _service(services, row.before_service),
            "changedBy": row.changed_by,
        },
    })  # fmt: skip


def preview(found: Preview, type: str, services: dict[int, tuple[str, str]], id: str) -> bytes:
    """What an activity would do."""
    shares = [
        {
            "productFamily": None if share.kind is None else share.kind.label,
            "service": _service(services, share.service_id),
            "outcome": _outcome(share.result),
            "deviceCount": share.count,
        }
        for share in found.shares
    ]
    refusals = [
        {"reason": reason.words[1], "deviceCount": count, "serialNumbers": serials}
        for reason, (count, serials) in found.refusals.items()
    ]
    warnings = [
        {
            "reason": each.reason,
            "detail": each.sentence,
            "deviceCount": each.count,
            "serialNumbers": list(each.serials),
        }
        for each in found.warnings
    ]
    attributes = {
        "activityType": type,
        "deviceCount": found.total,
        "changingCount": found.changing,
        "unchangedCount": found.count(succeeding=True) - found.changing,
        "refusedCount": found.count(succeeding=False),
        "devices": shares,
        "refusals": refusals,
        "warnings": warnings,
    }
    return encode({"type": "activityPreviews", "id": id, "attributes": attributes})


def _outcome(result: Result) -> str:
    return "CHANGED" if result is Result.CHANGED else result.words[1]


def _state(activity: Activity) -> str:
    if activity.status == "COMPLETED":
        return "COMPLETED_WITH_ISSUES" if activity.failed else "COMPLETED_SUCCESSFULLY"
    states = {"FAILED": "COMPLETED_WITH_SERVER_ERRORS", "STOPPED": "MANUALLY_STOPPED"}
    word = states.get(activity.status, "IN_PROGRESS")
    assert word in activity_search.WORDS
    return word


def _service(services: dict[int, tuple[str, str]], id: int | None) -> dict[str, str] | None:
    if id is None or id not in services:
        return None
    uuid, name = services[id]
    return {"id": uuid, "name": name}


def _time(at: int | None) -> str | None:
    return None if at is None else iso_millis(at)


def _identifier(activity: Activity) -> dict[str, str]:
    return {"type": _TYPE, "id": activity.uuid}


def _linkage(activity: Activity | None) -> dict[str, Any]:
    return {"data": None if activity is None else _identifier(activity)}
