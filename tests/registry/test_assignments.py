"""Moving devices between services, on both engines."""

import itertools
from typing import Any

import pytest

from pomona.catalogue.kinds import Kind
from pomona.registry import audit, devices, results
from pomona.registry.errors import Invalid, NotFound
from pomona.registry.results import Result
from pomona.store import Store
from tests.support.worlds import World, serials


def log(world: World, service_id: int) -> list[Any]:
    return world.store.read_sync(
        lambda tx: tx.rows(
            "SELECT o.seq, d.serial, o.op, o.at FROM operation o JOIN device d ON d.id = o.device_id"
            " WHERE o.service_id = $1 ORDER BY o.seq",
            service_id,
        )
    )


def outcome(world: World, activity_id: int) -> dict[str, Result]:
    return {row.serial: row.result for row in world.store.read_sync(lambda tx: results.page(tx, activity_id))}


def test_default_takes_new_devices_and_tells_the_service(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("Main")
    world.default("IPHONE", service)
    phones, macs = serials(3), serials(2, seed=2)
    world.arrive(phones)
    world.arrive(macs, Kind.MAC)
    assert [(seq, serial, op) for seq, serial, op, _ in log(world, service.id)] == [
        (1, phones[0], 1),
        (2, phones[1], 1),
        (3, phones[2], 1),
    ]
    assert world.reread(service).device_count == 3
    device = world.store.read_sync(lambda tx: devices.get(tx, world.id, phones[0].lower()))
    assert (device.service_id, device.assigned_by, device.profile_status) == (
        service.id,
        "it@example.com",
        "empty",
    )
    assert world.store.read_sync(lambda tx: devices.get(tx, world.id, macs[0])).service_id is None


def test_arriving_again_changes_nothing(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    ours = serials(2)
    first = world.arrive(ours)
    again = world.arrive(ours)
    assert all(first[serial].added and not again[serial].added for serial in ours)
    foreign = other.arrive(ours)
    assert {outcome.owner for outcome in foreign.values()} == {world.id}
    with pytest.raises(NotFound):
        other.store.read_sync(lambda tx: devices.get(tx, other.id, ours[0]))


def test_a_move_tells_both_services_once(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    ours = serials(3)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours, a)
    moved = world.activity("ASSIGN_DEVICES", ours[:2], b)
    assert (moved.status, moved.sub_status, moved.succeeded) == ("COMPLETED", "COMPLETED_WITH_SUCCESS", 2)
    assert [(serial, op) for _, serial, op, _ in log(world, a.id)] == [
        *((serial, 1) for serial in ours),
        *((serial, 3) for serial in ours[:2]),
    ]
    assert [(serial, op) for _, serial, op, _ in log(world, b.id)] == [(serial, 1) for serial in ours[:2]]
    assert (world.reread(a).device_count, world.reread(b).device_count) == (1, 2)


def test_operations_of_a_device_are_a_second_apart(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    ours = serials(1)
    world.arrive(ours)
    for service in (a, b, a, b):
        world.activity("ASSIGN_DEVICES", ours, service)
    times = sorted({at for service in (a, b) for *_, at in log(world, service.id)})
    assert len(times) == 4
    assert all(later - sooner >= 1000 for sooner, later in itertools.pairwise(times))


def test_rows_that_cannot_be_done_fail_alone(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    service = world.service("A")
    ours, theirs, unknown = serials(2), serials(1, seed=3), serials(1, seed=4)
    world.arrive(ours)
    other.arrive(theirs)
    world.activity("ASSIGN_DEVICES", ours[:1], service)
    done = world.activity("ASSIGN_DEVICES", [*ours, *ours, *theirs, *unknown], service)
    assert outcome(world, done.id) == {
        ours[0]: Result.ALREADY_ASSIGNED,
        ours[1]: Result.CHANGED,
        theirs[0]: Result.DEVICE_NOT_FOUND,
        unknown[0]: Result.DEVICE_NOT_FOUND,
    }
    assert (done.total, done.succeeded, done.failed, done.sub_status) == (4, 2, 2, "COMPLETED_WITH_ERROR")
    nothing = world.activity("ASSIGN_DEVICES", unknown, service)
    assert nothing.sub_status == "COMPLETED_WITH_FAILURE"


def test_unassign_names_what_it_could_not_do(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    ours = serials(3)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours[:1], a)
    world.activity("ASSIGN_DEVICES", ours[1:2], b)
    done = world.activity("UNASSIGN_DEVICES", ours, a)
    assert outcome(world, done.id) == {
        ours[0]: Result.CHANGED,
        ours[1]: Result.ASSIGNED_TO_OTHER_SERVER,
        ours[2]: Result.NOT_ASSIGNED,
    }
    assert world.reread(a).device_count == 0
    assert [op for _, _, op, _ in log(world, a.id)] == [1, 3]


def test_release_frees_the_serial_and_keeps_the_history(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    service = world.service("A")
    ours = serials(2)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours, service)
    world.activity("RELEASE_DEVICES", ours[:1])
    released = world.store.read_sync(lambda tx: devices.get(tx, world.id, ours[0]))
    assert released.released_at == world.now
    assert (released.service_id, world.reread(service).device_count) == (None, 1)
    assert other.arrive(ours[:1])[ours[0]].added
    again = world.activity("RELEASE_DEVICES", ours[:1])
    assert outcome(world, again.id) == {ours[0]: Result.DEVICE_NOT_FOUND}
    events = world.store.read_sync(lambda tx: audit.newest(tx, world.id))
    assert [event.type for event in events[:2]] == ["DEVICE_REMOVED_FROM_ORG", "DEVICE_REMOVED_FROM_ORG"]


def test_more_than_a_chunk_is_done_in_steps(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("A")
    ours = world.stock(4_500)
    done = world.activity("ASSIGN_DEVICES", ours, service)
    assert (done.chunks, done.succeeded, done.failed) == (3, 4_500, 0)
    seqs = [seq for seq, *_ in log(world, service.id)]
    assert seqs == list(range(1, 4_501))
    assert world.reread(service).last_operation == 4_500


def test_nothing_or_an_unknown_type_is_refused(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("A")
    with pytest.raises(Invalid, match="at least one device"):
        world.activity("ASSIGN_DEVICES", [], service)
    with pytest.raises(Invalid, match="no activity"):
        world.activity("PAINT_DEVICES", serials(1), service)
    with pytest.raises(Invalid, match="needs the device management service"):
        world.activity("ASSIGN_DEVICES", serials(1))
