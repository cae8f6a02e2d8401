"""Activities: every bulk change is one. Durable, resumed after a crash, with a result for each device.

An activity keeps what was asked in chunks. A step does one chunk and moves the counter in the same transaction, so a
chunk is done once, whoever does it and however often it is begun.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import assignments, audit, releases, results, services
from pomona.registry.actors import Actor
from pomona.registry.assignments import Chunk
from pomona.registry.errors import Invalid, LimitExceeded, NotFound
from pomona.registry.services import Service
from pomona.store import Row, Tx

ActivityType = Literal["ASSIGN_DEVICES", "UNASSIGN_DEVICES", "RELEASE_DEVICES"]

TOPIC = "activities"
"""Notified when there is an activity to do."""

CHUNK = 2_000
"""Devices a transaction handles: some tens of milliseconds, so that others get their turn."""

LEASE = 10_000
"""Milliseconds after which an activity whose worker fell silent may be taken by another.

A worker renews its lease with each chunk, many times a second. One that was only slow loses nothing but its turn.
"""

_FREE = "(leased_by = $1 OR leased_until <= $2 OR leased_until > $3)"
"""Which activities worker `$1` may take at `$2`; `$3` is beyond what any lease can be now, so the clock was set back."""

_COLUMNS = (
    "id, uuid, organization_id, type, service_id, metadata, actor_kind, actor_id, actor_name, actor_address, status,"
    " sub_status, created_at, started_at, completed_at, chunks, next_chunk, total, succeeded, failed"
)
_AUDIT_TYPES = {
    "ASSIGN_DEVICES": "DEVICE_ASSIGNED_TO_SERVER",
    "UNASSIGN_DEVICES": "DEVICE_UNASSIGNED_FROM_SERVER",
    "RELEASE_DEVICES": "DEVICE_REMOVED_FROM_ORG",
}


@dataclass(frozen=True, slots=True)
class Activity:
    """`status` is IN_PROGRESS, COMPLETED, STOPPED or FAILED; times are milliseconds."""

    id: int
    uuid: str
    organization_id: int
    type: str
    service_id: int | None
    metadata: dict[str, Any]
    actor: Actor
    status: str
    sub_status: str
    created_at: int
    started_at: int | None
    completed_at: int | None
    chunks: int
    next_chunk: int
    total: int
    succeeded: int
    failed: int


def create(
    tx: Tx,
    organization_id: int,
    type: str,
    serials: Sequence[str],
    *,
    service_id: int | None = None,
    metadata: dict[str, Any] | None = None,
    actor: Actor,
    now: int,
    rng: Rng,
    limit: int = 1_000_000,
) -> Activity:
    """Keeps an activity to be done soon; serials are canonical, repeated ones count once.

    One of more than a chunk is done sorted by serial: large orders arrived so, and neighbours share pages of the database.
    Raises `Invalid` for no serials or a type that is unknown or lacks its service, `LimitExceeded` beyond `limit`.
    """
    if type not in STEPS:
        raise Invalid(f"'{type}' is no activity; expected one of {', '.join(STEPS)}.", field="type")
    if type == "ASSIGN_DEVICES" and service_id is None:
        raise Invalid("Assigning needs the device management service to assign to.", field="service")
    distinct = list(dict.fromkeys(serials))
    if not distinct:
        raise Invalid("An activity needs at least one device.", field="devices")
    if len(distinct) > limit:
        raise LimitExceeded(f"{len(distinct)} devices are too many for one activity; the limit is {limit}.")
    if len(distinct) > CHUNK:
        distinct.sort()
    chunks = range(0, len(distinct), CHUNK)
    activity = begin(
        tx, organization_id, type, service_id, metadata or {}, actor, now, rng, len(chunks), len(distinct)
    )
    tx.insert(
        "activity_chunk",
        ("activity_id", "chunk", "first", "serials"),
        [(activity.id, n, first, tx.pack(distinct[first : first + CHUNK])) for n, first in enumerate(chunks)],
    )
    tx.notify(TOPIC)
    return activity


def begin(
    tx: Tx,
    organization_id: int,
    type: str,
    service_id: int | None,
    metadata: dict[str, Any],
    actor: Actor,
    now: int,
    rng: Rng,
    chunks: int,
    total: int,
) -> Activity:
    """Keeps an activity without its chunks: whoever calls adds them, or names in `metadata` the service it `empties`."""
    row = tx.row(
        "INSERT INTO activity (uuid, organization_id, type, service_id, metadata, actor_kind, actor_id, actor_name,"
        " actor_address, status, sub_status, created_at, chunks, total) VALUES"
        " ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'IN_PROGRESS', 'SUBMITTED', $10, $11, $12)"
        f" RETURNING {_COLUMNS}",
        *(uuid4(rng), organization_id, type, service_id, msgspec.json.encode(metadata).decode()),
        *(actor.kind, actor.id, actor.name, actor.address, now, chunks, total),
    )
    assert row is not None
    return _activity(row)


def get(tx: Tx, organization_id: int, uuid: str) -> Activity:
    """By public id. Raises `NotFound`."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM activity WHERE uuid = $1 AND organization_id = $2",
        uuid.lower(),
        organization_id,
    )
    if row is None:
        raise NotFound("activity", uuid)
    return _activity(row)


