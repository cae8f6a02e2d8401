"""What each type of activity does to a chunk of its devices, and how the audit log names it."""

from collections.abc import Callable

from pomona.registry import assignments, migrations, releases, undo
from pomona.registry.activity_records import Activity
from pomona.registry.assignments import Chunk
from pomona.registry.errors import NotFound
from pomona.store import Tx

Step = Callable[[Tx, Activity, Chunk, int], None]


def _assign(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    assignments.assign(
        tx,
        chunk,
        _service_id(tx, activity),
        assigned_by=activity.actor.name,
        now=now,
        emptying=_emptying(activity),
    )


def _unassign(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    assignments.unassign(tx, chunk, activity.service_id, now=now, emptying=_emptying(activity))


def _migrate(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    service_id, deadline = _service_id(tx, activity), _deadline(activity)
    migrations.assign(tx, chunk, service_id, deadline, assigned_by=activity.actor.name, now=now)


def _update(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    migrations.update(tx, chunk, _deadline(activity), now=now)


def _cancel(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    migrations.cancel(tx, chunk, now=now)


def _release(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    if activity.final_at is not None:
        releases.put_off(tx, chunk, activity.final_at, now=now, service_id=activity.service_id)
    else:
        final = activity.origin_id is not None
        service_id = None if final else activity.service_id
        releases.release(tx, chunk, actor=activity.actor, now=now, service_id=service_id, final=final)


def _keep(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    releases.keep(tx, chunk, now=now)


def _undo(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    if activity.origin_id is None:
        raise NotFound("activity", "to undo")
    undo.put_back(tx, chunk, activity.origin_id, now=now)


def _emptying(activity: Activity) -> bool:
    return "empties" in activity.metadata


def _service_id(tx: Tx, activity: Activity) -> int:
    service_id = activity.service_id
    if service_id is None or not tx.value("SELECT id FROM service WHERE id = $1", service_id):
        raise NotFound("device management service", service_id)
    return service_id


def _deadline(activity: Activity) -> int:
    if activity.deadline is None:
        raise NotFound("deadline of the migration", activity.uuid)
    return activity.deadline


STEPS: dict[str, Step] = {
    "ASSIGN_DEVICES": _assign,
    "UNASSIGN_DEVICES": _unassign,
    "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE": _migrate,
    "UPDATE_MDM_MIGRATION_DEADLINE": _update,
    "CANCEL_MDM_MIGRATION": _cancel,
    "RELEASE_DEVICES": _release,
    "KEEP_DEVICES": _keep,
    "UNDO_ACTIVITY": _undo,
}
"""What each type of activity does to a chunk."""

NEED_SERVICE = frozenset({"ASSIGN_DEVICES", "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE"})
"""Types that are about a service to go to."""

NEED_DEADLINE = frozenset({"ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", "UPDATE_MDM_MIGRATION_DEADLINE"})
"""Types that set the deadline of a migration."""

_AUDIT = {
    "ASSIGN_DEVICES": "DEVICE_ASSIGNED_TO_SERVER",
    "UNASSIGN_DEVICES": "DEVICE_UNASSIGNED_FROM_SERVER",
    "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE": "DEVICE_ASSIGNED_TO_SERVER",
    "UPDATE_MDM_MIGRATION_DEADLINE": "MIGRATION_DEADLINE_CHANGED",
    "CANCEL_MDM_MIGRATION": "MIGRATION_CANCELLED",
    "RELEASE_DEVICES": "DEVICE_REMOVED_FROM_ORG",
    "KEEP_DEVICES": "DEVICE_RELEASE_TAKEN_BACK",
    "UNDO_ACTIVITY": "ACTIVITY_UNDONE",
}


def audit_type(activity: Activity) -> str:
    """What the audit log calls an activity that has come to its end."""
    return "DEVICE_RELEASE_PUT_OFF" if activity.final_at is not None else _AUDIT[activity.type]
