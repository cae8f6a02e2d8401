"""What a device can be asked to be: each part says it in SQL, and finds those devices by an index where they are few.

In conditions, `d` is the device and `s` its state.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pomona.catalogue.kinds import Kind
from pomona.registry.devices import Source, first_number, last_number
from pomona.store import Tx

State = Literal["owned", "assigned", "unassigned", "released"]
"""`owned` are all that were not released."""

FEW = 5_000
"""Devices that are looked at one by one, wherever among a million they are."""

_SLACK = 600_000
"""Milliseconds by which devices may have arrived in another order than that of their numbers."""


class Places:
    """A statement about an organisation's devices in the making: its parameters are numbered in the order in which their
    places are written."""

    def __init__(self, tx: Tx, organization_id: int) -> None:
        self.tx = tx
        self.organization_id = organization_id
        self.params: list[Any] = []

    def place(self, value: Any) -> str:
        """Where a value stands in the statement."""
        self.params.append(value)
        return f"${len(self.params)}"

    def numbers(self, values: Iterable[int]) -> str:
        """A list of numbers, as what stands behind IN."""
        place = self.place(self.tx.pack([(value,) for value in values]))
        return f"(SELECT c0 FROM {self.tx.each(place, 'bigint')} e)"

    def texts(self, values: Iterable[str]) -> str:
        """A list of texts, as what stands behind IN."""
        return f"(SELECT v FROM {self.tx.each(self.place(self.tx.pack(list(values))))} e)"


class Run(NamedTuple):
    """An index that has just the wanted devices in the order of their numbers: its table, the number's column, and a
    condition that ends with AND."""

    table: str
    key: str
    only: str


class Part(ABC):
    """One thing that devices of an organisation have to be."""

    @abstractmethod
    def condition(self, places: Places) -> str:
        """It, in SQL."""

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        """The numbers of all devices that are so, perhaps of some more; None when there are many or no index knows."""
        return None

    def run(self, places: Places) -> Run | None:
        """Where they are found in order."""
        return None


def few(tx: Tx, sql: str, *params: Any) -> list[int] | None:
    """The numbers that a query gives, None when they are many."""
    rows = tx.rows(f"{sql} LIMIT {FEW + 1}", *params)
    return None if len(rows) > FEW else [int(row[0]) for row in rows]


def bounds(organization_id: int) -> tuple[int, int]:
    """The lowest and the highest number of an organisation's devices."""
    return first_number(organization_id), last_number(organization_id)


@dataclass(frozen=True, slots=True)
class InState(Part):
    """Here or gone, on a service or on none."""

    state: State

    def condition(self, places: Places) -> str:
        conditions: dict[State, str] = {
            "owned": "d.released_at IS NULL",
            "assigned": "d.released_at IS NULL AND s.service_id IS NOT NULL",
            "unassigned": "d.released_at IS NULL AND s.service_id IS NULL",
            "released": "d.released_at IS NOT NULL",
        }
        return conditions[self.state]

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        if self.state == "assigned":
            sql = (
                "SELECT s.device_id FROM service v JOIN device_state s ON s.service_id = v.id"
                " WHERE v.organization_id = $1"
            )
            return few(tx, sql, organization_id)
        run = self.run(Places(tx, organization_id))
        if run is None:
            return None
        sql = f"SELECT {run.key} FROM {run.table} WHERE {run.only} {run.key} BETWEEN $1 AND $2"
        return few(tx, sql, *bounds(organization_id))

    def run(self, places: Places) -> Run | None:
        if self.state == "released":
            return Run("device", "id", "released_at IS NOT NULL AND")
        if self.state == "unassigned":
            return Run("device_state", "device_id", "service_id IS NULL AND")
        return None


