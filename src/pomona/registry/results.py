"""What became of each device of an activity: the words, and the rows."""

from enum import IntEnum
from typing import NamedTuple

from pomona.store import Row, Tx


class Result(IntEnum):
    """Stored as a number. Below 10 the row succeeded; 1 is the one that changed something."""

    CHANGED = 1
    ALREADY_ASSIGNED = 2
    UNCHANGED = 3
    DEVICE_NOT_FOUND = 10
    NOT_ASSIGNED = 11
    ASSIGNED_TO_OTHER_SERVER = 12
    RELEASED = 13
    SAME_SERVER = 14
    NOT_MIGRATION_CAPABLE = 15
    NOT_MIGRATING = 16
    CHANGED_SINCE = 17
    STOPPED = 18
    SERVER_NOT_FOUND = 19
    MIGRATION_STARTED = 20
    RELEASE_PENDING = 21
    RELEASE_NOT_PENDING = 22

    @property
    def succeeded(self) -> bool:
        """Whether the device ended as asked. Numbers from 10 on say that it did not; statements go by that too."""
        return self < 10

    @property
    def words(self) -> tuple[str, str]:
        """Status and sub-status as the activity's log shows them."""
        if self is Result.CHANGED:
            return "SUCCESS", ""
        if self is Result.SAME_SERVER:
            return "FAILED", "ALREADY_ASSIGNED"
        return ("SUCCESS" if self.succeeded else "FAILED"), self.name


class ResultRow(NamedTuple):
    """One line of an activity's log. `before_service` is an internal id; `changed_by` the public id of the activity that
    changed the device since, where that is why it could not be put back."""

    n: int
    serial: str
    result: Result
    before_service: int | None
    changed_by: str | None = None


_ROW = (
    "SELECT r.n, r.serial, r.status, r.before_service, a.uuid FROM activity_result r"
    " LEFT JOIN activity a ON a.id = r.changed_by"
)


def page(tx: Tx, activity_id: int, *, after: int = -1, limit: int = 1000) -> list[ResultRow]:
    """Results in the order asked for, a page at a time; `after` is the last `n` seen."""
    rows = tx.rows(
        f"{_ROW} WHERE r.activity_id = $1 AND r.n > $2 ORDER BY r.n LIMIT $3", activity_id, after, limit
    )
    return [_row(row) for row in rows]


def failures(tx: Tx, activity_id: int, *, after: int = -1, limit: int = 100) -> list[ResultRow]:
    """Results that did not end as asked, a page at a time; `after` is the last `n` seen."""
    rows = tx.rows(
        f"{_ROW} WHERE r.activity_id = $1 AND r.n > $2 AND r.status >= 10 ORDER BY r.n LIMIT $3",
        *(activity_id, after, limit),
    )
    return [_row(row) for row in rows]


def _row(row: Row) -> ResultRow:
    n, serial, status, before, changed_by = row
    return ResultRow(n, serial, Result(status), before, changed_by)


def last(tx: Tx, activity_id: int) -> int:
    """The number of an activity's last result so far, -1 without any."""
    found = tx.value("SELECT max(n) FROM activity_result WHERE activity_id = $1", activity_id)
    return -1 if found is None else int(found)


class Lines(NamedTuple):
    """CSV rows of `serial,status,sub-status`, each ended by a line feed; how many, and the last one's `n`."""

    text: str
    size: int
    last: int


_WORDS = " ".join(f"WHEN {result:d} THEN ',{','.join(result.words)}'" for result in Result)


def lines(tx: Tx, activity_id: int, *, after: int = -1, limit: int = 5000) -> Lines:
    """Results as the lines of an activity's log, in the order asked for; `after` is the last `n` seen."""
    rows = tx.rows(
        f"SELECT n, serial || CASE status {_WORDS} END FROM activity_result"
        " WHERE activity_id = $1 AND n > $2 ORDER BY n LIMIT $3",
        *(activity_id, after, limit),
    )
    return Lines("".join([f"{row[1]}\n" for row in rows]), len(rows), rows[-1][0] if rows else after)


def counts(tx: Tx, activity_id: int, first: int, end: int) -> tuple[int, int]:
    """How many rows of `first <= n < end` succeeded and failed."""
    row = tx.row(
        "SELECT coalesce(sum(CASE WHEN status < 10 THEN 1 ELSE 0 END), 0),"
        " coalesce(sum(CASE WHEN status >= 10 THEN 1 ELSE 0 END), 0) FROM activity_result"
        " WHERE activity_id = $1 AND n >= $2 AND n < $3",
        *(activity_id, first, end),
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def losses(tx: Tx, activity_id: int, first: int, end: int) -> list[tuple[int | None, int]]:
    """How many changed rows came from which service (internal id, None for unassigned ones), ascending."""
    rows = tx.rows(
        "SELECT before_service, count(*) FROM activity_result"
        " WHERE activity_id = $1 AND n >= $2 AND n < $3 AND status = 1 GROUP BY before_service"
        " ORDER BY before_service",
        *(activity_id, first, end),
    )
    return [(service, int(count)) for service, count in rows]
