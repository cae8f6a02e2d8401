"""The log each device management service reads: append-only, one sequence per service, in commit order."""

from enum import IntEnum, StrEnum

from pomona.store import Tx


class Op(IntEnum):
    """What happened to a device, as its service is told."""

    ADDED = 1
    MODIFIED = 2
    DELETED = 3


class Reason(IntEnum):
    """Why, where the service is told more than the operation."""

    NONE = 0
    REPLACEMENT = 1
    PROFILE_ASSIGNED = 2


def draw(tx: Tx, service_id: int, count: int, *, gained: int = 0) -> int:
    """Reserves `count` numbers of a service's sequence and counts its devices; gives the number before the first.

    The caller holds the organisation's lock, so that numbers are drawn in commit order.
    """
    last = tx.value(
        "UPDATE service SET last_operation = last_operation + $1, device_count = device_count + $2"
        " WHERE id = $3 RETURNING last_operation",
        *(count, gained, service_id),
    )
    return int(last) - count


class Rows(StrEnum):
    """Which of an activity's changed rows: all, those that were on the service, on any service, on none, or not on it before."""

    ALL = ""
    LEAVING = " AND before_service = CAST($1 AS BIGINT)"
    MOVED = " AND before_service IS NOT NULL"
    FRESH = " AND before_service IS NULL"
    COMING = " AND (before_service IS NULL OR before_service <> CAST($1 AS BIGINT))"


def append_from_results(
    tx: Tx,
    service_id: int,
    op: Op,
    activity_id: int,
    first: int,
    end: int,
    count: int,
    *,
    only: Rows = Rows.ALL,
    gained: int | None = None,
) -> None:
    """Logs `op` for the changed rows of an activity's results `first <= n < end`, of which there are `count`.

    The service loses those it is told are `deleted` and gains all others, unless `gained` says how many.
    """
    if gained is None:
        gained = -count if op is Op.DELETED else count
    base = draw(tx, service_id, count, gained=gained)
    # Where all rows are meant, their numbers are known without counting: a window costs as much as the insertion.
    whole = count == end - first
    number, base = ("n", base + 1 - first) if whole else ("row_number() OVER (ORDER BY n)", base)
    tx.execute(
        "INSERT INTO operation (service_id, seq, device_id, op, at, reason, activity_id)"
        f" SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT) + {number}, device_id,"
        " CAST($3 AS BIGINT), operated_at, 0, activity_id FROM activity_result"
        f" WHERE activity_id = $4 AND n >= $5 AND n < $6 AND status = 1{only.value} ORDER BY n",
        *(service_id, base, int(op), activity_id, first, end),
    )


def append(
    tx: Tx, service_id: int, rows: list[tuple[int, int]], op: Op, *, reason: Reason = Reason.NONE
) -> None:
    """Logs `op` for `(device id, time)` pairs; counts devices gained or lost."""
    if not rows:
        return
    gained = {Op.ADDED: len(rows), Op.MODIFIED: 0, Op.DELETED: -len(rows)}[op]
    base = draw(tx, service_id, len(rows), gained=gained)
    tx.insert(
        "operation",
        ("service_id", "seq", "device_id", "op", "at", "reason"),
        [(service_id, base + n, id, int(op), at, int(reason)) for n, (id, at) in enumerate(rows, 1)],
    )
