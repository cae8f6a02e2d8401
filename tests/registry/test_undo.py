"""Undoing activities, on both engines: every answer as before but the times, and what changed since left alone.

`POMONA_UNDO_DEVICES` is how many devices the large case has.
"""

import os
import re
import time
from typing import Any

import pytest

from pomona.business_api import device_pages
from pomona.device_assignment import pages
from pomona.registry import activities, audit, previews, releases, results, services
from pomona.registry.activities import Activity
from pomona.registry.devices import first_number
from pomona.registry.errors import InUse, Invalid
from pomona.registry.services import Service
from pomona.store import Store
from tests.support.worlds import ADMIN, World, serials

DAY = 86_400_000
MANY = int(os.environ.get("POMONA_UNDO_DEVICES", "5000"))
_TIMES = re.compile(
    rb'"(updatedDateTime|device_assigned_date|profile_assign_time|profile_push_time|op_date)":"[^"]*"'
)


def documents(world: World, listed: list[Service]) -> list[bytes]:
    """Everything that either face says of the organisation's devices now, without the times."""
    found: list[bytes] = []
    after: int | None = None
    while True:
        page = world.store.read_sync(lambda tx: device_pages.owned(tx, world.id, "http://x", after, 1000))
        found.append(page.body)
        if (after := page.more) is None:
            break
    for service in listed:
        found += records(world, service)
    return [_TIMES.sub(b"", body) for body in found]


def records(world: World, service: Service) -> list[bytes]:
    """What the service sees of its devices."""
    found: list[bytes] = []
    last = first_number(world.id)
    while True:
        page = world.store.read_sync(lambda tx: pages.fetch(tx, service.id, 10, after=last, limit=1000))  # noqa: B023
        found.append(page.body)
        if not page.size:
            return found
        last = page.high


def outcome(world: World, activity: Activity) -> dict[str, tuple[str, str | None]]:
    rows = world.store.read_sync(lambda tx: results.page(tx, activity.id))
    return {row.serial: (row.result.name, row.changed_by) for row in rows}


def log(world: World, service: Service) -> list[tuple[str, int]]:
    sql = (
        "SELECT d.serial, o.op FROM operation o JOIN device d ON d.id = o.device_id WHERE o.service_id = $1"
        " AND o.reason = 0 ORDER BY o.seq"
    )
    return [(serial, op) for serial, op in world.store.read_sync(lambda tx: tx.rows(sql, service.id))]


