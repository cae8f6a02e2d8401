"""A device's history, on both engines."""

from pomona.registry import device_history, devices, migration_states, releases, repairs
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
    said = [(moment.what, moment.service, moment.lost_by, moment.by) for moment in history(world, ours[0])]
    assert said == [
        ("RELEASED", "", "", ADMIN.name),
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


def test_a_timeline_has_everything_page_by_page(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    ours = serials(2)
    world.arrive(ours)
    serial = ours[0]
    world.tick()
    world.set_up(a, ours)
    world.tick()
    any_store.write_sync(lambda tx: repairs.mark(tx, world.id, serial, actor=ADMIN, now=world.now))
    world.tick()
    migrated = world.activity("ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", ours, b, deadline=world.now)
    world.tick()
    any_store.write_sync(lambda tx: migration_states.pass_deadlines(tx, world.id, world.now))
    world.tick()
    any_store.write_sync(lambda tx: releases.set_grace(tx, world.id, 1, actor=ADMIN, now=world.now))
    put_off = world.activity("RELEASE_DEVICES", ours)
    world.tick()
    world.activity("ASSIGN_DEVICES", ours, a)
    world.tick()
    world.activity("KEEP_DEVICES", ours)
    any_store.write_sync(lambda tx: releases.set_grace(tx, world.id, 0, actor=ADMIN, now=world.now))
    world.tick()
    gone = world.activity("RELEASE_DEVICES", ours)
    world.tick(600_000)
    other = World(any_store, "Other")
    other.now = world.now
    other.arrive(ours)
    other.activity("ASSIGN_DEVICES", ours, other.service("Theirs"))
    other.activity("RELEASE_DEVICES", ours)
    world.tick(600_000)
    world.arrive(ours, source_id="1A2B3C")
    whole = any_store.read_sync(lambda tx: device_history.timeline(tx, world.id, serial))
    said = [(each.what, each.type or each.activity_type, each.note) for each in whole.moments]
    assert said == [
        ("ADDED", "", "RESELLER 1A2B3C"),
        ("RELEASED", "RELEASE_DEVICES", ""),
        ("UNASSIGNED", "RELEASE_DEVICES", ""),
        ("ACTIVITY", "KEEP_DEVICES", ""),
        ("REFUSED", "ASSIGN_DEVICES", "RELEASE_PENDING"),
        ("ACTIVITY", "RELEASE_DEVICES", ""),
        ("EVENT", "MIGRATION_FAILED", ""),
        ("MOVED", migrated.type, ""),
        ("EVENT", "DEVICE_REPAIR_BEGUN", ""),
        ("CHANGED", "", ""),
        ("PROFILE_ASSIGNED", "", ""),
        ("ASSIGNED", "ASSIGN_DEVICES", ""),
        ("ADDED", "", "RESELLER 16FCE4A0"),
    ]
    assert whole.more is None
    assert {each.activity for each in whole.moments if each.what in ("RELEASED", "ACTIVITY")} >= {
        gone.uuid,
        put_off.uuid,
    }
    assert all(each.actor is not None for each in whole.moments if each.activity)
    for size in (1, 2, 5):
        paged, before = [], None
        while True:
            page = any_store.read_sync(
                lambda tx: device_history.timeline(tx, world.id, serial, before=before, limit=size)  # noqa: B023
            )
            paged += page.moments
            assert len(page.moments) <= size
            if (before := page.more) is None:
                break
        assert paged == whole.moments
    theirs = any_store.read_sync(lambda tx: device_history.timeline(tx, other.id, serial)).moments
    assert {each.what for each in theirs} == {"ADDED", "ASSIGNED", "UNASSIGNED", "RELEASED"}
    assert any_store.read_sync(lambda tx: device_history.timeline(tx, other.id, "OUNKNOWN9999")).moments == []
