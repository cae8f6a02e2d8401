"""Devices get back the state that a result has kept: after a migration was cancelled, or an activity undone.

The results that say so are written before; `restores` in each names the one whose state before comes back. A device that did
not change its service since keeps its profile, whatever the service did with it meanwhile.
"""

from collections import Counter
from typing import Literal

from pomona.registry import operations, state_documents
from pomona.registry.operations import Op
from pomona.store import Tx

# A result in one number: that of its activity times 2**32, and its own.
_KEPT = "b.activity_id = r.restores / 4294967296 AND b.n = r.restores % 4294967296"
_PAIRS = f"FROM activity_result r JOIN activity_result b ON {_KEPT}"
_CHOSEN = "r.activity_id = $1 AND r.n >= $2 AND r.n < $3 AND r.status = 1"

What = Literal["LOST", "GAINED", "TOLD"]
_WHICH: dict[What, str] = {
    "LOST": "r.before_service = CAST($1 AS BIGINT) AND b.before_service IS DISTINCT FROM CAST($1 AS BIGINT)",
    "GAINED": "b.before_service = CAST($1 AS BIGINT) AND r.before_service IS DISTINCT FROM CAST($1 AS BIGINT)",
    "TOLD": "b.before_service = CAST($1 AS BIGINT) AND r.before_service = CAST($1 AS BIGINT)"
    " AND r.before_deadline IS DISTINCT FROM b.before_deadline",
}
_OPERATIONS: dict[What, tuple[Op, int]] = {
    "LOST": (Op.DELETED, -1),
    "GAINED": (Op.ADDED, 1),
    "TOLD": (Op.MODIFIED, 0),
}


def service_gone(number: str) -> str:
    """SQL: whether the service that the result of a `number` was on before is not there any more."""
    return (
        f"EXISTS (SELECT 1 FROM activity_result b WHERE b.activity_id = {number} / 4294967296"
        f" AND b.n = {number} % 4294967296 AND b.before_service IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM service v WHERE v.id = b.before_service))"
    )


def restore(tx: Tx, rows: tuple[int, int, int], now: int) -> None:
    """Puts the devices of an activity's changed results (its id, the first number, one past the last) back.

    Every service that loses, gains or has to know of a device is told, and a release that was put off is off.
    """
    all_told = _log(tx, rows)
    tx.execute(_RESTORE, *rows)
    if not all_told:
        tx.execute(_UNTOLD, *rows)
    state_documents.of_results(tx, rows, now)


def _log(tx: Tx, rows: tuple[int, int, int]) -> bool:
    """Whether a service was told of each device."""
    all_told = True
    counts: Counter[tuple[int, What]] = Counter()
    found = tx.rows(
        "SELECT r.before_service, b.before_service, CASE WHEN r.before_deadline IS DISTINCT FROM b.before_deadline"
        f" THEN 1 ELSE 0 END AS told, count(*) {_PAIRS} WHERE {_CHOSEN}"
        " GROUP BY r.before_service, b.before_service, told",
        *rows,
    )
    for present, kept, told, count in found:
        if present == kept:
            if present is not None and told:
                counts[present, "TOLD"] += count
            else:
                all_told = False
            continue
        if present is not None:
            counts[present, "LOST"] += count
        if kept is not None:
            counts[kept, "GAINED"] += count
    for service_id, what in sorted(counts):
        count = counts[service_id, what]
        op, sign = _OPERATIONS[what]
        base = operations.draw(tx, service_id, count, gained=sign * count)
        tx.execute(
            "INSERT INTO operation (service_id, seq, device_id, op, at, reason, activity_id)"
            " SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT) + row_number() OVER (ORDER BY r.n), r.device_id,"
            f" CAST($3 AS BIGINT), r.operated_at, 0, r.activity_id {_PAIRS}"
            f" WHERE r.activity_id = $4 AND r.n >= $5 AND r.n < $6 AND r.status = 1 AND {_WHICH[what]} ORDER BY r.n",
            *(service_id, base, int(op), *rows),
        )
    return all_told


_SAME = "device_state.service_id IS NOT DISTINCT FROM b.before_service"
_BACK = {
    "assigned_at": "before_assigned_at",
    "assigned_by": "before_assigned_by",
    "profile_id": "before_profile",
    "profile_status": "before_profile_status",
    "profile_assigned_at": "before_profile_assigned_at",
    "profile_pushed_at": "before_profile_pushed_at",
}
_RESTORE = (
    "UPDATE device_state SET service_id = b.before_service, "
    + ", ".join(
        f"{column} = CASE WHEN {_SAME} THEN device_state.{column} ELSE b.{kept} END"
        for column, kept in _BACK.items()
    )
    + ", migration_deadline = b.before_deadline, migration_status = b.before_migration,"
    " migration_origin = b.before_migration_origin, release_at = NULL, release_activity = NULL,"
    f" revision = r.revision, operated_at = r.operated_at {_PAIRS}"
    f" WHERE {_CHOSEN} AND device_state.device_id = r.device_id"
)
_UNTOLD = (
    "UPDATE activity_result AS r SET untold = r.device_id FROM activity_result b"
    f" WHERE {_CHOSEN} AND {_KEPT} AND r.before_service IS NOT DISTINCT FROM b.before_service"
    " AND (r.before_service IS NULL OR r.before_deadline IS NOT DISTINCT FROM b.before_deadline)"
)
