"""What either side is told of orders before they are worked off, and after they went to somebody else."""

from pomona.registry import moved_orders, submitted_orders
from pomona.registry.moved_orders import MovedOrder
from pomona.registry.submitted_orders import Submitted
from pomona.store import Store
from tests.support.supply import ORDERED, Reseller, counted, document, link, owned
from tests.support.worlds import World, serials

A, B, C = serials(3)


def of_world(world: World) -> list[Submitted]:
    return world.store.read_sync(lambda tx: submitted_orders.of_organization(tx, world.id))


def moved(world: World) -> list[MovedOrder]:
    return world.store.read_sync(lambda tx: moved_orders.of_organization(tx, world.id))


def test_orders_that_are_not_worked_off_yet(any_store: Store) -> None:
    ours, theirs = World(any_store, "Ours"), World(any_store, "Theirs")
    reseller, maker = Reseller(any_store), Reseller(any_store, "MAKER", "APPLE")
    link(ours, "77", "APPLE")
    reseller.submit(
        document("X1", ours.organization.number, [A]),
        document("X2", theirs.organization.number, [B]),
        document("X3", "1", [C]),
    )
    maker.submit(document("M1", "0077", [C]))
    found = of_world(ours)
    assert [(each.number, each.type, each.begun, each.supplier_number) for each in found] == [
        ("X1", "OR", False, "16FCE4A0"),
        ("M1", "OR", False, "MAKER"),
    ]
    assert found[0].at == reseller.now
    assert [each.number for each in of_world(theirs)] == ["X2"]
    sent = any_store.read_sync(lambda tx: submitted_orders.of_supplier(tx, reseller.id))
    assert [each.number for each in sent] == ["X1", "X2", "X3"]
    any_store.write_sync(
        lambda tx: tx.execute("UPDATE submission SET phase = 'ADD' WHERE supplier_id = $1", reseller.id)
    )
    assert [each.begun for each in of_world(ours)] == [True, False]
    any_store.write_sync(lambda tx: tx.execute("UPDATE submission SET phase = 'BEGIN'"))
    reseller.work()
    maker.work()
    assert of_world(ours) == of_world(theirs) == []


def test_an_order_that_an_override_took_away(any_store: Store) -> None:
    ours, theirs = World(any_store, "Ours"), World(any_store, "Theirs")
    reseller = Reseller(any_store)
    link(ours, reseller.supplier.number)
    reseller.send(document("X", ours.organization.number, [A, B]))
    assert moved(ours) == []
    reseller.send(document("X", theirs.organization.number, [A, B], "OV", ordered_at=ORDERED + 1000))
    (gone,) = moved(ours)
    assert (gone.number, gone.supplier_number, gone.ordered_at, gone.moved_at) == (
        "X",
        "16FCE4A0",
        ORDERED,
        reseller.now,
    )
    assert moved(theirs) == []
    found = any_store.read_sync(lambda tx: moved_orders.find(tx, ours.id, "X"))
    assert found == [gone]
    assert any_store.read_sync(lambda tx: moved_orders.find(tx, ours.id, "Y")) == []
    reseller.send(document("X", ours.organization.number, [A, B], "OV"))
    assert (moved(ours), [each.number for each in moved(theirs)]) == ([], ["X"])
    assert owned(ours, [A, B]) == [A, B]
    # To one that nobody has it is refused, and nothing moves.
    reseller.send(document("X", "1", [A, B], "OV"))
    assert moved(ours) == []
    counted(any_store)
