"""Devices go over to another service without being erased, by a deadline: asked for, put off or hurried, and cancelled.

A device can if it is an iPhone, iPad or Mac that fetched its profile from an external service (see `migration_states`), and if the
service it is to go to is an external one too. What cannot fails as a row of its activity.
"""

from pomona.registry import assignments, operations, restoration, results, state_documents
from pomona.registry.assignments import Chunk
from pomona.registry.errors import Invalid
from pomona.registry.operations import Op, Rows
from pomona.registry.results import Result
from pomona.store import Tx

LATEST = 90 * 86_400_000
"""Milliseconds that a deadline may be ahead."""

_GONE = (
    f"CASE WHEN s.device_id IS NULL THEN {Result.DEVICE_NOT_FOUND:d}"
    f" WHEN s.release_at IS NOT NULL THEN {Result.RELEASE_PENDING:d}"
    f" WHEN s.migration_status = 'STARTED' THEN {Result.MIGRATION_STARTED:d}"
)
_OTHER = (
    " WHEN CAST($3 AS BIGINT) IS NOT NULL AND (s.service_id IS NULL OR s.service_id <> CAST($3 AS BIGINT))"
    f" THEN {Result.ASSIGNED_TO_OTHER_SERVER:d}"
)
_PENDING = "s.migration_status IN ('REQUESTED', 'FAILED')"

CANCEL = (
    f"{_GONE}{_OTHER} WHEN s.migration_origin IS NULL OR NOT {_PENDING} THEN {Result.NOT_MIGRATING:d}"
    f" WHEN s.migration_status IS NULL THEN {Result.NOT_MIGRATING:d}"
    f" WHEN {restoration.service_gone('s.migration_origin')} THEN {Result.SERVER_NOT_FOUND:d}"
    f" ELSE {Result.CHANGED:d} END"
)
"""What cancelling decides about a device, as `assignments.write_results` takes it."""


def check_deadline(deadline: int | None, now: int) -> int:
    """A deadline in ms that may be set at `now`; one that is over acts at once. Raises `Invalid`."""
    if deadline is None:
        raise Invalid("A migration needs its deadline.", field="deadline")
    if deadline > now + LATEST:
        raise Invalid("The deadline of a migration can be 90 days ahead at most.", field="deadline")
    return deadline


def assigning(tx: Tx, service_id: int | None, deadline: int) -> str:
    """What assigning with a deadline decides about a device."""
    kind = tx.value("SELECT kind FROM service WHERE id = $1", service_id)
    able = "s.migratable = 1" if kind == "MDM" else "1 = 0"
    return (
        f"{_GONE} WHEN NOT ({able}) OR s.activated_service = CAST($3 AS BIGINT)"
        f" THEN {Result.NOT_MIGRATION_CAPABLE:d}"
        f" WHEN s.service_id = CAST($3 AS BIGINT) AND s.migration_status = 'REQUESTED'"
        f" AND s.migration_deadline = {deadline:d} THEN {Result.UNCHANGED:d} ELSE {Result.CHANGED:d} END"
    )


def updating(deadline: int) -> str:
    """What changing the deadline decides about a device."""
    return (
        f"{_GONE}{_OTHER} WHEN s.migration_status IS NULL OR NOT {_PENDING} THEN {Result.NOT_MIGRATING:d}"
        f" WHEN s.migration_status = 'REQUESTED' AND s.migration_deadline = {deadline:d}"
        f" THEN {Result.UNCHANGED:d} ELSE {Result.CHANGED:d} END"
    )


def assign(tx: Tx, chunk: Chunk, service_id: int, deadline: int, *, assigned_by: str, now: int) -> None:
    """Puts the chunk's devices on a service that they have to go over to by `deadline` (ms); the services are told.

    A device that is on the service but has not gone over yet keeps its profile and gets the deadline.
    """
    assignments.write_results(tx, chunk, assigning(tx, service_id, deadline), service_id, now)
    moving = 0
    for lost_by, count in results.losses(tx, *chunk.rows):
        if lost_by == service_id:
            _tell(tx, chunk, service_id, count)
            continue
        moving += count
        if lost_by is not None:
            operations.append_from_results(tx, lost_by, Op.DELETED, *chunk.rows, count, only=Rows.LEAVING)
    if moving:
        operations.append_from_results(tx, service_id, Op.ADDED, *chunk.rows, moving, only=Rows.COMING)
    tx.execute(_MOVE, service_id, now, assigned_by, deadline, *chunk.rows)
    state_documents.of_results(tx, chunk.rows, now)


_THERE = "r.before_service = CAST($1 AS BIGINT)"
_MOVE = (
    f"UPDATE device_state SET service_id = $1, assigned_at = CASE WHEN {_THERE} THEN assigned_at ELSE CAST($2 AS BIGINT) END,"
    f" assigned_by = CASE WHEN {_THERE} THEN assigned_by ELSE CAST($3 AS TEXT) END,"
    f" profile_id = CASE WHEN {_THERE} THEN profile_id ELSE NULL END,"
    f" profile_status = CASE WHEN {_THERE} THEN profile_status ELSE 0 END,"
    f" profile_assigned_at = CASE WHEN {_THERE} THEN profile_assigned_at ELSE NULL END,"
    f" profile_pushed_at = CASE WHEN {_THERE} THEN profile_pushed_at ELSE NULL END,"
    " migration_deadline = $4, migration_status = 'REQUESTED',"
    " migration_origin = CASE WHEN migration_status IN ('REQUESTED', 'FAILED') AND migration_origin IS NOT NULL"
    " THEN migration_origin ELSE r.activity_id * 4294967296 + r.n END,"
    " revision = r.revision, operated_at = r.operated_at"
    " FROM activity_result r WHERE r.activity_id = $5 AND r.n >= $6 AND r.n < $7 AND r.status = 1"
    " AND device_state.device_id = r.device_id"
)


def update(tx: Tx, chunk: Chunk, deadline: int, *, now: int) -> None:
    """Sets another deadline (ms) for those of the chunk's devices that have not begun to go over; their services are told."""
    assignments.write_results(tx, chunk, updating(deadline), None, now)
    for service_id, count in results.losses(tx, *chunk.rows):
        if service_id is not None:
            _tell(tx, chunk, service_id, count)
    tx.execute(
        "UPDATE device_state SET migration_deadline = $1, migration_status = 'REQUESTED', revision = r.revision,"
        " operated_at = r.operated_at FROM activity_result r WHERE r.activity_id = $2 AND r.n >= $3 AND r.n < $4"
        " AND r.status = 1 AND device_state.device_id = r.device_id",
        *(deadline, *chunk.rows),
    )
    state_documents.of_results(tx, chunk.rows, now)


def cancel(tx: Tx, chunk: Chunk, *, now: int) -> None:
    """Puts those of the chunk's devices that have not begun to go over back to where they were; the services are told."""
    assignments.write_results(tx, chunk, CANCEL, None, now, restores="s.migration_origin")
    restoration.restore(tx, chunk.rows, now)


def _tell(tx: Tx, chunk: Chunk, service_id: int, count: int) -> None:
    operations.append_from_results(
        tx, service_id, Op.MODIFIED, *chunk.rows, count, only=Rows.LEAVING, gained=0
    )
