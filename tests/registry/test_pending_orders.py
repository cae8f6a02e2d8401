"""Both sides must agree: orders wait until the organisation links the supplier, and then flow in."""

import pytest

from pomona.registry import audit, order_flows, orders, supplier_links
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.registry.order_documents import CHUNK
from pomona.store import Store
from tests.support.supply import (
    ORDERED,
    Reseller,
    counted,
    device,
    document,
    flow,
    link,
    owned,
    problems,
    unlink,
)
from tests.support.worlds import ADMIN, World, serials


def test_a_waiting_order_flows_in_when_its_reseller_is_linked(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    service = world.service("Main")
    world.default("IPHONE", service)
    ours = serials(2)
    reseller.send(
        document("A1", world.organization.number, ours, tags=["T", None], products=["iPhone17,1"] * 2)
    )
    waiting = reseller.order("A1")
    assert (waiting.state, waiting.pending, owned(world, ours)) == ("PENDING", 2, [])
    assert "16FCE4A0 is not linked" in waiting.reason
    seen = any_store.read_sync(lambda tx: orders.of_organization(tx, world.id))
    assert [order.number for order in seen] == ["A1"]
    assert link(world, "16fce4a0") == 1
    assert owned(world, ours) == ours
    came = device(world, ours[0])
    assert (came.asset_tag, came.product_type, came.service_id) == ("T", "iPhone17,1", service.id)
    there = reseller.order("A1")
    assert (there.state, there.pending, there.live, there.reason) == ("AVAILABLE", 0, 2, "")
    counted(any_store)


def test_conflicts_of_a_waiting_order_show_when_it_flows_in(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    late, quick = Reseller(any_store), Reseller(any_store, "0A0B0C0D")
    ours, number = serials(4), world.organization.number
    assert problems(late.send(document("A1", number, ours))) == {}
    assert problems(late.send(document("A2", number, ours[:1]))) == {}
    link(other, "0A0B0C0D")
    assert problems(quick.send(document("B1", other.organization.number, ours[1:2]))) == {}
    other.arrive(ours[2:3])
    assert link(world, "16FCE4A0") == 2
    assert late.states("A1") == {ours[0]: "LIVE", ours[1]: "REFUSED", ours[2]: "REFUSED", ours[3]: "LIVE"}
    lines = late.lines("A1")
    assert (lines[ours[1]].problem, lines[ours[2]].problem) == ("ANOTHER_SUPPLIER", "ANOTHER_CUSTOMER")
    assert late.lines("A2")[ours[0]].problem == "IN_ANOTHER_ORDER"
    assert late.order("A2").state == "REFUSED"
    counted(any_store)


def test_devices_that_are_here_stay_when_the_reseller_is_unlinked(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    link(world, "16FCE4A0")
    ours, number = serials(4), world.organization.number
    reseller.send(document("A1", number, ours[:2]))
    unlink(world, "16FCE4A0")
    reseller.send(document("A1", number, ours))
    order = reseller.order("A1")
    assert (order.live, order.pending, order.state, owned(world, ours)) == (2, 2, "PENDING", ours[:2])
    assert link(world, "16FCE4A0") == 1
    assert owned(world, ours) == ours
    counted(any_store)


def test_a_link_that_is_gone_again_stops_the_flow(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    ours = serials(2)
    reseller.send(document("A1", world.organization.number, ours))
    any_store.write_sync(
        lambda tx: supplier_links.link(tx, world.id, "RESELLER", "16FCE4A0", actor=ADMIN, now=world.now)
    )
    assert reseller.order("A1").state == "ARRIVING"
    unlink(world, "16FCE4A0")
    flow(any_store, world.now)
    assert (reseller.order("A1").state, owned(world, ours)) == ("PENDING", [])
    assert link(world, "16FCE4A0") == 1
    assert owned(world, ours) == ours


def test_a_long_order_flows_in_by_chunks(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    ours = serials(2 * CHUNK + 100)
    reseller.send(document("A1", world.organization.number, ours))
    any_store.write_sync(
        lambda tx: supplier_links.link(tx, world.id, "RESELLER", "16FCE4A0", actor=ADMIN, now=world.now)
    )
    (id,) = any_store.read_sync(order_flows.waiting)
    steps = [any_store.write_sync(lambda tx: order_flows.step(tx, id, now=world.now)) for _ in range(4)]
    assert steps == [True, True, False, False]
    assert reseller.order("A1").live == 2 * CHUNK + 100
    assert any_store.read_sync(order_flows.waiting) == []
    counted(any_store)


def test_a_waiting_order_can_be_voided_returned_and_overridden(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    ours, number = serials(6), world.organization.number
    reseller.send(
        document("A1", number, ours[:2]), document("A2", number, ours[2:4]), document("A3", number, ours[4:])
    )
    later = ORDERED + 1000
    sent = reseller.send(
        document("A1", number, type="VD"),
        document("A2RE", number, ours[2:3], "RE", ordered_at=later),
        document("A3", number, ours[4:5], "OV", ordered_at=later),
    )
    assert problems(sent) == {}
    counted(any_store)
    assert link(world, "16FCE4A0") == 2
    assert owned(world, ours) == [ours[3], ours[4]]
    assert device(world, ours[4]).ordered_at == later
    reseller.send(document("A2RE", number, type="VD"))
    assert owned(world, ours) == [ours[2], ours[3], ours[4]]
    counted(any_store)


def test_a_voided_return_brings_devices_back_to_waiting(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    link(world, "16FCE4A0")
    ours, number = serials(2), world.organization.number
    reseller.send(document("A1", number, ours))
    reseller.send(document("A1RE", number, ours, "RE"))
    unlink(world, "16FCE4A0")
    reseller.send(document("A1RE", number, type="VD"))
    assert (reseller.states("A1"), owned(world, ours)) == (dict.fromkeys(ours, "PENDING"), [])
    link(world, "16FCE4A0")
    assert owned(world, ours) == ours
    counted(any_store)


def test_the_makers_orders_come_by_customer_number(any_store: Store) -> None:
    world, maker = World(any_store), Reseller(any_store, "APPLE", "APPLE")
    ours = serials(3)
    assert problems(maker.send(document("W1", "000123456", ours[:2]))) == {}
    assert (maker.order("W1").organization_id, maker.order("W1").customer) == (None, "123456")
    assert "Customer Number 123456" in maker.order("W1").reason
    assert link(world, "0123456", "APPLE") == 1
    assert owned(world, ours) == ours[:2]
    came = device(world, ours[0])
    assert (came.source, came.source_id, came.order_number) == ("APPLE", "123456", "W1")
    assert maker.order("W1").organization_id == world.id
    maker.send(document("W1", "123456", ours))
    assert owned(world, ours) == ours
    assert problems(maker.send(document("W2", "12A", ours))) == {"W2": "CUSTOMER_UNKNOWN"}
    counted(any_store)


def test_a_customer_number_that_moves_does_not_take_the_orders_along(any_store: Store) -> None:
    world, heir, maker = World(any_store), World(any_store, "Heir"), Reseller(any_store, "APPLE", "APPLE")
    ours = serials(4)
    link(world, "123456", "APPLE")
    maker.send(document("W1", "123456", ours[:1]))
    with pytest.raises(Duplicate, match="recorded already"):
        link(heir, "123456", "APPLE")
    unlink(world, "123456", "APPLE")
    maker.send(document("W1", "123456", ours[:2]), document("W2", "123456", ours[2:3]))
    assert link(heir, "123456", "APPLE") == 1
    maker.send(document("W1", "123456", ours))
    assert (owned(world, ours), owned(heir, ours)) == (ours[:1], ours[2:3])
    assert maker.states("W1")[ours[1]] == "PENDING"
    counted(any_store)


def test_what_is_entered_is_checked(any_store: Store) -> None:
    world = World(any_store)
    with pytest.raises(Invalid, match="expected digits"):
        link(world, "12 34", "APPLE")
    with pytest.raises(Invalid, match="expected digits"):
        link(world, "000", "APPLE")
    with pytest.raises(Invalid, match="letters and digits"):
        link(world, "16-FC")
    link(world, "16FCE4A0")
    with pytest.raises(Duplicate, match="recorded already"):
        link(world, " 16fce4a0 ")
    with pytest.raises(NotFound):
        unlink(world, "0A0B0C0D")
    other = World(any_store, "Other")
    link(other, "16FCE4A0")
    links = any_store.read_sync(lambda tx: supplier_links.of_organization(tx, world.id))
    assert [(each.kind, each.number, each.name) for each in links] == [("RESELLER", "16FCE4A0", "")]
    Reseller(any_store)
    found = any_store.read_sync(lambda tx: supplier_links.find(tx, world.id, "16fce4a0"))
    assert (found.name, found.linked_by) == ("Supplier 16FCE4A0", "admin@example.com")
    types = [event.type for event in any_store.read_sync(lambda tx: audit.newest(tx, world.id))]
    assert types[0] == "SUPPLIER_LINKED"
