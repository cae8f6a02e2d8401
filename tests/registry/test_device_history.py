"""A device's history, on both engines."""

from pomona.registry import device_history, devices
from pomona.registry.device_history import Moment
from pomona.store import Store
from tests.support.worlds import ADMIN, World, serials


def history(world: World, serial: str) -> list[Moment]:
    return world.store.read_sync(lambda tx: device_history.of_device(tx, devices.get(tx, world.id, serial)))


def test_a_life_from_arrival_to_release(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    world.default("IPHONE", a)
    ours = serials(2)
    world.arrive(ours)
    begun = world.now
    world.tick()
    moved = world.activity("ASSIGN_DEVICES", ours, b)
    world.tick()
    world.activity("UNASSIGN_DEVICES", ours[:1])
    world.tick()
    released = world.activity("RELEASE_DEVICES", ours[:1])
    said = [(moment.what, moment.service, moment.before, moment.by) for moment in history(world, ours[0])]
    assert said == [
        ("RELEASED", "", "", ADMIN.id),
        ("UNASSIGNED", "B", "", ADMIN.name),
        ("MOVED", "B", "A", ADMIN.name),
        ("ASSIGNED", "A", "", ""),
        ("ADDED", "", "", ""),
    ]
    times = [moment.at for moment in history(world, ours[0])]
    assert times == sorted(times, reverse=True)
    assert (times[0], times[-1]) == (released.completed_at, begun)
    assert history(world, ours[0])[2].activity == moved.uuid
    assert [moment.what for moment in history(world, ours[1])] == ["MOVED", "ASSIGNED", "ADDED"]


def test_a_new_tenure_begins_anew(any_store: Store) -> None:
    world = World(any_store)
    [serial] = ours = serials(1)
    world.arrive(ours)
    world.activity("RELEASE_DEVICES", ours)
    world.tick()
    world.arrive(ours, source_id="1A2B3C")
    [only] = history(world, serial)
    assert (only.what, only.note) == ("ADDED", "RESELLER 1A2B3C")