@dataclass(frozen=True, slots=True)
class OfKinds(Part):
    """Of some kinds, such as iPhone."""

    kinds: Collection[Kind]

    def condition(self, places: Places) -> str:
        return f"d.kind IN ({', '.join(str(int(kind)) for kind in self.kinds)})"

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        numbers = [(int(kind),) for kind in self.kinds]
        sql = f"SELECT p.id FROM {tx.each('$1', 'bigint')} e JOIN product p ON p.kind = e.c0"
        return of_products(tx, organization_id, [row[0] for row in tx.rows(sql, tx.pack(numbers))])


@dataclass(frozen=True, slots=True)
class OfProductTypes(Part):
    """Of some product types, such as `iPhone14,3`."""

    types: Collection[str]

    def condition(self, places: Places) -> str:
        return f"d.product_id IN (SELECT id FROM product WHERE product_type IN {places.texts(self.types)})"

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        sql = f"SELECT p.id FROM {tx.each('$1')} e JOIN product p ON p.product_type = e.v"
        return of_products(tx, organization_id, [row[0] for row in tx.rows(sql, tx.pack(list(self.types)))])


def of_products(tx: Tx, organization_id: int, products: Iterable[int]) -> list[int] | None:
    """Devices that are one of some products (by internal number), if they are few."""
    # Written out, because PostgreSQL knows how many devices each of these is, but nothing of a list that it is handed.
    numbers = ", ".join(map(str, products))
    if not numbers:
        return []
    if tx.postgresql:
        sql = f"SELECT id FROM device WHERE product_id IN ({numbers}) AND id BETWEEN $1 AND $2"
        return few(tx, sql, *bounds(organization_id))
    # SQLite's index has a run for each 65,536 devices that arrived one after the other.
    sql = (
        "SELECT d.id FROM (WITH RECURSIVE run(n) AS (SELECT $1 >> 16 UNION ALL SELECT n + 1 FROM run WHERE n < ("
        "SELECT max(id) >> 16 FROM device WHERE id BETWEEN $1 AND $2)) SELECT n FROM run) r"
        f" CROSS JOIN device d INDEXED BY device_by_product ON d.id >> 16 = r.n AND d.product_id IN ({numbers})"
    )
    return few(tx, sql, *bounds(organization_id))


@dataclass(frozen=True, slots=True)
class OnServices(Part):
    """On one of some services of the organisation, by internal number."""

    services: Collection[int]

    def condition(self, places: Places) -> str:
        return f"s.service_id IN {places.numbers(self.services)}"

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        sql = (
            f"SELECT s.device_id FROM {tx.each('$1', 'bigint')} e JOIN device_state s ON s.service_id = e.c0"
        )
        return few(tx, sql, tx.pack([(id,) for id in self.services]))

    def run(self, places: Places) -> Run | None:
        if len(self.services) != 1:
            return None
        [service] = self.services
        return Run("device_state", "device_id", f"service_id = {places.place(service)} AND")


@dataclass(frozen=True, slots=True)
class OfOrders(Part):
    """Brought by one of some orders, by internal number."""

    orders: Collection[int]

    def condition(self, places: Places) -> str:
        return f"d.order_id IN {places.numbers(self.orders)}"

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        sql = f"SELECT d.id FROM {tx.each('$1', 'bigint')} e JOIN device d ON d.order_id = e.c0"
        return few(tx, sql, tx.pack([(id,) for id in self.orders]))

    def run(self, places: Places) -> Run | None:
        if len(self.orders) != 1:
            return None
        [order] = self.orders
        return Run("device", "id", f"order_id = {places.place(order)} AND")


def orders_numbered(tx: Tx, organization_id: int, numbers: Iterable[str]) -> list[int]:
    """The orders of an organisation that have one of some numbers, whoever they are from."""
    sql = (
        f"SELECT o.id FROM {tx.each('$1')} e JOIN purchase_order o ON o.number = e.v AND o.organization_id = $2"
        " ORDER BY o.id"
    )
    return [int(row[0]) for row in tx.rows(sql, tx.pack(list(numbers)), organization_id)]


