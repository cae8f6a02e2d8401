"""The built-in service's devices have its profile from the moment they come, however they come."""

from pomona.registry import built_in_profile, devices, profiles, services
from pomona.registry.devices import Device
from pomona.registry.profiles import Profile
from pomona.registry.services import Service
from pomona.store import Store
from tests.support.worlds import World, serials


def service(world: World) -> Service:
    return world.store.read_sync(lambda tx: services.built_in(tx, world.id))


def profiles_of(world: World) -> list[Profile]:
    id = service(world).id
    return world.store.read_sync(lambda tx: profiles.of_service(tx, id))


def device(world: World, serial: str) -> Device:
    return world.store.read_sync(lambda tx: devices.get(tx, world.id, serial))


def test_each_organisation_has_one_of_its_own(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    mine, theirs = profiles_of(world), profiles_of(other)
    assert len(mine) == len(theirs) == 1
    assert mine[0].document["url"] == "{origin}/manage/example/enrol"
    assert theirs[0].document["url"] == "{origin}/manage/other/enrol"
    assert mine[0].uuid != theirs[0].uuid


def test_arriving_devices_have_it_at_once(any_store: Store) -> None:
    world = World(any_store)
    world.default("IPHONE", service(world))
    serial = serials(1)[0]
    world.arrive([serial])
    arrived = device(world, serial)
    built_in = service(world)
    own = any_store.read_sync(lambda tx: built_in_profile.of(tx, built_in.id))
    assert own is not None
    assert (arrived.profile_id, arrived.profile_status) == (own.id, "assigned")
    assert (arrived.profile_assigned_at, arrived.profile_pushed_at) == (world.now, None)


def test_moving_there_brings_it_and_moving_away_takes_it(any_store: Store) -> None:
    world = World(any_store)
    external, ours = world.service("External"), serials(2)
    world.default("IPHONE", external)
    world.arrive(ours)
    assert device(world, ours[0]).profile_status == "empty"
    world.activity("ASSIGN_DEVICES", ours, service(world))
    moved = device(world, ours[0])
    assert (moved.profile_status, moved.profile_assigned_at) == ("assigned", world.now)
    world.tick()
    world.activity("ASSIGN_DEVICES", ours[:1], external)
    world.activity("UNASSIGN_DEVICES", ours[1:])
    for serial in ours:
        left = device(world, serial)
        assert (left.profile_id, left.profile_status, left.profile_assigned_at) == (None, "empty", None)


def test_external_services_assign_theirs_themselves(any_store: Store) -> None:
    world = World(any_store)
    external = world.service("External")
    assert any_store.read_sync(lambda tx: built_in_profile.of(tx, external.id)) is None
