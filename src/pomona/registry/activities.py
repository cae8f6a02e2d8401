"""Activities: every bulk change is one. Durable, resumed after a crash, with a result for each device.

An activity keeps what was asked in chunks. A step does one chunk and moves the counter in the same transaction, so a
chunk is done once, whoever does it and however often it is begun.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import activity_steps, assignments, audit, migrations, releases, results, services, undo
from pomona.registry.activity_records import COLUMNS, Activity, activity_of, by_id, by_uuid, get, newest
from pomona.registry.activity_steps import NEED_DEADLINE, NEED_SERVICE, STEPS
from pomona.registry.actors import Actor
from pomona.registry.assignments import Chunk
from pomona.registry.errors import InUse, Invalid, LimitExceeded
from pomona.registry.services import Service
from pomona.store import Tx

__all__ = [
    "STEPS",
    "Activity",
    "begin",
    "by_uuid",
    "create",
    "fail",
    "forget_leases",
    "get",
    "newest",
    "step",
    "stop",
]

TOPIC = "activities"
"""Notified when there is an activity to do."""

CHUNK = 2_000
"""Devices a transaction handles: some tens of milliseconds, so that others get their turn."""

LEASE = 10_000
"""Milliseconds after which an activity whose worker fell silent may be taken by another.

A worker renews its lease with each chunk, many times a second. One that was only slow loses nothing but its turn.
"""

HOUR = 3_600_000

_FREE = "(leased_by = $1 OR leased_until <= $2 OR leased_until > $3)"
"""Which activities worker `$1` may take at `$2`; `$3` is beyond what any lease can be now, so the clock was set back."""


def create(
    tx: Tx,
    organization_id: int,
    type: str,
    serials: Sequence[str],
    *,
    service_id: int | None = None,
    deadline: int | None = None,
    actor: Actor,
    now: int,
    rng: Rng,
    limit: int = 1_000_000,
) -> Activity:
    """Keeps an activity to be done soon; serials are canonical, repeated ones count once.

    One of more than a chunk is done sorted by serial: large orders arrived so, and neighbours share pages of the database.
    `deadline` (ms) is that of a migration; other types keep it and do nothing with it. A release is put off for as long as the organisation wants that.
    Raises `Invalid` for no serials, a type that is unknown or lacks its service, or a deadline that cannot be,
    `LimitExceeded` beyond `limit`.
    """
    if type not in STEPS or type == undo.TYPE:
        known = ", ".join(each for each in STEPS if each != undo.TYPE)
        raise Invalid(f"'{type}' is no activity; expected one of {known}.", field="type")
    if type in NEED_SERVICE and service_id is None:
        raise Invalid("Assigning needs the device management service to assign to.", field="service")
    if type in NEED_DEADLINE:
        migrations.check_deadline(deadline, now)
    metadata = {} if deadline is None else {"deadline": deadline}
    distinct = list(dict.fromkeys(serials))
    if not distinct:
        raise Invalid("An activity needs at least one device.", field="devices")
    if len(distinct) > limit:
        raise LimitExceeded(f"{len(distinct)} devices are too many for one activity; the limit is {limit}.")
    if len(distinct) > CHUNK:
        distinct.sort()
    chunks = range(0, len(distinct), CHUNK)
    grace = releases.grace(tx, organization_id) if type == "RELEASE_DEVICES" else 0
    activity = begin(
        tx, organization_id, type, service_id, metadata, actor, now, rng, len(chunks), len(distinct),
        final_at=now + grace * HOUR if grace else None,
    )  # fmt: skip
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
    *,
    origin_id: int | None = None,
    final_at: int | None = None,
) -> Activity:
    """Keeps an activity without its chunks: whoever calls adds them, or says otherwise which devices it is about.

    That is by the service that `metadata` says it `empties`, or by the activity that it undoes or makes final.
    """
    row = tx.row(
        "INSERT INTO activity (uuid, organization_id, type, service_id, metadata, actor_kind, actor_id, actor_name,"
        " actor_address, status, sub_status, created_at, chunks, total, origin_id, final_at, unfinished) VALUES"
        " ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'IN_PROGRESS', 'SUBMITTED', $10, $11, $12, $13, $14, $15)"
        f" RETURNING {COLUMNS}",
        *(uuid4(rng), organization_id, type, service_id, msgspec.json.encode(metadata).decode()),
        *(actor.kind, actor.id, actor.name, actor.address, now, chunks, total),
        *(origin_id, final_at, None if final_at is None else 1),
    )
    assert row is not None
    return activity_of(row)


def undoing(tx: Tx, activity: Activity, *, actor: Actor, now: int, rng: Rng, days: int) -> Activity:
    """Keeps an activity that undoes another of the same organisation; `days` is the window for that.

    Raises `InUse`, with the reason, when that one cannot be undone.
    """
    tx.lock(activity.organization_id)
    activity = get(tx, activity.organization_id, activity.uuid)
    undo.check(tx, activity, now=now, days=days)
    made = begin(
        tx, activity.organization_id, undo.TYPE, None, {}, actor, now, rng,
        results.last(tx, activity.id) // CHUNK + 1, activity.succeeded, origin_id=activity.id,
    )  # fmt: skip
    tx.notify(TOPIC)
    return made


def unfinished(tx: Tx, now: int) -> list[int]:
    """Internal ids of some activities whose releases become final now."""
    sql = (
        "SELECT id FROM activity WHERE unfinished = 1 AND final_at <= $1 AND status <> 'IN_PROGRESS'"
        " ORDER BY final_at LIMIT 20"
    )
    return [row[0] for row in tx.rows(sql, now)]


def finishing(tx: Tx, activity_id: int, *, now: int, rng: Rng) -> Activity | None:
    """Keeps an activity that makes the releases of another final, of those devices that were not taken back; once."""
    activity = by_id(tx, activity_id)
    if activity is None:
        return None
    tx.lock(activity.organization_id)
    if not tx.execute("UPDATE activity SET unfinished = NULL WHERE id = $1 AND unfinished = 1", activity_id):
        return None
    waiting = int(tx.value("SELECT count(*) FROM device_state WHERE release_activity = $1", activity_id))
    if not waiting:
        return None
    made = begin(
        tx, activity.organization_id, activity.type, activity.service_id, {}, activity.actor, now, rng,
        -(-waiting // CHUNK), waiting, origin_id=activity.id,
    )  # fmt: skip
    tx.notify(TOPIC)
    return made


def stop(tx: Tx, activity: Activity, *, actor: Actor, now: int) -> Activity:
    """Stops what has not been done yet; what is done stays done. Does nothing to one that has ended.

    Raises `InUse` for one that makes releases final: their time to be taken back is over.
    """
    if activity.type == "RELEASE_DEVICES" and activity.origin_id is not None:
        raise InUse("These releases were put off and are final now; they can be stopped no longer.")
    tx.lock(activity.organization_id)
    tx.execute(
        "UPDATE activity SET status = 'STOPPED', sub_status = 'STOPPED', completed_at = $1"
        " WHERE id = $2 AND status = 'IN_PROGRESS'",
        *(now, activity.id),
    )
    stopped = get(tx, activity.organization_id, activity.uuid)
    if stopped.completed_at == now:
        audit.record(tx, activity.organization_id, "ACTIVITY_STOPPED", actor, activity.subject, now=now,
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
        f" WHERE {_FREE} AND status = 'IN_PROGRESS' AND id = $4 RETURNING {COLUMNS}",
        *(worker, now, now + 2 * LEASE, activity_id),
    )
    if row is None:
        return False
    activity = activity_of(row)
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
    first = activity.next_chunk * CHUNK
    if activity.type == undo.TYPE:
        return Chunk(activity.id, activity.organization_id, first, [], CHUNK)
    if activity.origin_id is not None:
        serials = releases.leaving(tx, activity.origin_id, CHUNK)
        return Chunk(activity.id, activity.organization_id, first, serials)
    emptied = _emptied(tx, activity)
    if emptied is not None:
        serials = assignments.on_service(tx, emptied.id, CHUNK)
        return Chunk(activity.id, activity.organization_id, first, serials)
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
    if activity.origin_id is not None and activity.type != undo.TYPE:
        return bool(releases.leaving(tx, activity.origin_id, 1))
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
    after: dict[str, object] = {"service": activity.service_id, "succeeded": succeeded, "failed": failed}
    if (origin := None if activity.origin_id is None else by_id(tx, activity.origin_id)) is not None:
        after["undoes" if activity.type == undo.TYPE else "finishes"] = origin.uuid
    if activity.final_at is not None:
        after["final_at"] = activity.final_at
    audit.record(
        tx,
        activity.organization_id,
        activity_steps.audit_type(activity),
        activity.actor,
        activity.subject,
        now=now,
        after=after,
        activity_id=activity.id,
    )


def fail(tx: Tx, activity_id: int, problem: str, now: int) -> None:
    """Ends an activity that cannot go on (its service was deleted meanwhile, say); what is done stays done."""
    found = by_id(tx, activity_id)
    metadata = ({} if found is None else found.metadata) | {"problem": problem}
    row = tx.row(
        "UPDATE activity SET status = 'FAILED', sub_status = 'FAILED', completed_at = $1, metadata = $2"
        f" WHERE id = $3 AND status = 'IN_PROGRESS' RETURNING {COLUMNS}",
        *(now, msgspec.json.encode(metadata).decode(), activity_id),
    )
    if row is not None:
        activity = activity_of(row)
        audit.record(tx, activity.organization_id, "ACTIVITY_FAILED", activity.actor, activity.subject, now=now,
                     after={"problem": problem}, activity_id=activity.id)  # fmt: skip
