"""Releases that are put off: marked, taken back, and final by the clock. On both engines."""

import json
from functools import partial
from typing import Any

import pytest

from pomona.business_api import device_pages
from pomona.catalogue.kinds import Kind
from pomona.registry import (
    activation_locks,
    activities,
    audit,
    departures,
    devices,
    enrollments,
    previews,
    releases,
    repairs,
    results,
    retirement,
)  # fmt: skip
from pomona.registry.activities import Activity
from pomona.registry.enrollments import Told
from pomona.registry.errors import InUse, Invalid, NotFound
from pomona.store import Store
from tests.support.worlds import ADMIN, World, serials

HOUR = 3_600_000


def outcome(world: World, activity: Activity) -> dict[str, str]:
    rows = world.store.read_sync(lambda tx: results.page(tx, activity.id))
    return {row.serial: row.result.name for row in rows}


def patient(store: Store, hours: int = 72) -> World:
    """An organisation that puts its releases off."""
    world = World(store)
    store.write_sync(lambda tx: releases.set_grace(tx, world.id, hours, actor=ADMIN, now=world.now))
    return world


def finish(world: World) -> list[Activity]:
    """What the worker does when it looks; gives the activities that it made."""
    made = []
    for id in world.store.read_sync(lambda tx: activities.unfinished(tx, world.now)):
        found = world.store.write_sync(
            lambda tx: activities.finishing(tx, id, now=world.now, rng=world.rng)  # noqa: B023
        )
        if found is not None:
            world.work(found)
            made.append(world.store.read_sync(lambda tx: activities.get(tx, world.id, found.uuid)))  # noqa: B023
    return made


def shown(world: World, serial: str) -> Any:
    document: Any = json.loads(
        world.store.read_sync(lambda tx: device_pages.one(tx, world.id, serial, "")) or b""
    )
    return document["attributes"]


def test_a_release_is_final_when_its_time_is_over(any_store: Store) -> None:
    world = patient(any_store)
    a = world.service("A")
    ours = world.stock(2_100)
    world.activity("ASSIGN_DEVICES", ours[:1_500], a)
    world.tick()
    released = world.activity("RELEASE_DEVICES", ours)
    assert (released.succeeded, released.final_at) == (2_100, world.now + 72 * HOUR)
    device = world.device(ours[0])
    assert (device.service_id, device.released_at, device.release_at) == (a.id, None, released.final_at)
    assert shown(world, ours[0])["releaseDueDateTime"] == "2023-11-17T22:13:25.000Z"
    assert (shown(world, ours[0])["status"], shown(world, ours[-1])["status"]) == ("ASSIGNED", "UNASSIGNED")
    assert world.reread(a).device_count == 1_500
    kept = world.activity("KEEP_DEVICES", [*ours[:2], ours[-1]])
    assert kept.succeeded == 3
    assert "releaseDueDateTime" not in shown(world, ours[0])
    world.tick(72 * HOUR - 1)
    assert finish(world) == []
    world.tick(1)
    [final] = finish(world)
    assert (final.type, final.succeeded, final.origin_id, final.actor) == (
        "RELEASE_DEVICES",
        2_097,
        released.id,
        ADMIN,
    )
    assert finish(world) == []
    assert world.device(ours[2]).released_at == world.now
    assert [world.device(serial).released_at for serial in (ours[0], ours[1], ours[-1])] == [None] * 3
    assert world.reread(a).device_count == 2
    with pytest.raises(InUse, match="final"):
        world.undo(released)
    with pytest.raises(InUse, match="final"):
        world.undo(final)
    types = [event.type for event in any_store.read_sync(lambda tx: audit.newest(tx, world.id, limit=3))]
    assert types == ["DEVICE_REMOVED_FROM_ORG", "DEVICE_RELEASE_TAKEN_BACK", "DEVICE_RELEASE_PUT_OFF"]


