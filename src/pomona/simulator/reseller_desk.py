"""A reseller's order desk: what is sent on each day of its calendar, from a seed, and what each order is expected to become.

What happens to an order is told by the stories; the desk keeps the books, the diary and the warehouse for them.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from pomona.catalogue.serials import batch
from pomona.simulator import reseller_calendar
from pomona.simulator.reseller_books import Books

Document = dict[str, Any]
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """One order as it is submitted. `order_code` is how its status is expected to be, `refused` the codes of devices."""

    document: Document
    order_code: str
    refused: Mapping[str, str] = field(default_factory=dict)


Action = Callable[["Desk", date], list[Sent]]
"""Something that is done on a day; gives what is submitted then."""


class Desk:
    """The same for the same arguments. `orders_a_day` is the mean on an ordinary working day."""

    def __init__(
        self, seed: int, customers: Sequence[str], *, orders_a_day: float = 5.0, prefix: str = ""
    ) -> None:
        """`customers` are Organisation IDs, the first the best customer; `prefix` begins every order number.

        Raises ValueError for no customers.
        """
        if not customers:
            raise ValueError("a reseller needs at least one customer")
        self.rng = random.Random(f"reseller {seed}")
        self.customers = list(customers)
        self.books = Books()
        self.told: Counter[str] = Counter()
        self.stock: list[str] = []
        self._orders_a_day = orders_a_day
        self._prefix = prefix or f"S{seed}-"
        self._numbers = count(1)
        self._diary: list[tuple[date, int, Action]] = []
        self._entries = count()
        self._made = _serials(seed)
        self._parts: dict[str, str] = {}

    def day(self, today: date, new_order: Action) -> list[Sent]:
        """What is submitted on a working day: what the diary says first, then new orders."""
        sent = self.due(today)
        expected = self._orders_a_day * reseller_calendar.busyness(today)
        for _ in range(_about(self.rng, expected)):
            sent += new_order(self, today)
        return sent

    def due(self, today: date) -> list[Sent]:
        """What the diary says for today and has not been done."""
        sent: list[Sent] = []
        while self._diary and self._diary[0][0] <= today:
            _, _, action = heapq.heappop(self._diary)
            sent += action(self, today)
        return sent

    @property
    def next_due(self) -> date | None:
        """The next day in the diary."""
        return self._diary[0][0] if self._diary else None

    def later(self, today: date, working_days: int, action: Action) -> None:
        """Writes something into the diary."""
        day = reseller_calendar.after(today, working_days)
        heapq.heappush(self._diary, (day, next(self._entries), action))

    def number(self, today: date) -> str:
        """A new order number."""
        return f"{self._prefix}{today:%y}-{next(self._numbers):05}"

    def customer(self) -> str:
        """Somebody who buys: the best customers more often."""
        weights = [1 / (n + 1) for n in range(len(self.customers))]
        return self.rng.choices(self.customers, weights)[0]

    def take(self, wanted: int) -> list[str]:
        """Serials out of the warehouse: new ones, and now and then one that came back."""
        found = []
        for _ in range(wanted):
            again = bool(self.stock) and self.rng.random() < 0.3
            found.append(self.stock.pop(self.rng.randrange(len(self.stock))) if again else self._new())
        return found

    def device(self, serial: str, tag: str = "") -> Document:
        """A device as it stands in an order."""
        made = (
            {"deviceId": serial, "productType": self._parts[serial]}
            if serial in self._parts
            else {"deviceId": serial}
        )
        return made | {"assetTag": tag} if tag else made

    def send(
        self, document: Document, *, order_code: str = "", refused: Mapping[str, str] | None = None
    ) -> Sent:
        """Submits an order and books it: all but the `refused` devices, nothing where the order is with `order_code`."""
        refused = refused or {}
        if not order_code:
            self.books.note(document, refused)
            devices = [
                device["deviceId"] for each in document.get("deliveries", []) for device in each["devices"]
            ]
            order_code = "COMPLETE"
            if refused:
                order_code = "ERROR" if len(refused) == len(devices) else "POSTED_WITH_ERRORS"
        self.told[document["orderType"]] += 1
        return Sent(document, order_code, refused)

    def _new(self) -> str:
        serial, part = next(self._made)
        self._parts[serial] = part
        return serial


def moment(rng: random.Random, day: date, hours: tuple[int, int] = (8, 17)) -> str:
    """A time of the day as it is written on the wire."""
    return f"{day.isoformat()}T{rng.randrange(*hours):02}:{rng.randrange(60):02}:{rng.randrange(60):02}Z"


def _serials(seed: int) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for n in count():
        for serial, product in batch(seed * 100_003 + n, _BATCH):
            if serial not in seen:
                seen.add(serial)
                yield serial, product.part_number


def _about(rng: random.Random, mean: float) -> int:
    """A number of orders: the mean, give or take."""
    return max(0, round(rng.gauss(mean, mean**0.5 / 1.5)))
