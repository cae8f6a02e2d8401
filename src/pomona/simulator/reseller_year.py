"""A year of a reseller, played against an order service: each working day is a transaction, followed to its end.

Orders carry their own dates, so a year passes as quickly as the service works. Afterwards the service is asked for every order
and its answer compared with the reseller's own books. The same year played twice changes nothing.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pomona.simulator.reseller_books import state_of
from pomona.simulator.reseller_calendar import working_days
from pomona.simulator.reseller_desk import Desk, Sent
from pomona.simulator.reseller_stories import STORIES, new_order
from pomona.simulator.supplier import Fate, SupplierClient

_TWICE = 0.03
"""How often an answer gets lost and the transaction is sent again."""
_ASKED_AT_ONCE = 100
_MOST = 20_000
"""Devices in a transaction; a day that has more is cut."""


@dataclass(slots=True)
class Year:
    """What was done, and what was not as expected: nothing, or the service or this simulator is wrong."""

    first: date
    last: date
    transactions: int = 0
    sent_again: int = 0
    orders: Counter[str] = field(default_factory=Counter)
    stories: Counter[str] = field(default_factory=Counter)
    devices_sent: int = 0
    devices_refused: int = 0
    standing: int = 0
    checked: int = 0
    seconds: float = 0.0
    surprises: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether everything became what the reseller's books say."""
        return not self.surprises and not self.differences


def play(
    client: SupplierClient,
    desk: Desk,
    start: date,
    days: int,
    *,
    seed: int = 0,
    progress: Callable[[date], None] = lambda _: None,
    timer: Callable[[], float] = time.monotonic,
) -> Year:
    """Plays `days` days from `start` on, and after them what is left in the diary. Raises `SupplierRefused`."""
    began = timer()
    year = Year(start, start)
    lost = random.Random(f"lost answers {seed}")
    for today, sent in _days(desk, start, days):
        year.last = max(year.last, today)
        for n, part in enumerate(_parts(sent)):
            _submit(client, year, f"{today:%Y%m%d}-{seed}-{n}", part, again=lost.random() < _TWICE)
        progress(today)
    _compare(client, desk, year)
    names = {story.__name__ for story in STORIES} | {"return", "wrong_return"}
    year.stories = Counter({name: n for name, n in desk.told.items() if name in names})
    year.seconds = timer() - began
    return year


def _days(desk: Desk, start: date, days: int) -> Iterator[tuple[date, list[Sent]]]:
    for today in working_days(start, days):
        yield today, desk.day(today, new_order)
    while (due := desk.next_due) is not None:
        yield due, desk.due(due)


def _parts(sent: list[Sent]) -> Iterator[list[Sent]]:
    """A day's orders as transactions that are not too large; none for a day without."""
    part: list[Sent] = []
    size = 0
    for each in sent:
        devices = _size(each)
        if part and size + devices > _MOST:
            yield part
            part, size = [], 0
        part.append(each)
        size += devices
    if part:
        yield part


def _submit(client: SupplierClient, year: Year, id: str, sent: list[Sent], *, again: bool) -> None:
    documents = [each.document for each in sent]
    uuid = client.submit(id, documents)
    if again:
        year.sent_again += 1
        if client.submit(id, documents) != uuid:
            year.surprises.append(f"transaction {id}: sent again it was taken for another one")
    fate = client.follow(uuid)
    year.transactions += 1
    for each in sent:
        year.orders[each.document["orderType"]] += 1
        year.devices_sent += _size(each)
        year.devices_refused += len(each.refused)
    year.surprises += _surprises(id, sent, fate)


def _surprises(id: str, sent: list[Sent], fate: Fate) -> Iterator[str]:
    """What became of the transaction otherwise than the reseller expected."""
    for each, (number, code, message) in zip(sent, fate.orders, strict=True):
        if (number, code) != (each.document["orderNumber"], each.order_code):
            yield f"transaction {id}, order {number}: {code} {message}; expected {each.order_code}"
    expected = Counter(
        (each.document["orderNumber"], *refused) for each in sent for refused in each.refused.items()
    )
    actual = Counter((each.order, each.device, each.code) for each in fate.devices if each.code != "COMPLETE")
    for kind, found in (("unexpected", actual - expected), ("missing", expected - actual)):
        for number, device, code in found:
            yield f"transaction {id}, order {number}, device {device}: {code} is {kind}"


def _compare(client: SupplierClient, desk: Desk, year: Year) -> None:
    """Asks for every order and compares it with the books."""
    numbers = sorted(desk.books.entries)
    for at in range(0, len(numbers), _ASKED_AT_ONCE):
        for shown in client.details(numbers[at : at + _ASKED_AT_ONCE]):
            number = shown["orderNumber"]
            theirs, ours = state_of(shown), desk.books.state(number)
            year.checked += 1
            year.standing += len(ours["devices"]) if ours["type"] in ("OR", "OV") else 0
            year.differences += [
                f"order {number}, {name}: the service says {_short(theirs[name])}, the books {_short(ours[name])}"
                for name in ours
                if theirs[name] != ours[name]
            ]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 200 else f"{text[:200]}…"


def _size(sent: Sent) -> int:
    return sum(len(each["devices"]) for each in sent.document.get("deliveries", []))