def test_nothing_else_happens_to_a_device_that_waits_to_leave(any_store: Store) -> None:
    world = patient(any_store)
    a, b = world.service("A"), world.service("B")
    ours = serials(2)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours, a)
    world.activity("RELEASE_DEVICES", ours[:1])
    for type, service in (("ASSIGN_DEVICES", b), ("UNASSIGN_DEVICES", None), ("RELEASE_DEVICES", None)):
        id = service.id if service else None
        look = partial(previews.preview, organization_id=world.id, type=type, serials=ours[:1], service_id=id)
        seen = any_store.read_sync(look)
        assert [share.result.name for share in seen.shares] == ["RELEASE_PENDING"]
        assert outcome(world, world.activity(type, ours[:1], service)) == {ours[0]: "RELEASE_PENDING"}
    world.give_profile(a, ours)
    assert world.device(ours[0]).profile_status == "assigned", "its service goes on with it"
    assert shown(world, ours[0])["releaseDueDateTime"]
    assert outcome(world, world.activity("KEEP_DEVICES", [*ours, *serials(1, seed=9)])) == {
        ours[0]: "CHANGED",
        ours[1]: "RELEASE_NOT_PENDING",
        serials(1, seed=9)[0]: "DEVICE_NOT_FOUND",
    }


def test_a_service_that_is_deleted_meanwhile_does_not_hold_it_back(any_store: Store) -> None:
    world = patient(any_store)
    a, b = world.service("A"), world.service("B")
    ours = serials(2)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours, a)
    world.activity("RELEASE_DEVICES", ours)
    for old, new in ((a, b), (b, None)):
        retire = partial(retirement.retire, service=world.reread(old), to=new, actor=ADMIN)
        moving = any_store.write_sync(lambda tx: retire(tx, now=world.now, rng=world.rng))  # noqa: B023
        assert moving is not None
        world.work(moving)
        with pytest.raises(NotFound):
            world.reread(old)
        assert world.device(ours[0]).service_id == (new.id if new else None)
        assert shown(world, ours[0])["releaseDueDateTime"]
    world.tick(72 * HOUR)
    assert [final.succeeded for final in finish(world)] == [2]


def test_a_supplier_takes_devices_back_at_once(any_store: Store) -> None:
    world = patient(any_store)
    ours = serials(2)
    world.arrive(ours)
    world.activity("RELEASE_DEVICES", ours)
    device = world.device(ours[0])
    any_store.write_sync(lambda tx: departures.leave(tx, [device.id], actor=ADMIN, now=world.now))
    assert world.device(ours[0]).released_at == world.now
    world.tick(72 * HOUR)
    [final] = finish(world)
    assert outcome(world, final) == {ours[1]: "CHANGED"}


def test_all_taken_back_leaves_nothing_to_finish(any_store: Store) -> None:
    world = patient(any_store)
    ours = serials(2)
    world.arrive(ours)
    world.activity("RELEASE_DEVICES", ours)
    world.activity("KEEP_DEVICES", ours)
    world.tick(72 * HOUR)
    assert finish(world) == []
    assert any_store.read_sync(lambda tx: activities.unfinished(tx, world.now)) == []


def test_a_final_release_goes_on_after_a_crash_and_cannot_be_stopped(any_store: Store) -> None:
    world = patient(any_store)
    ours = world.stock(4_100)
    world.activity("RELEASE_DEVICES", ours)
    world.tick(72 * HOUR)
    [id] = any_store.read_sync(lambda tx: activities.unfinished(tx, world.now))
    final = any_store.write_sync(lambda tx: activities.finishing(tx, id, now=world.now, rng=world.rng))
    assert final is not None
    assert any_store.write_sync(lambda tx: activities.finishing(tx, id, now=world.now, rng=world.rng)) is None
    assert any_store.write_sync(lambda tx: activities.step(tx, final.id, "killed", world.now))
    with pytest.raises(InUse, match="final now"):
        any_store.write_sync(lambda tx: activities.stop(tx, final, actor=ADMIN, now=world.now))
    world.tick(activities.LEASE + 1)
    world.work(final, "another")
    done = any_store.read_sync(lambda tx: activities.get(tx, world.id, final.uuid))
    assert (done.status, done.succeeded) == ("COMPLETED", 4_100)
    left = any_store.read_sync(lambda tx: tx.value("SELECT count(*) FROM serial_owner"))
    assert left == 0


