"""What an organisation's log says of orders as wholes: what mails and webhooks about orders are made of."""

from typing import Any

from pomona.registry import audit
from pomona.store import Store
from tests.support.supply import ORDERED, Reseller, document, link
from tests.support.worlds import World, serials


class Log:
    """The events about orders, each told once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._told = 0

    def new(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Those since the last time, oldest first: type, order number, and counts that are not 0."""
        found = self._world.store.read_sync(lambda tx: audit.newest(tx, self._world.id, limit=1000))
        fresh = [
            event for event in reversed(found) if event.type.startswith("ORDER_") and event.id > self._told
        ]
        self._told = max([self._told, *(event.id for event in fresh)])
        counts = ("available", "pending", "returned", "refused")
        return [
            (
                event.type,
                event.subject.name,
                {name: event.after[name] for name in counts if event.after[name]},
            )
            for event in fresh
        ]


def test_an_order_from_its_coming_to_its_end(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    log, ids = Log(world), serials(4)
    reseller.send(document("A1", world.organization.number, ids))
    assert log.new() == [("ORDER_RECEIVED", "A1", {}), ("ORDER_PENDING", "A1", {"pending": 4})]
    link(world, "16FCE4A0")
    assert log.new() == [("ORDER_AVAILABLE", "A1", {"available": 4})]
    reseller.send(document("R1", world.organization.number, ids[:1], "RE"))
    assert log.new() == [("ORDER_RETURNED", "R1", {"returned": 1})]
    reseller.send(document("R1", world.organization.number, type="VD"))
    assert log.new() == [("ORDER_VOIDED", "R1", {})]
    reseller.send(document("A1", world.organization.number, ids[1:], "OV"))
    assert log.new() == [("ORDER_OVERRIDDEN", "A1", {"available": 3})]
    reseller.send(document("A1", world.organization.number, type="VD"))
    assert log.new() == [("ORDER_VOIDED", "A1", {})]


def test_what_is_refused_is_said(any_store: Store) -> None:
    world, other, reseller = World(any_store), World(any_store, "Other"), Reseller(any_store)
    link(world, "16FCE4A0")
    link(other, "16FCE4A0")
    log, ids = Log(world), serials(2)
    reseller.send(document("B1", other.organization.number, ids))
    reseller.send(document("A1", world.organization.number, ids))
    assert log.new() == [("ORDER_RECEIVED", "A1", {}), ("ORDER_REFUSED", "A1", {"refused": 2})]
    reseller.send(document("R1", world.organization.number, ids, "RE"))
    assert log.new() == [("ORDER_REFUSED", "R1", {"refused": 2})]
    assert [type for type, _, _ in Log(other).new()] == ["ORDER_RECEIVED", "ORDER_AVAILABLE"]


def test_the_event_says_whose_order_it_is_and_of_when(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    reseller.send(document("A1", world.organization.number, serials(1), po="PO-7"))
    found = any_store.read_sync(lambda tx: audit.about(tx, world.id, "ORDER", "16FCE4A0:A1"))
    assert {event.actor.kind for event in found} == {"SUPPLIER"}
    for event in found:
        assert event.after["supplier"] == "Supplier 16FCE4A0"
        assert (event.after["po_number"], event.after["ordered_at"]) == ("PO-7", ORDERED)


def test_the_makers_order_is_told_to_whoever_links_its_number(any_store: Store) -> None:
    world, maker = World(any_store), Reseller(any_store, "APPLE", "APPLE")
    maker.send(document("A1", "0012345", serials(2)))
    assert Log(world).new() == []
    log = Log(world)
    link(world, "12345", "APPLE")
    assert log.new() == [("ORDER_AVAILABLE", "A1", {"available": 2})]
