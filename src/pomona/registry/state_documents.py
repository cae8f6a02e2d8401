"""The faces' ready runs of a device's state, written anew from its columns: of a chunk's changed devices, or of a few.

For changes that are not the same for all of a chunk. Nothing else of the state is touched but the time of its last change.
"""

from collections.abc import Sequence
from functools import lru_cache

from pomona.registry.devices import PROFILE_STATUSES
from pomona.store import Row, Tx
from pomona.store.projections import Projections

_COLUMNS = (
    "s.device_id, s.service_id, s.assigned_by, s.assigned_at, s.profile_status, p.uuid, s.profile_assigned_at,"
    " s.profile_pushed_at, s.migration_deadline, s.migratable, s.migration_status, s.release_at"
)
_PROFILE = "LEFT JOIN profile p ON p.id = s.profile_id"
_TYPES = ("bigint", "text", "text", "text", "text")


def of_results(tx: Tx, rows: tuple[int, int, int], now: int, *, leaving: bool = False) -> None:
    """Rewrites the devices of an activity's changed results: its internal id, the first number, one past the last.

    With `leaving` only those whose release was put off.
    """
    only = " AND s.release_at IS NOT NULL" if leaving else ""
    _rewrite(
        tx,
        tx.rows(
            f"SELECT {_COLUMNS} FROM activity_result r JOIN device_state s ON s.device_id = r.device_id {_PROFILE}"
            f" WHERE r.activity_id = $1 AND r.n >= $2 AND r.n < $3 AND r.status = 1{only}",
            *rows,
        ),
        now,
    )


def of_devices(tx: Tx, ids: Sequence[int], now: int) -> None:
    """Rewrites devices by internal number."""
    _rewrite(
        tx,
        tx.rows(
            f"SELECT {_COLUMNS} FROM {tx.each('$1', 'bigint')} e JOIN device_state s ON s.device_id = e.c0 {_PROFILE}",
            tx.pack([(id,) for id in ids]),
        ),
        now,
    )


def _rewrite(tx: Tx, rows: Sequence[Row], now: int) -> None:
    state = {assigned: tx.projections.business.state(now, assigned) for assigned in (True, False)}
    packed = [
        (
            row[0],
            *_assignment(tx.projections, row[1] is not None, *row[2:9]),
            state[row[1] is not None],
            _business(tx.projections, bool(row[9]), row[10], row[8], row[11]),
        )
        for row in rows
    ]
    tx.execute(
        "UPDATE device_state SET updated_at = $1, da = e.c1, da_v1 = e.c2, ba = e.c3, ba_migration = e.c4"
        f" FROM {tx.each('$2', *_TYPES)} e WHERE device_state.device_id = e.c0",
        *(now, tx.pack(packed)),
    )


@lru_cache(maxsize=1024)
def _assignment(
    projections: Projections,
    assigned: bool,
    assigned_by: str | None,
    assigned_at: int,
    status: int,
    profile: str | None,
    profile_assigned_at: int | None,
    pushed_at: int | None,
    deadline: int | None,
) -> tuple[str, str | None]:
    """`da` and `da_v1`; many devices have the same."""
    if not assigned:
        return "", None
    runs = [
        projections.assignment.state(
            assigned_by or "",
            assigned_at,
            status=PROFILE_STATUSES[status],
            profile=profile,
            profile_assigned_at=profile_assigned_at,
            pushed_at=pushed_at,
            deadline=each,
        )
        for each in (deadline, None)
    ]
    return runs[0], None if deadline is None else runs[1]


@lru_cache(maxsize=1024)
def _business(
    projections: Projections, capable: bool, status: str | None, deadline: int | None, release_at: int | None
) -> str | None:
    """`ba_migration`: nothing for a device of which there is nothing to say."""
    if not capable and status is None and release_at is None:
        return None
    return projections.business.migration(capable, status, deadline, release_at)