def test_a_wrong_assignment_is_undone(any_store: Store) -> None:
    world = World(any_store)
    a, b, wrong = world.service("A"), world.service("B"), world.service("Wrong")
    ours = world.stock(MANY)
    world.activity("ASSIGN_DEVICES", ours[: MANY // 2], a)
    world.give_profile(a, ours[:1500])
    world.activity("ASSIGN_DEVICES", ours[MANY // 2 : MANY * 3 // 4], b)
    world.fetch(ours[:3])
    before = documents(world, [a, b, wrong])
    counts = [world.reread(each).device_count for each in (a, b, wrong)]
    world.tick()
    mistake = world.activity("ASSIGN_DEVICES", ours, wrong)
    assert documents(world, [a, b, wrong]) != before
    world.give_profile(wrong, ours[:10])
    world.tick()
    begun = time.monotonic()
    undone = world.undo(mistake)
    print(f"undone: {MANY} devices in {time.monotonic() - begun:.2f} s")
    assert (undone.type, undone.succeeded, undone.failed, undone.total) == ("UNDO_ACTIVITY", MANY, 0, MANY)
    assert documents(world, [a, b, wrong]) == before
    assert [world.reread(each).device_count for each in (a, b, wrong)] == counts
    for service in (a, b, wrong):
        seqs = any_store.read_sync(
            lambda tx: tx.rows("SELECT seq FROM operation WHERE service_id = $1 ORDER BY seq", service.id)  # noqa: B023
        )
        assert [seq for (seq,) in seqs] == list(range(1, world.reread(service).last_operation + 1))
    assert [op for _, op in log(world, wrong)[-MANY:]] == [3] * MANY
    # What undoing did can be undone: the mistake is back.
    world.tick()
    again = world.undo(undone)
    assert (again.succeeded, world.reread(wrong).device_count) == (MANY, MANY)


def test_what_changed_since_stays_and_says_by_what(any_store: Store) -> None:
    world = World(any_store)
    a, b, c = world.service("A"), world.service("B"), world.service("C")
    ours = serials(6)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours, a)
    world.tick()
    mistake = world.activity("ASSIGN_DEVICES", [*ours, *serials(1, seed=8)], b)
    moved = world.activity("ASSIGN_DEVICES", ours[:1], c)
    back = world.activity("ASSIGN_DEVICES", ours[1:2], a)
    world.activity("RELEASE_DEVICES", ours[2:3])
    world.activity("RELEASE_DEVICES", ours[3:4])
    World(any_store, "Other").arrive(ours[3:4])
    seen = any_store.read_sync(lambda tx: previews.undoing(tx, mistake, now=world.now, days=90))
    undone = world.undo(mistake)
    assert outcome(world, undone) == {
        ours[0]: ("CHANGED_SINCE", moved.uuid),
        ours[1]: ("CHANGED_SINCE", back.uuid),
        ours[2]: ("RELEASED", None),
        ours[3]: ("RELEASED", None),
        ours[4]: ("CHANGED", None),
        ours[5]: ("CHANGED", None),
    }
    assert (seen.total, seen.changing, seen.count(succeeding=False)) == (6, 2, 4)
    assert {result.name: (count, named) for result, (count, named) in seen.refusals.items()} == {
        "CHANGED_SINCE": (2, ours[:2]),
        "RELEASED": (2, ours[2:4]),
    }
    assert [world.device(serial).service_id for serial in ours[:2]] == [c.id, a.id]
    assert [world.device(serial).service_id for serial in ours[4:]] == [a.id, a.id]
    last = any_store.read_sync(lambda tx: audit.newest(tx, world.id, limit=1))[0]
    assert (last.type, last.after["undoes"], last.actor) == ("ACTIVITY_UNDONE", mistake.uuid, ADMIN)


def test_unassigning_is_undone_with_profiles_and_what_the_service_did_since(any_store: Store) -> None:
    world = World(any_store)
    a = world.service("A")
    ours = serials(2)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours, a)
    first = world.give_profile(a, ours)
    world.tick()
    mistake = world.activity("UNASSIGN_DEVICES", ours)
    assert world.device(ours[0]).service_id is None
    undone = world.undo(mistake)
    device = world.device(ours[0])
    assert (undone.succeeded, device.service_id, device.profile_id, device.profile_status) == (
        2,
        a.id,
        first.id,
        "assigned",
    )
    assert device.assigned_by == ADMIN.name
    assert world.reread(a).device_count == 2
    assert [op for _, op in log(world, a)] == [1, 1, 3, 3, 1, 1]


def test_a_service_that_is_gone_takes_nothing_back(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    ours = serials(2)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours[:1], a)
    mistake = world.activity("ASSIGN_DEVICES", ours, b)
    any_store.write_sync(lambda tx: services.delete(tx, world.reread(a), actor=ADMIN, now=world.now))
    undone = world.undo(mistake)
    assert outcome(world, undone) == {ours[0]: ("SERVER_NOT_FOUND", None), ours[1]: ("CHANGED", None)}
    assert world.device(ours[1]).service_id is None


def test_deadlines_are_undone(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    ours = serials(2)
    world.arrive(ours)
    world.set_up(a, ours)
    before = documents(world, [a, b])
    migrated = world.activity("ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", ours, b, deadline=world.now + DAY)
    middle = documents(world, [a, b])
    world.tick()
    updated = world.activity("UPDATE_MDM_MIGRATION_DEADLINE", ours, deadline=world.now + 2 * DAY)
    assert world.undo(updated).succeeded == 2
    assert documents(world, [a, b]) == middle
    assert [op for _, op in log(world, b)] == [1, 1, 2, 2, 2, 2]
    cancelled = world.activity("CANCEL_MDM_MIGRATION", ours)
    assert documents(world, [a, b]) == before
    assert world.undo(cancelled).succeeded == 2
    assert documents(world, [a, b]) == middle
    # The deadline was changed and put back since: that is another revision.
    assert {name for name, _ in outcome(world, world.undo(migrated)).values()} == {"CHANGED_SINCE"}
    world.give_profile(b, ours)
    again = world.activity("UPDATE_MDM_MIGRATION_DEADLINE", ours, deadline=world.now + 3 * DAY)
    world.fetch(ours[:1])
    assert {serial: name for serial, (name, _) in outcome(world, world.undo(again)).items()} == {
        ours[0]: "MIGRATION_STARTED",
        ours[1]: "CHANGED",
    }


def refused(world: World, activity: Activity, sentence: str, days: int = 90) -> None:
    with pytest.raises(InUse, match=sentence):
        world.undo(activity, days=days)
    with pytest.raises(InUse, match=sentence):
        world.store.read_sync(lambda tx: previews.undoing(tx, activity, now=world.now, days=days))


def test_what_cannot_be_undone(any_store: Store) -> None:
    world = World(any_store)
    a = world.service("A")
    ours = serials(3)
    world.arrive(ours)
    running = any_store.write_sync(
        lambda tx: activities.create(
            tx, world.id, "ASSIGN_DEVICES", ours, service_id=a.id, actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    refused(world, running, "still running")
    world.work(running)
    done = any_store.read_sync(lambda tx: activities.get(tx, world.id, running.uuid))
    nothing = world.activity("ASSIGN_DEVICES", ours, a)
    refused(world, nothing, "changed nothing")
    world.tick(10 * DAY)
    refused(world, done, "more than 9 days ago", days=9)
    undone = world.undo(done)
    refused(world, done, f"undone already, by {undone.uuid}")
    released = world.activity("RELEASE_DEVICES", ours[:1])
    refused(world, released, "final")
    with pytest.raises(Invalid, match="no activity"):
        world.activity("UNDO_ACTIVITY", ours)


def test_an_undo_that_was_stopped_can_be_asked_for_again(any_store: Store) -> None:
    world = World(any_store)
    a = world.service("A")
    ours = world.stock(4_100)
    mistake = world.activity("ASSIGN_DEVICES", ours, a)
    made = any_store.write_sync(
        lambda tx: activities.undoing(tx, mistake, actor=ADMIN, now=world.now, rng=world.rng, days=90)
    )
    assert made.chunks == 3
    any_store.write_sync(lambda tx: activities.step(tx, made.id, "test", world.now))
    any_store.write_sync(lambda tx: activities.stop(tx, made, actor=ADMIN, now=world.now))
    assert world.reread(a).device_count == 2_100
    again = world.undo(mistake)
    assert (again.succeeded, again.failed, world.reread(a).device_count) == (2_100, 2_000, 0)


def test_a_device_that_waits_to_leave_can_be_taken_back_by_undoing(any_store: Store) -> None:
    world = World(any_store)
    a = world.service("A")
    ours = serials(2)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours, a)
    before = documents(world, [a])
    any_store.write_sync(lambda tx: releases.set_grace(tx, world.id, 2, actor=ADMIN, now=world.now))
    world.tick()
    released = world.activity("RELEASE_DEVICES", ours)
    world.give_profile(a, ours[:1])
    undone = world.undo(released)
    assert (undone.succeeded, documents(world, [a])[0]) == (2, before[0])
    assert world.device(ours[0]).profile_status == "assigned", "what the service did meanwhile stays"
    refused(world, undone, "release the devices again")


def rows(world: World, table: str) -> list[Any]:
    return world.store.read_sync(lambda tx: tx.rows(f"SELECT * FROM {table}"))


def test_another_organisation_is_never_touched(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    theirs = other.service("Theirs")
    other.arrive(serials(2))
    mistake = other.activity("ASSIGN_DEVICES", serials(2), theirs)
    before = rows(world, "device_state")
    found = any_store.read_sync(lambda tx: activities.newest(tx, world.id))
    assert found == []
    assert other.undo(mistake).succeeded == 2
    assert len(rows(world, "device_state")) == len(before)
