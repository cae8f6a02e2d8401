"""Undoing an activity: a new activity that puts back every device which is still as the other one left it.

A device that was changed since is a failed row that says so, and by which activity. What undoing changed can be undone too.
"""

from pomona.registry import activity_records, assignments, restoration
from pomona.registry.activity_records import Activity
from pomona.registry.assignments import Chunk
from pomona.registry.errors import InUse
from pomona.registry.results import Result
from pomona.store import Tx

TYPE = "UNDO_ACTIVITY"
DAY = 86_400_000

DECISION = (
    f"CASE WHEN o.device_id IS NULL OR o.device_id <> b.device_id THEN {Result.RELEASED:d}"
    f" WHEN s.revision <> b.revision THEN {Result.CHANGED_SINCE:d}"
    f" WHEN s.migration_status IN ('STARTED', 'SUCCESS') AND b.before_migration IS DISTINCT FROM s.migration_status"
    f" THEN {Result.MIGRATION_STARTED:d}"
    f" WHEN b.before_service IS NOT NULL AND v.id IS NULL THEN {Result.SERVER_NOT_FOUND:d}"
    f" ELSE {Result.CHANGED:d} END"
)
"""What undoing decides about a result `b`, its device's state `s`, the owner of its serial `o` and the service `v` before."""

SOURCE = (
    "FROM activity_result b LEFT JOIN serial_owner o ON o.serial = b.serial"
    " LEFT JOIN device_state s ON s.device_id = b.device_id LEFT JOIN service v ON v.id = b.before_service"
)


def check(tx: Tx, activity: Activity, *, now: int, days: int) -> None:
    """Raises `InUse`, with the reason, when an activity cannot be undone: so much is known without looking at its devices."""
    if (why := obstacle(tx, activity, now=now, days=days)) is not None:
        raise InUse(why)


def obstacle(tx: Tx, activity: Activity, *, now: int, days: int) -> str | None:
    """Why an activity cannot be undone, for people; None when it can. `days` is the window for it, from its end."""
    if activity.completed_at is None:
        return "The activity is still running; stop it, or wait until it has ended."
    if activity.type == "KEEP_DEVICES":
        return "Keeping devices cannot be undone; release them again."
    if activity.type == "RELEASE_DEVICES" and not _reversible(tx, activity):
        return "A release cannot be undone once it is final."
    if now - activity.completed_at > days * DAY:
        return f"The activity ended more than {days} days ago; what was before is not kept for longer."
    if activity.type == TYPE and _undid_release(tx, activity):
        return "Taking back a release cannot be undone; release the devices again."
    if not activity.succeeded or not _changed(tx, activity):
        return "The activity changed nothing."
    undone = next((each for each in activity_records.following(tx, activity) if each.type == TYPE), None)
    if undone is not None and undone.status in ("IN_PROGRESS", "COMPLETED"):
        return f"The activity was undone already, by {undone.uuid}."
    return None


def put_back(tx: Tx, chunk: Chunk, source_id: int, *, now: int) -> None:
    """Puts the devices of the activity `source_id` whose results the chunk covers back to where they were."""
    tx.execute(
        f"{assignments.RESULT} SELECT CAST($1 AS BIGINT), b.n, b.serial, s.device_id, {DECISION},"
        f" {_STATE}, b.activity_id * 4294967296 + b.n {SOURCE}"
        " WHERE b.activity_id = $3 AND b.n >= $4 AND b.n < $5 AND b.status = 1",
        *(chunk.activity_id, now, source_id, chunk.first, chunk.end),
    )
    tx.execute(
        "UPDATE activity_result SET changed_by = (SELECT max(x.activity_id) FROM"
        " (SELECT q.activity_id FROM operation q WHERE q.device_id = activity_result.device_id UNION ALL"
        " SELECT u.activity_id FROM activity_result u WHERE u.untold = activity_result.device_id) x"
        " WHERE x.activity_id > $1)"
        f" WHERE activity_id = $2 AND n >= $3 AND n < $4 AND status = {Result.CHANGED_SINCE:d}",
        *(source_id, *chunk.rows),
    )
    restoration.restore(tx, chunk.rows, now)


_STATE = assignments.STATE.replace("$4", "$2")


def _reversible(tx: Tx, activity: Activity) -> bool:
    unfinished = tx.value("SELECT unfinished FROM activity WHERE id = $1", activity.id)
    return activity.origin_id is None and unfinished is not None


def _undid_release(tx: Tx, activity: Activity) -> bool:
    source = None if activity.origin_id is None else activity_records.by_id(tx, activity.origin_id)
    return source is not None and source.type == "RELEASE_DEVICES"


def _changed(tx: Tx, activity: Activity) -> bool:
    sql = "SELECT n FROM activity_result WHERE activity_id = $1 AND status = 1 LIMIT 1"
    return tx.value(sql, activity.id) is not None