def by_uuid(tx: Tx, uuid: str) -> Activity | None:
    """By public id, whichever organisation's it is: for links that are themselves the right to read."""
    row = tx.row(f"SELECT {_COLUMNS} FROM activity WHERE uuid = $1", uuid)
    return None if row is None else _activity(row)


def newest(tx: Tx, organization_id: int, *, before: int | None = None, limit: int = 50) -> list[Activity]:
    """Activities newest first; `before` is the internal id of the last one of the page before."""
    sql = f"SELECT {_COLUMNS} FROM activity WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    return [_activity(row) for row in tx.rows(sql, organization_id, before or 1 << 62, limit)]


def stop(tx: Tx, activity: Activity, *, actor: Actor, now: int) -> Activity:
    """Stops what has not been done yet; what is done stays done. Does nothing to one that has ended."""
    tx.lock(activity.organization_id)
    tx.execute(
        "UPDATE activity SET status = 'STOPPED', sub_status = 'STOPPED', completed_at = $1"
        " WHERE id = $2 AND status = 'IN_PROGRESS'",
        *(now, activity.id),
    )
    stopped = get(tx, activity.organization_id, activity.uuid)
    if stopped.completed_at == now:
        audit.record(tx, activity.organization_id, "ACTIVITY_STOPPED", actor, _subject(activity), now=now,
                     activity_id=activity.id)  # fmt: skip
    return stopped


def waiting(tx: Tx, now: int, worker: str) -> list[int]:
    """Internal ids of activities that `worker` may do: free, or its own already. Oldest first."""
    sql = f"SELECT id FROM activity WHERE status = 'IN_PROGRESS' AND {_FREE} ORDER BY id LIMIT 20"
    return [row[0] for row in tx.rows(sql, worker, now, now + 2 * LEASE)]


def forget_leases(tx: Tx) -> None:
    """Frees what a killed process held; for a database that only one process works on."""
    tx.execute("UPDATE activity SET leased_until = 0 WHERE status = 'IN_PROGRESS'")
    tx.notify(TOPIC)


def step(tx: Tx, activity_id: int, worker: str, now: int) -> bool:
    """Does the next chunk of an activity; True when more is left.

    `worker` names whoever does it: while its lease lasts nobody else takes the activity. Safe to repeat and to
    run twice at once.
    """
    organization_id = tx.value("SELECT organization_id FROM activity WHERE id = $1", activity_id)
    if organization_id is None:
        return False
    tx.lock(organization_id)
    row = tx.row(
        "UPDATE activity SET leased_by = $1, started_at = coalesce(started_at, $2),"
        f" leased_until = CAST($2 AS BIGINT) + {LEASE}, sub_status = 'PROCESSING'"
        f" WHERE {_FREE} AND status = 'IN_PROGRESS' AND id = $4 RETURNING {_COLUMNS}",
        *(worker, now, now + 2 * LEASE, activity_id),
    )
    if row is None:
        return False
    activity = _activity(row)
    chunk = _chunk(tx, activity)
    STEPS[activity.type](tx, activity, chunk, now)
    succeeded, failed = results.counts(tx, *chunk.rows)
    tx.execute(
        "UPDATE activity SET next_chunk = next_chunk + 1, succeeded = succeeded + $1, failed = failed + $2"
        " WHERE id = $3",
        *(succeeded, failed, activity.id),
    )
    if _more(tx, activity):
        return True
    _finish(tx, activity, activity.succeeded + succeeded, activity.failed + failed, now)
    return False


