"""Moving devices between services, a chunk of an activity at a time and set by set, never a statement per device.

The rows of `activity_result` are made first: they resolve the serials, decide what becomes of each and keep the state
before. Everything else follows from them.
"""

from dataclasses import dataclass

from pomona.registry import (
    built_in_profile,
    oddities,
    operations,
    provisional,
    results,
    state_documents,
    switches,
)
from pomona.registry.device_states import UNASSIGNED
from pomona.registry.devices import first_number, last_number
from pomona.registry.operations import Op, Rows
from pomona.registry.results import Result
from pomona.store import Tx


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of an activity's serials: canonical, distinct, numbered from `first`."""

    activity_id: int
    organization_id: int
    first: int
    serials: list[str]
    span: int | None = None
    """How many numbers it covers, where that is not one for each serial."""

    @property
    def end(self) -> int:
        """One past the last number."""
        return self.first + (len(self.serials) if self.span is None else self.span)

    @property
    def rows(self) -> tuple[int, int, int]:
        """Parameters that select the chunk's results."""
        return self.activity_id, self.first, self.end


_LEAVING = f" WHEN s.release_at IS NOT NULL THEN {Result.RELEASE_PENDING:d}"

ASSIGN = (
    f"CASE WHEN s.device_id IS NULL THEN {Result.DEVICE_NOT_FOUND:d}{_LEAVING}"
    f" WHEN s.service_id = CAST($3 AS BIGINT) THEN {Result.ALREADY_ASSIGNED:d} ELSE {Result.CHANGED:d} END"
)
"""What assigning decides about a device, as `write_results` takes it; a preview asks the same."""

UNASSIGN = (
    f"CASE WHEN s.device_id IS NULL THEN {Result.DEVICE_NOT_FOUND:d}{_LEAVING}"
    f" WHEN s.service_id IS NULL THEN {Result.NOT_ASSIGNED:d}"
    f" WHEN CAST($3 AS BIGINT) IS NOT NULL AND s.service_id <> CAST($3 AS BIGINT)"
    f" THEN {Result.ASSIGNED_TO_OTHER_SERVER:d} ELSE {Result.CHANGED:d} END"
)
"""What unassigning decides."""

RESULT = (
    "INSERT INTO activity_result (activity_id, n, serial, device_id, status, before_service, before_assigned_at,"
    " before_assigned_by, before_profile, before_profile_status, before_profile_assigned_at,"
    " before_profile_pushed_at, before_deadline, before_migration, before_migration_origin, revision, operated_at,"
    " restores)"
)
STATE = (
    "s.service_id, s.assigned_at, s.assigned_by, s.profile_id, s.profile_status, s.profile_assigned_at,"
    " s.profile_pushed_at, s.migration_deadline, s.migration_status, s.migration_origin, s.revision + 1,"
    " CASE WHEN s.operated_at >= CAST($4 AS BIGINT) - 999 THEN s.operated_at + 1000 ELSE CAST($4 AS BIGINT) END"
)
"""The columns of a result from the fifth on, and what they hold of a state `s`: `$4` is the time."""

_RESULTS = (
    f"{RESULT} SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT) + e.n, e.v, s.device_id, {{decide}}, {STATE}, {{restores}}"
    " FROM {serials} e"
    " LEFT JOIN serial_owner o ON o.serial = e.v AND o.device_id BETWEEN $6 AND $7"
    " LEFT JOIN device_state s ON s.device_id = o.device_id"
)


def write_results(
    tx: Tx,
    chunk: Chunk,
    decide: str,
    service_id: int | None,
    now: int,
    *,
    restores: str = "CAST(NULL AS BIGINT)",
) -> None:
    """Makes the chunk's result rows; `decide` is the SQL that picks each row's `Result`, `restores` the result it undoes.

    In `decide`, `s` is the device's state (`s.device_id` null when the organisation does not own the serial) and `$3` is
    `service_id`. A device's operations are at least a second apart, because that is how finely consumers tell
    which of two came later.
    """
    sql = _RESULTS.format(decide=decide, serials=tx.each("$5"), restores=restores)
    # The third parameter must appear third: engines number parameters by first appearance.
    tx.execute(
        sql,
        *(chunk.activity_id, chunk.first, service_id, now, tx.pack(chunk.serials)),
        *(first_number(chunk.organization_id), last_number(chunk.organization_id)),
    )