def test_how_long_releases_are_put_off(any_store: Store) -> None:
    world = World(any_store)
    assert any_store.read_sync(lambda tx: releases.grace(tx, world.id)) == 0
    for hours in (-1, 90 * 24 + 1):
        with pytest.raises(Invalid, match="hours"):
            any_store.write_sync(lambda tx: releases.set_grace(tx, world.id, hours, actor=ADMIN, now=1))  # noqa: B023
    any_store.write_sync(lambda tx: releases.set_grace(tx, world.id, 90 * 24, actor=ADMIN, now=world.now))
    event = any_store.read_sync(lambda tx: audit.newest(tx, world.id, limit=1))[0]
    assert (event.type, event.before, event.after) == (
        "RELEASE_GRACE_CHANGED",
        {"hours": 0},
        {"hours": 2_160},
    )
    any_store.write_sync(lambda tx: releases.set_grace(tx, world.id, 0, actor=ADMIN, now=world.now))
    ours = serials(1)
    world.arrive(ours)
    world.activity("RELEASE_DEVICES", ours)
    assert world.device(ours[0]).released_at == world.now


def test_what_speaks_against_a_release(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    a = world.service("A")
    fine, repaired, locked, enrolled = ours = serials(4)
    theirs = serials(1, seed=2)
    world.arrive(ours, Kind.IPHONE)
    other.arrive(theirs)
    world.activity("ASSIGN_DEVICES", [locked], a)

    def prepare(tx: Any) -> None:
        assert repairs.mark(tx, world.id, repaired, actor=ADMIN, now=world.now)
        assert not repairs.mark(tx, world.id, repaired, actor=ADMIN, now=world.now)
        assert repairs.mark(tx, other.id, theirs[0], actor=ADMIN, now=world.now)
        activation_locks.lock(
            tx, world.id, a.id, locked, escrow_key=None, lost_message=None, keys=None, actor=ADMIN,  # type: ignore[arg-type]
            now=world.now, rng=world.rng,
        )  # fmt: skip
        id = enrollments.begin(
            tx, world.id, "udid", "ade", serial=enrolled, account_id=None, told=Told(), now=world.now
        )
        found = enrollments.by_id(tx, id)
        assert found is not None
        enrollments.count_in(tx, found, actor=ADMIN, now=world.now)

    any_store.write_sync(prepare)
    seen = any_store.read_sync(
        lambda tx: previews.preview(tx, world.id, "RELEASE_DEVICES", [*ours, *theirs, fine], failing=10)
    )
    assert {each.reason: (each.count, each.serials) for each in seen.warnings} == {
        "IN_REPAIR": (1, (repaired,)),
        "ACTIVATION_LOCK": (1, (locked,)),
        "ENROLLED": (1, (enrolled,)),
    }
    assert all(each.sentence for each in seen.warnings)
    assert (
        any_store.read_sync(lambda tx: previews.preview(tx, world.id, "UNASSIGN_DEVICES", ours)).warnings
        == ()
    )
    with pytest.raises(NotFound):
        any_store.write_sync(lambda tx: repairs.mark(tx, world.id, theirs[0], actor=ADMIN, now=world.now))
    id = any_store.read_sync(lambda tx: devices.owned_id(tx, world.id, repaired))
    assert id is not None
    assert any_store.read_sync(lambda tx: repairs.of_device(tx, id)) == (world.now, ADMIN.name)
    assert any_store.write_sync(lambda tx: repairs.unmark(tx, world.id, repaired, actor=ADMIN, now=world.now))
    assert not any_store.write_sync(
        lambda tx: repairs.unmark(tx, world.id, repaired, actor=ADMIN, now=world.now)
    )