def _chunk(tx: Tx, activity: Activity) -> Chunk:
    emptied = _emptied(tx, activity)
    if emptied is not None:
        serials = assignments.on_service(tx, emptied.id, CHUNK)
        return Chunk(activity.id, activity.organization_id, activity.next_chunk * CHUNK, serials)
    row = tx.row(
        "SELECT first, serials FROM activity_chunk WHERE activity_id = $1 AND chunk = $2",
        *(activity.id, activity.next_chunk),
    )
    assert row is not None
    return Chunk(activity.id, activity.organization_id, row[0], msgspec.json.decode(row[1]))


def _emptied(tx: Tx, activity: Activity) -> Service | None:
    """The service that the activity takes all devices from, to delete it."""
    uuid = activity.metadata.get("empties")
    return None if uuid is None else services.by_uuid(tx, activity.organization_id, uuid)


def _more(tx: Tx, activity: Activity) -> bool:
    """Whether a chunk is left. A service may have gained devices while it was being emptied."""
    emptied = _emptied(tx, activity)
    return emptied.device_count > 0 if emptied else activity.next_chunk + 1 < activity.chunks


def _finish(tx: Tx, activity: Activity, succeeded: int, failed: int, now: int) -> None:
    if not failed:
        sub_status = "COMPLETED_WITH_SUCCESS"
    else:
        sub_status = "COMPLETED_WITH_ERROR" if succeeded else "COMPLETED_WITH_FAILURE"
    tx.execute(
        "UPDATE activity SET status = 'COMPLETED', sub_status = $1, completed_at = $2, total = $3 WHERE id = $4",
        *(sub_status, now, succeeded + failed, activity.id),
    )
    if (emptied := _emptied(tx, activity)) is not None:
        services.delete(tx, emptied, actor=activity.actor, now=now)
    # What was asked is in the results now.
    tx.execute("DELETE FROM activity_chunk WHERE activity_id = $1", activity.id)
    after = {"service": activity.service_id, "succeeded": succeeded, "failed": failed}
    audit.record(
        tx,
        activity.organization_id,
        _AUDIT_TYPES[activity.type],
        activity.actor,
        _subject(activity),
        now=now,
        after=after,
        activity_id=activity.id,
    )


def _assign(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    service_id = activity.service_id
    if service_id is None or not tx.value("SELECT id FROM service WHERE id = $1", service_id):
        raise NotFound("device management service", service_id)
    assignments.assign(tx, chunk, service_id, assigned_by=activity.actor.name, now=now)


def _unassign(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    assignments.unassign(tx, chunk, activity.service_id, now=now)


def _release(tx: Tx, activity: Activity, chunk: Chunk, now: int) -> None:
    releases.release(tx, chunk, actor=activity.actor, now=now, service_id=activity.service_id)


Step = Callable[[Tx, Activity, Chunk, int], None]
STEPS: dict[str, Step] = {
    "ASSIGN_DEVICES": _assign,
    "UNASSIGN_DEVICES": _unassign,
    "RELEASE_DEVICES": _release,
}
"""What each type of activity does to a chunk."""


def fail(tx: Tx, activity_id: int, problem: str, now: int) -> None:
    """Ends an activity that cannot go on (its service was deleted meanwhile, say); what is done stays done."""
    row = tx.row(
        "UPDATE activity SET status = 'FAILED', sub_status = 'FAILED', completed_at = $1, metadata = $2"
        f" WHERE id = $3 AND status = 'IN_PROGRESS' RETURNING {_COLUMNS}",
        *(now, msgspec.json.encode({"problem": problem}).decode(), activity_id),
    )
    if row is not None:
        activity = _activity(row)
        audit.record(tx, activity.organization_id, "ACTIVITY_FAILED", activity.actor, _subject(activity), now=now,
                     after={"problem": problem}, activity_id=activity.id)  # fmt: skip


def _subject(activity: Activity) -> audit.Subject:
    return audit.Subject("ACTIVITY", activity.uuid, activity.type)


def _activity(row: Row) -> Activity:
    actor = Actor(row[6], row[7], row[8], row[9])
    values = (*row[:5], msgspec.json.decode(row[5]), actor, *row[10:])
    return Activity(*values)
