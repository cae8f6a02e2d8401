"""Services are deleted with their devices moved or unassigned first."""

import pytest

from pomona.registry import activities, audit, devices, retirement, services, tokens
from pomona.registry.activities import Activity
from pomona.registry.errors import Forbidden, Invalid, NotFound
from pomona.registry.services import Service
from pomona.store import Store
from tests.registry.test_tokens import KEYS
from tests.support.worlds import ADMIN, World, serials


def retire(world: World, service: Service, to: Service | None) -> Activity | None:
    activity = world.store.write_sync(
        lambda tx: retirement.retire(tx, service, to, actor=ADMIN, now=world.now, rng=world.rng)
    )
    if activity is None:
        return None
    world.work(activity)
    return world.store.read_sync(lambda tx: activities.get(tx, world.id, activity.uuid))


def test_devices_are_reassigned_then_the_service_is_gone(any_store: Store) -> None:
    world = World(any_store)
    old, new = world.service("Old"), world.service("New")
    ours = world.stock(2_300)
    world.activity("ASSIGN_DEVICES", ours, old)
    world.default("MAC", old)
    done = retire(world, old, new)
    assert done is not None
    assert (done.type, done.sub_status) == ("ASSIGN_DEVICES", "COMPLETED_WITH_SUCCESS")
    assert (done.total, done.succeeded, done.failed) == (2_300, 2_300, 0)
    assert world.reread(new).device_count == 2_300
    assert world.store.read_sync(lambda tx: services.defaults(tx, world.id)) == {}
    with pytest.raises(NotFound):
        world.reread(old)
    types = [event.type for event in world.store.read_sync(lambda tx: audit.newest(tx, world.id))]
    assert types[:2] == ["DEVICE_ASSIGNED_TO_SERVER", "SERVICE_DELETED"]


def test_devices_are_unassigned_then_the_service_is_gone(any_store: Store) -> None:
    world = World(any_store)
    old = world.service("Old")
    ours = serials(3)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours[:2], old)
    done = retire(world, old, None)
    assert done is not None
    assert (done.type, done.total, done.succeeded) == ("UNASSIGN_DEVICES", 2, 2)
    for serial in ours:
        assert world.store.read_sync(lambda tx, s=serial: devices.get(tx, world.id, s)).service_id is None  # type: ignore[misc]
    with pytest.raises(NotFound):
        world.reread(old)


def test_devices_that_come_meanwhile_go_too(any_store: Store) -> None:
    world = World(any_store)
    old, new = world.service("Old"), world.service("New")
    ours = serials(3)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours[:1], old)
    activity = world.store.write_sync(
        lambda tx: retirement.retire(tx, old, new, actor=ADMIN, now=world.now, rng=world.rng)
    )
    assert activity is not None
    world.activity("ASSIGN_DEVICES", ours[1:], old)
    world.work(activity)
    done = world.store.read_sync(lambda tx: activities.get(tx, world.id, activity.uuid))
    assert (done.total, done.succeeded, world.reread(new).device_count) == (3, 3, 3)


def test_all_devices_may_have_left_before_the_activity_begins(any_store: Store) -> None:
    world = World(any_store)
    old, new = world.service("Old"), world.service("New")
    ours = serials(1)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours, old)
    activity = world.store.write_sync(
        lambda tx: retirement.retire(tx, old, None, actor=ADMIN, now=world.now, rng=world.rng)
    )
    assert activity is not None
    world.activity("ASSIGN_DEVICES", ours, new)
    world.work(activity)
    done = world.store.read_sync(lambda tx: activities.get(tx, world.id, activity.uuid))
    assert (done.total, done.sub_status) == (0, "COMPLETED_WITH_SUCCESS")
    assert world.reread(new).device_count == 1


def test_an_empty_service_goes_at_once_with_its_tokens(any_store: Store) -> None:
    world = World(any_store)
    old = world.service("Old")
    issued = world.store.write_sync(
        lambda tx: tokens.issue(tx, old, KEYS, actor=ADMIN, now=world.now, rng=world.rng)
    )
    assert retire(world, old, None) is None
    assert world.store.read_sync(lambda tx: tokens.knows_consumer(tx, issued.token.consumer_key)) is False
    assert world.service("New").id > old.id, "numbers are never used again: old sessions and logs name them"


def test_what_cannot_be_retired(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    service, foreign = world.service("Main"), other.service("Main")
    own = world.store.read_sync(lambda tx: services.built_in(tx, world.id))
    with pytest.raises(Forbidden, match="built in"):
        retire(world, own, None)
    for target in (service, foreign):
        with pytest.raises(Invalid, match="another service"):
            retire(world, service, target)
    assert world.reread(service) == service
