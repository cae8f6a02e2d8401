"""Devices added by hand: where they go, and the thirty days in which their user may take them out again."""

import pytest

from pomona.catalogue.products import find
from pomona.registry import audit, by_hand, devices, profile_assignments, profiles, provisional, services
from pomona.registry.devices import Device
from pomona.registry.errors import Forbidden, Invalid
from pomona.registry.services import Service
from pomona.store import Store, Tx
from tests.support.worlds import ADMIN, World, serials


def add(world: World, ours: list[str], where: by_hand.Where = "placeholder") -> dict[str, bool]:
    product = find("iPhone17,1")
    outcomes = world.store.write_sync(
        lambda tx: by_hand.add(
            tx, world.id, dict.fromkeys(ours, product), where=where, actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    return {serial: outcome.added for serial, outcome in outcomes.items()}


def device(world: World, serial: str) -> Device:
    return world.store.read_sync(lambda tx: devices.get(tx, world.id, serial))


def fetch(world: World, service: Service, serial: str) -> None:
    def work(tx: Tx) -> None:
        profile = profiles.define(
            tx, world.id, service.id, "P", b'{"profile_name":"P"}', actor=ADMIN, now=world.now, rng=world.rng
        )
        profile_assignments.assign(tx, profile, [serial], now=world.now)
        assert profile_assignments.fetched(tx, serial, now=world.now)

    world.store.write_sync(work)


def test_they_wait_in_the_placeholder_service(any_store: Store) -> None:
    world = World(any_store)
    ours = serials(3)
    assert all(add(world, ours).values())
    placeholder = any_store.read_sync(lambda tx: services.find(tx, world.id, services.CONFIGURATOR_SERVICE))
    assert (placeholder.kind, placeholder.device_count) == ("APPLE_CONFIGURATOR", 3)
    device = any_store.read_sync(lambda tx: devices.get(tx, world.id, ours[0]))
    assert (device.source, device.source_id, device.provisional_until) == (
        "MANUALLY_ADDED",
        "CONFIGURATOR",
        None,
    )
    events = any_store.read_sync(lambda tx: audit.about(tx, world.id, "DEVICE", ours[0]))
    assert [event.type for event in events] == ["DEVICE_ADDED_TO_ORG"]


def test_or_on_a_service_the_default_or_none(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    world.default("IPHONE", b)
    one, two, three = serials(3)
    add(world, [one], a)
    add(world, [two], "default")
    add(world, [three], "none")
    found = [device(world, serial).service_id for serial in (one, two, three)]
    assert found == [a.id, b.id, None]


def test_one_that_has_an_owner_is_left_alone(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    ours = serials(2)
    other.arrive(ours[:1])
    assert add(world, ours) == {ours[0]: False, ours[1]: True}
    assert add(world, ours[1:]) == {ours[1]: False}


def test_none_at_all_is_refused(any_store: Store) -> None:
    with pytest.raises(Invalid, match="1 to 10000 devices"):
        add(World(any_store), [])


def test_thirty_days_begin_with_enrolment_and_end(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("A")
    ours = serials(2)
    add(world, ours, service)
    for serial in ours:
        fetch(world, service, serial)
    until = world.now + provisional.PERIOD
    for serial in ours:
        assert device(world, serial).provisional_until == until
    world.tick(provisional.PERIOD - 1)
    leave(world, ours[0])
    assert any_store.read_sync(lambda tx: devices.owned_id(tx, world.id, ours[0])) is None
    assert world.reread(service).device_count == 1
    world.tick(1)
    with pytest.raises(Forbidden, match=r"thirty days .* are over"):
        leave(world, ours[1])


def test_a_device_from_an_order_cannot_leave_by_itself(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("A")
    world.default("IPHONE", service)
    ours = serials(1)
    world.arrive(ours)
    fetch(world, service, ours[0])
    assert any_store.read_sync(lambda tx: devices.get(tx, world.id, ours[0])).provisional_until is None
    with pytest.raises(Forbidden, match="not added by hand"):
        leave(world, ours[0])


def leave(world: World, serial: str) -> None:
    world.store.write_sync(lambda tx: provisional.leave(tx, world.id, serial, actor=ADMIN, now=world.now))
