"""Small worlds for tests of orders: suppliers that submit, and what stands afterwards."""

from collections.abc import Sequence
from functools import partial

from pomona.keys.randomness import seeded
from pomona.registry import (
    devices,
    order_flows,
    order_steps,
    orders,
    submissions,
    supplier_links,
    suppliers,
)
from pomona.registry.order_documents import OrderDocument, OrderedDelivery
from pomona.registry.order_plans import Plans
from pomona.registry.orders import Line, Order
from pomona.registry.submissions import OrderFate
from pomona.registry.suppliers import Supplier, SupplierKind
from pomona.store import Store, Tx
from tests.support.worlds import ADMIN, NOW, World

ORDERED = NOW - 86_400_000
SHIPPED = NOW - 3_600_000


def document(
    number: str,
    customer: str,
    ids: Sequence[str] = (),
    type: str = "OR",
    *,
    ordered_at: int = ORDERED,
    po: str = "",
    delivery: str = "D1",
    tags: Sequence[str | None] = (),
    products: Sequence[str | None] = (),
) -> OrderDocument:
    """An order with at most one delivery."""
    deliveries = [OrderedDelivery(delivery, SHIPPED, list(ids), list(tags), list(products))] if ids else []
    return OrderDocument(number, type, customer, po, ordered_at, deliveries)


class Reseller:
    """A supplier with short verbs; each call commits, and works its submissions off."""

    def __init__(self, store: Store, number: str = "16FCE4A0", kind: SupplierKind = "RESELLER") -> None:
        self.store = store
        self.rng = seeded(number)
        self.now = NOW
        self.strict = False
        self.plans = Plans()
        self.supplier: Supplier = store.write_sync(
            lambda tx: suppliers.register(tx, kind, number, f"Supplier {number}", actor=ADMIN, now=NOW)
        )
        self._sent = 0

    @property
    def id(self) -> int:
        """The supplier's internal id."""
        return self.supplier.id

    def submit(self, *documents: OrderDocument) -> str:
        """Submits without working on it; gives the enrolment transaction id."""
        self._sent += 1
        self.now += 2_000
        prepared = submissions.prepare(f"T{self._sent}", f"body {self._sent}".encode(), documents)
        return self.store.write_sync(
            lambda tx: submissions.accept(tx, self.id, prepared, now=self.now, rng=self.rng)
        ).uuid

    def work(self) -> None:
        """Works off what was submitted."""
        while self.store.write_sync(
            lambda tx: order_steps.step(tx, self.id, now=self.now, strict=self.strict, plans=self.plans)
        ):
            pass

    def send(self, *documents: OrderDocument) -> list[OrderFate]:
        """Submits, works it off, and gives what became of it."""
        uuid = self.submit(*documents)
        self.work()
        return self.fate(uuid)

    def fate(self, uuid: str) -> list[OrderFate]:
        """What became of a submission."""

        def read(tx: Tx) -> list[OrderFate]:
            found = submissions.by_uuid(tx, self.id, uuid)
            assert found.completed_at is not None
            return submissions.fate(tx, found.id)

        return self.store.read_sync(read)

    def order(self, number: str) -> Order:
        """The order or return of this number, voided or not."""
        found = self.store.read_sync(lambda tx: orders.latest(tx, self.id, number))
        assert found is not None
        return found

    def contents(self, number: str) -> list[str]:
        """Serials that the supplier is shown of an order."""
        found = self.order(number)
        return sorted(line.serial for line in self.store.read_sync(lambda tx: orders.contents(tx, found)))

    def lines(self, number: str) -> dict[str, Line]:
        """Every line of an order by serial."""
        found = self.order(number)
        return {line.serial: line for line in self.store.read_sync(lambda tx: orders.lines(tx, found.id))}

    def states(self, number: str) -> dict[str, str]:
        """The state of every line of an order."""
        return {serial: line.state.name for serial, line in self.lines(number).items()}


def link(world: World, number: str, kind: SupplierKind = "RESELLER") -> int:
    """Links a supplier and lets its waiting orders flow in; gives how many began to."""
    _, flowing = world.store.write_sync(
        lambda tx: supplier_links.link(tx, world.id, kind, number, actor=ADMIN, now=world.tick())
    )
    flow(world.store, world.now)
    return flowing


def unlink(world: World, number: str, kind: SupplierKind = "RESELLER") -> None:
    """Takes a link away."""
    world.store.write_sync(
        lambda tx: supplier_links.unlink(tx, world.id, kind, number, actor=ADMIN, now=world.tick())
    )


def flow(store: Store, now: int) -> None:
    """Lets everything flow in that does."""
    while waiting := store.read_sync(order_flows.waiting):
        for id in waiting:
            store.write_sync(partial(order_flows.step, order_id=id, now=now))


def problems(fates: Sequence[OrderFate]) -> dict[str, str]:
    """What was refused, by order number, delivery or device id."""
    found: dict[str, str] = {}
    for fate in fates:
        if fate.problem is not None:
            found[fate.number] = fate.problem.name
        for delivery in fate.deliveries:
            if delivery.problem is not None:
                found[delivery.number] = delivery.problem.name
            found |= {trouble.device: trouble.problem.name for trouble in delivery.troubles.values()}
    return found


def owned(world: World, serials: Sequence[str]) -> list[str]:
    """Those of the serials that the organisation owns now."""

    def read(tx: Tx) -> list[str]:
        return [serial for serial in serials if devices.owned_id(tx, world.id, serial) is not None]

    return world.store.read_sync(read)


def device(world: World, serial: str) -> devices.Device:
    """The device, also after its release."""
    return world.store.read_sync(lambda tx: devices.get(tx, world.id, serial))


def counted(store: Store) -> None:
    """Every order's counts are what counting its lines gives, and no two live claims share a serial."""

    def read(tx: Tx) -> None:
        for row in tx.rows("SELECT id, pending, live, returned, released, refused FROM purchase_order"):
            actual: dict[int, int] = dict(
                tx.rows("SELECT state, count(*) FROM claim WHERE order_id = $1 GROUP BY state", row[0])
            )
            expected = (
                actual.get(0, 0),
                actual.get(1, 0),
                actual.get(2, 0) + actual.get(7, 0),
                actual.get(3, 0),
                actual.get(4, 0),
            )
            assert row[1:] == expected, (row, actual)

    store.read_sync(read)
