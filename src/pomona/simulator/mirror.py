"""A management service's own copy of its devices, kept by full fetches and changes, and nothing else.

Changes may come twice and out of an old cursor again: for each serial the one with the newest date counts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from pomona.simulator.assignment_client import AssignmentClient, AssignmentRefused

Record = dict[str, Any]
_ANEW = frozenset({"EXPIRED_CURSOR", "INVALID_CURSOR", "CURSOR_REQUIRED"})
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Update:
    """What a round brought: serials that are new here, changed, and gone; `fetched` when it was a full fetch."""

    added: frozenset[str] = frozenset()
    modified: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    fetched: bool = False

    @property
    def size(self) -> int:
        """How many devices it was about."""
        return len(self.added) + len(self.modified) + len(self.deleted)


@dataclass(slots=True)
class Mirror:
    """`devices` are records by serial, as a fetch gives them; `cursor` is where to go on, None before the first fetch."""

    devices: dict[str, Record] = field(default_factory=dict)
    cursor: str | None = None
    dates: dict[str, str] = field(default_factory=dict)

    def replace(self, records: Iterable[Record], cursor: str) -> Update:
        """Takes over a full fetch: what is not in it is not the service's any more."""
        before, self.devices = self.devices, {record["serial_number"]: record for record in records}
        self.cursor = cursor
        self.dates.clear()
        old, new = before.keys(), self.devices.keys()
        changed = frozenset(serial for serial in old & new if before[serial] != self.devices[serial])
        return Update(frozenset(new - old), changed, frozenset(old - new), True)

    def apply(self, records: Iterable[Record]) -> Update:
        """Takes over changes, in the order they came."""
        was: dict[str, bool] = {}
        self.take(records, was)
        return self.changes(was)

    def take(self, records: Iterable[Record], was: dict[str, bool]) -> None:
        """The same for a page of several: `was` remembers which of the touched serials were here before the first."""
        for record in records:
            serial, date = record["serial_number"], record["op_date"]
            if date < self.dates.get(serial, ""):
                continue
            self.dates[serial] = date
            was.setdefault(serial, serial in self.devices)
            if record["op_type"] == "deleted":
                self.devices.pop(serial, None)
            else:
                self.devices[serial] = {
                    key: value for key, value in record.items() if key not in ("op_type", "op_date")
                }

    def changes(self, was: dict[str, bool]) -> Update:
        """What became of the touched serials."""
        here = {serial for serial in was if serial in self.devices}
        return Update(
            frozenset(serial for serial in here if not was[serial]),
            frozenset(serial for serial in here if was[serial]),
            frozenset(serial for serial, before in was.items() if before and serial not in here),
        )


def update(
    mirror: Mirror,
    client: AssignmentClient,
    page: Callable[[int], None] = lambda _size: None,
    limit: int | None = None,
) -> Update:
    """Brings a mirror up to date: by changes, or by a full fetch where there is no usable cursor.

    `page` is told how many records each page had. Raises `AssignmentRefused`.
    """
    for _ in range(_ATTEMPTS):
        try:
            if mirror.cursor is None:
                return _fetch(mirror, client, page, limit)
            return _sync(mirror, client, page, limit)
        except AssignmentRefused as refused:
            if refused.code not in _ANEW:
                raise
            mirror.cursor = None
    raise AssignmentRefused(400, "INVALID_CURSOR")


def read_all(
    client: AssignmentClient, page: Callable[[int], None] = lambda _size: None, limit: int | None = None
) -> tuple[list[Record], str]:
    """A full fetch, and the cursor to sync from. Raises `AssignmentRefused`."""
    records: list[Record] = []
    cursor: str | None = None
    while True:
        try:
            answer = client.fetch(cursor, limit)
        except AssignmentRefused as refused:
            if refused.code == "EXHAUSTED_CURSOR" and cursor is not None:
                return records, cursor
            raise
        records += answer["devices"]
        page(len(answer["devices"]))
        cursor = _next(answer, cursor)
        if not answer["more_to_follow"]:
            return records, cursor


def _fetch(
    mirror: Mirror, client: AssignmentClient, page: Callable[[int], None], limit: int | None
) -> Update:
    return mirror.replace(*read_all(client, page, limit))


def _sync(mirror: Mirror, client: AssignmentClient, page: Callable[[int], None], limit: int | None) -> Update:
    was: dict[str, bool] = {}
    while True:
        assert mirror.cursor is not None
        answer = client.sync(mirror.cursor, limit)
        mirror.take(answer["devices"], was)
        page(len(answer["devices"]))
        mirror.cursor = _next(answer, mirror.cursor)
        if not answer["more_to_follow"]:
            return mirror.changes(was)


def _next(answer: dict[str, Any], before: str | None) -> str:
    """The cursor to go on with. Raises `AssignmentRefused` for one that leads nowhere: asking again would never end."""
    cursor = str(answer["cursor"])
    if answer["more_to_follow"] and cursor == before:
        raise AssignmentRefused(200, "the service promised more and gave the same cursor again")
    return cursor


Kind = Literal["missing here", "not there", "different"]


def differences(mirror: Mirror, records: Iterable[Record]) -> list[tuple[str, Kind]]:
    """Where a mirror and a full fetch differ, by serial; none when they are equal."""
    there = {record["serial_number"]: record for record in records}
    found: list[tuple[str, Kind]] = [
        (serial, "missing here") for serial in there.keys() - mirror.devices.keys()
    ]
    found += [(serial, "not there") for serial in mirror.devices.keys() - there.keys()]
    found += [
        (serial, "different")
        for serial in there.keys() & mirror.devices.keys()
        if there[serial] != mirror.devices[serial]
    ]
    return sorted(found)