def assign(
    tx: Tx, chunk: Chunk, service_id: int, *, assigned_by: str, now: int, emptying: bool = False
) -> None:
    """Puts the chunk's devices on a service of the same organisation; it and those that lose devices are told.

    A device that is there already is left as it is, profile and all. The built-in service gives those that come its
    own profile at once. Where a service is `emptying`, devices whose release was put off move too, and leave later.
    """
    write_results(tx, chunk, ASSIGN.replace(_LEAVING, "") if emptying else ASSIGN, service_id, now)
    odd = switches.of_service(tx, service_id)
    if odd.same_service == "apple":
        oddities.strip_profiles(tx, chunk.rows, service_id, now)
    gained = log_losses(tx, chunk)
    if not gained:
        return
    if odd.move_as_modified:
        oddities.log_moves_as_modified(tx, chunk.rows, service_id, gained)
    else:
        operations.append_from_results(tx, service_id, Op.ADDED, *chunk.rows, gained)
    own = built_in_profile.of(tx, service_id)
    profile, run = own_profile(tx, own, assigned_by, now)
    tx.execute(
        "UPDATE device_state SET service_id = $1, assigned_at = $2, assigned_by = $3, profile_id = $4,"
        " profile_status = $5, profile_assigned_at = $6, profile_pushed_at = NULL, migration_deadline = NULL,"
        " migration_status = NULL, migration_origin = NULL, da_v1 = NULL, revision = r.revision,"
        " operated_at = r.operated_at, updated_at = $2, da = $7, ba = $8,"
        " ba_migration = CASE WHEN migratable = 1 THEN CAST($9 AS TEXT) ELSE NULL END"
        f" {_FROM_CHANGED}",
        *(service_id, now, assigned_by, *profile),
        run,
        tx.projections.business.state(now, True),
        tx.projections.business.migration(True, None, None),
        *chunk.rows,
    )
    if own is not None:
        rows = tx.rows(
            "SELECT device_id FROM activity_result WHERE activity_id = $1 AND n >= $2 AND n < $3 AND status = 1",
            *chunk.rows,
        )
        provisional.begin_enrolled(tx, chunk.organization_id, [id for (id,) in rows], now)
    if emptying:
        state_documents.of_results(tx, chunk.rows, now, leaving=True)
    if odd.move_as_modified:
        oddities.show_moves_as_removed(tx, chunk.rows, assigned_by, now)


_FROM_CHANGED = (
    "FROM activity_result r WHERE r.activity_id = $10 AND r.n >= $11 AND r.n < $12 AND r.status = 1"
    " AND device_state.device_id = r.device_id"
)


def own_profile(
    tx: Tx, own: built_in_profile.OwnProfile | None, assigned_by: str, now: int
) -> tuple[tuple[int | None, int, int | None], str]:
    """Profile, its status and time, and the encoded state, of a device that comes to a service with profile `own`."""
    encode = tx.projections.assignment.state
    if own is None:
        return (None, 0, None), encode(assigned_by, now)
    state = encode(assigned_by, now, status="assigned", profile=own.uuid, profile_assigned_at=now)
    return (own.id, 1, now), state


def unassign(tx: Tx, chunk: Chunk, service_id: int | None, *, now: int, emptying: bool = False) -> None:
    """Takes the chunk's devices off their service; with `service_id` only those that are on that one.

    Where a service is `emptying`, also devices whose release was put off; they leave later.
    """
    write_results(tx, chunk, UNASSIGN.replace(_LEAVING, "") if emptying else UNASSIGN, service_id, now)
    if not log_losses(tx, chunk):
        return
    tx.execute(
        f"UPDATE device_state SET {UNASSIGNED}, revision = r.revision, operated_at = r.operated_at, updated_at = $1,"
        " ba = $2, ba_migration = CASE WHEN migratable = 1 THEN CAST($3 AS TEXT) ELSE NULL END"
        " FROM activity_result r WHERE r.activity_id = $4 AND r.n >= $5 AND r.n < $6 AND r.status = 1"
        " AND device_state.device_id = r.device_id",
        now,
        tx.projections.business.state(now, False),
        tx.projections.business.migration(True, None, None),
        *chunk.rows,
    )
    if emptying:
        state_documents.of_results(tx, chunk.rows, now, leaving=True)


def on_service(tx: Tx, service_id: int, limit: int) -> list[str]:
    """Serials of some devices that are on a service, in the order they came."""
    rows = tx.rows(
        "SELECT d.serial FROM device_state s JOIN device d ON d.id = s.device_id WHERE s.service_id = $1"
        " ORDER BY s.device_id LIMIT $2",
        *(service_id, limit),
    )
    return [serial for (serial,) in rows]


def log_losses(tx: Tx, chunk: Chunk, *, released: bool = False) -> int:
    """Tells each service which of its devices the chunk's changed rows took; gives the number of changed rows.

    A service may be set not to be told of devices that are `released`.
    """
    changed = 0
    for service_id, count in results.losses(tx, *chunk.rows):
        changed += count
        if service_id is None:
            continue
        if released and switches.of_service(tx, service_id).silent_release:
            operations.draw(tx, service_id, 0, gained=-count)
        else:
            operations.append_from_results(tx, service_id, Op.DELETED, *chunk.rows, count, only=Rows.LEAVING)
    return changed