@dataclass(frozen=True, slots=True)
class FromSources(Part):
    """From Apple, from a reseller, or added by hand."""

    sources: Collection[Source]

    def condition(self, places: Places) -> str:
        return f"d.source IN {places.texts(self.sources)}"

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        found: list[int] = []
        for source in self.sources:
            for part in self._found(tx, organization_id, source):
                if part is None:
                    return None
                found += part
        return found

    def run(self, places: Places) -> Run | None:
        return Run("device", "id", f"{_BY_HAND} AND") if list(self.sources) == ["MANUALLY_ADDED"] else None

    @staticmethod
    def _found(tx: Tx, organization_id: int, source: Source) -> Iterator[list[int] | None]:
        first, last = bounds(organization_id)
        if source == "MANUALLY_ADDED":
            yield few(tx, f"SELECT id FROM device WHERE {_BY_HAND} AND id BETWEEN $1 AND $2", first, last)
            return
        # A supplier's devices came with its orders, of which there are fewer; a unit that replaced one has none.
        orders = "SELECT count(*) FROM (SELECT id FROM purchase_order WHERE organization_id = $1 LIMIT $2) o"
        if tx.value(orders, organization_id, _ORDERS + 1) > _ORDERS:
            yield None
        yield few(tx, _BY_ORDERS, organization_id, source, first, last)
        yield few(tx, _WITHOUT_ORDER, source, first, last)


_ORDERS = 20_000
"""Orders that are looked through for those of a kind of supplier."""

# The words of an index's condition must be matched to the letter.
_BY_HAND = "source = 'MANUALLY_ADDED'"
_BY_ORDERS = (
    "SELECT d.id FROM purchase_order o JOIN supplier s ON s.id = o.supplier_id"
    " JOIN device d ON d.order_id = o.id AND d.source = s.kind"
    " WHERE o.organization_id = $1 AND s.kind = $2 AND d.id BETWEEN $3 AND $4"
)
_WITHOUT_ORDER = (
    "SELECT id FROM device WHERE order_id IS NULL AND source <> 'MANUALLY_ADDED' AND source = $1"
    " AND id BETWEEN $2 AND $3"
)


@dataclass(frozen=True, slots=True)
class FromSupplier(Part):
    """From the supplier with an Apple Customer Number or Reseller Number."""

    source_id: str

    def condition(self, places: Places) -> str:
        return f"d.source_id = {places.place(self.source_id)}"


@dataclass(frozen=True, slots=True)
class WithSerials(Part):
    """With one of some canonical serials."""

    serials: Collection[str]

    def condition(self, places: Places) -> str:
        return f"d.serial IN {places.texts(self.serials)}"

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        sql = (
            f"SELECT o.device_id FROM {tx.each('$1')} e JOIN serial_owner o ON o.serial = e.v"
            " WHERE o.device_id BETWEEN $2 AND $3"
        )
        return few(tx, sql, tx.pack(list(self.serials)), *bounds(organization_id))


@dataclass(frozen=True, slots=True)
class AddedSince(Part):
    """Added at a time (milliseconds) or later."""

    at: int

    def condition(self, places: Places) -> str:
        return f"d.added_at >= {places.place(self.at)}"

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        rows = tx.rows(
            f"SELECT id, added_at FROM device WHERE id BETWEEN $1 AND $2 ORDER BY id DESC LIMIT {FEW + 1}",
            *bounds(organization_id),
        )
        if len(rows) > FEW and int(rows[-1][1]) >= self.at - _SLACK:
            return None
        return [int(id) for id, added_at in rows if added_at >= self.at]


@dataclass(frozen=True, slots=True)
class UpdatedSince(Part):
    """Changed at a time (milliseconds) or later; to arrive is a change."""

    at: int

    def condition(self, places: Places) -> str:
        return f"s.updated_at >= {places.place(self.at)}"

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        # The index knows no organisations: a busy neighbour makes it many, never slow.
        return few(
            tx, "SELECT device_id FROM device_state WHERE updated_at >= $1 ORDER BY updated_at DESC", self.at
        )
