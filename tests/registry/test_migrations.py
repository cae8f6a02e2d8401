"""Devices go over to another service by a deadline, on both engines."""

import json
from typing import Any

import pytest

from pomona.business_api import device_pages
from pomona.catalogue.kinds import Kind
from pomona.registry import audit, enrollments, migration_states, releases, results, services
from pomona.registry.activities import Activity
from pomona.registry.enrollments import Told
from pomona.registry.errors import Invalid
from pomona.registry.results import Result
from pomona.registry.services import Service
from pomona.store import Store
from tests.support.worlds import ADMIN, World, serials

DAY = 86_400_000
MIGRATE, UPDATE, CANCEL = (
    "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE",
    "UPDATE_MDM_MIGRATION_DEADLINE",
    "CANCEL_MDM_MIGRATION",
)


def outcome(world: World, activity: Activity) -> dict[str, str]:
    rows = world.store.read_sync(lambda tx: results.page(tx, activity.id))
    return {row.serial: row.result.name for row in rows}


def shown(world: World, serial: str) -> tuple[bool, str | None, bool]:
    """The three attributes, as the Business API has them: capable, status, whether there is a deadline."""
    document: Any = json.loads(
        world.store.read_sync(lambda tx: device_pages.one(tx, world.id, serial, "")) or b""
    )
    found = document["attributes"]
    deadline = found["mdmMigrationDeadlineDateTime"] is not None
    return found["isMdmMigrationCapable"], found["mdmMigrationStatus"], deadline


def started(store: Store) -> tuple[World, Service, Service, list[str]]:
    """Three iPhones set up with A, and an empty service B."""
    world = World(store)
    a, b = world.service("A"), world.service("B")
    ours = serials(3)
    world.arrive(ours)
    world.set_up(a, ours)
    return world, a, b, ours


def pass_time(world: World, millis: int) -> None:
    """Lets time pass, and the worker look at it."""
    world.tick(millis)
    world.store.write_sync(lambda tx: migration_states.pass_deadlines(tx, world.id, world.now))
    world.store.write_sync(lambda tx: migration_states.end_provisional(tx, world.now))


def log(world: World, service: Service) -> list[tuple[str, int]]:
    sql = (
        "SELECT d.serial, o.op FROM operation o JOIN device d ON d.id = o.device_id WHERE o.service_id = $1"
        " AND o.reason = 0 ORDER BY o.seq"
    )
    return [(serial, op) for serial, op in world.store.read_sync(lambda tx: tx.rows(sql, service.id))]


def test_a_device_goes_over_before_its_deadline(any_store: Store) -> None:
    world, a, b, ours = started(any_store)
    assert shown(world, ours[0]) == (True, None, False)
    done = world.activity(MIGRATE, ours, b, deadline=world.now + DAY)
    assert (done.sub_status, done.deadline) == ("COMPLETED_WITH_SUCCESS", world.now + DAY)
    assert shown(world, ours[0]) == (True, "REQUESTED", True)
    assert (world.reread(a).device_count, world.reread(b).device_count) == (0, 3)
    assert [op for _, op in log(world, a)][-3:] == [3, 3, 3]
    assert [op for _, op in log(world, b)] == [1, 1, 1]
    world.give_profile(b, ours)
    world.fetch(ours[:1])
    assert shown(world, ours[0]) == (True, "SUCCESS", False)
    pass_time(world, DAY)
    assert shown(world, ours[0]) == (True, "SUCCESS", False)
    assert shown(world, ours[1]) == (True, "STARTED", True)
    world.fetch(ours[1:])
    assert shown(world, ours[1]) == (True, "SUCCESS", False)
    types = [event.type for event in any_store.read_sync(lambda tx: audit.newest(tx, world.id, limit=4))]
    assert types[:3] == ["MIGRATION_SUCCEEDED", "MIGRATION_SUCCEEDED", "MIGRATION_STARTED"]
    # From here it can go on.
    assert world.activity(MIGRATE, ours, a, deadline=world.now + DAY).succeeded == 3


def test_a_deadline_that_passes_without_a_profile_is_a_failure(any_store: Store) -> None:
    world, _, b, ours = started(any_store)
    world.activity(MIGRATE, ours, b, deadline=world.now + DAY)
    pass_time(world, DAY)
    assert shown(world, ours[0]) == (True, "FAILED", True)
    again = world.activity(UPDATE, ours[:1], deadline=world.now + DAY)
    assert (again.succeeded, shown(world, ours[0])) == (1, (True, "REQUESTED", True))
    back = world.activity(CANCEL, ours[1:2])
    assert (back.succeeded, shown(world, ours[1])) == (1, (True, None, False))
    world.give_profile(b, ours[2:])
    world.fetch(ours[2:])
    assert shown(world, ours[2]) == (True, "SUCCESS", False)


def test_cancelling_returns_a_device_with_its_profile(any_store: Store) -> None:
    world, a, b, ours = started(any_store)
    before = world.device(ours[0])
    world.tick()
    world.activity(MIGRATE, ours, b, deadline=world.now + DAY)
    world.give_profile(b, ours)
    world.tick()
    world.activity(UPDATE, ours[:1], deadline=world.now + 2 * DAY)
    world.activity(MIGRATE, ours[:1], b, deadline=world.now + 3 * DAY)
    world.tick()
    done = world.activity(CANCEL, [*ours[:2], *serials(1, seed=9)])
    assert outcome(world, done) == {
        ours[0]: "CHANGED",
        ours[1]: "CHANGED",
        serials(1, seed=9)[0]: "DEVICE_NOT_FOUND",
    }
    after = world.device(ours[0])
    assert (after.service_id, after.profile_id, after.profile_status) == (a.id, before.profile_id, "pushed")
    assert (after.migration_status, after.migration_deadline) == (None, None)
    assert (world.reread(a).device_count, world.reread(b).device_count) == (2, 1)
    assert outcome(world, world.activity(CANCEL, ours[:1])) == {ours[0]: "NOT_MIGRATING"}
    assert outcome(world, world.activity(UPDATE, ours[:1], deadline=world.now)) == {ours[0]: "NOT_MIGRATING"}


def test_what_has_begun_is_not_cancelled(any_store: Store) -> None:
    world, a, b, ours = started(any_store)
    c = world.service("C")
    world.activity(MIGRATE, ours, b, deadline=world.now - 1)
    world.give_profile(b, ours)
    pass_time(world, 1_000)
    for type, service in ((CANCEL, None), (UPDATE, None), (MIGRATE, c)):
        done = world.activity(type, ours[:1], service, deadline=world.now)
        assert outcome(world, done) == {ours[0]: "MIGRATION_STARTED"}
    moved = world.activity("ASSIGN_DEVICES", ours[:1], a)
    assert (moved.succeeded, shown(world, ours[0])) == (1, (True, None, False))


def test_the_service_to_return_to_may_be_gone(any_store: Store) -> None:
    world, a, b, ours = started(any_store)
    world.activity(MIGRATE, ours, b, deadline=world.now + DAY)
    any_store.write_sync(lambda tx: services.delete(tx, world.reread(a), actor=ADMIN, now=world.now))
    assert outcome(world, world.activity(CANCEL, ours[:1])) == {ours[0]: "SERVER_NOT_FOUND"}


def test_who_cannot_go_over(any_store: Store) -> None:
    world, a, b, ours = started(any_store)
    builtin = any_store.read_sync(lambda tx: services.built_in(tx, world.id))
    fresh, tv, released = serials(1, seed=2), serials(1, seed=3), serials(1, seed=4)
    world.arrive([*fresh, *released])
    world.arrive(tv, Kind.APPLE_TV)
    world.set_up(a, [*tv, *released])
    world.activity("ASSIGN_DEVICES", fresh, a)
    world.activity("RELEASE_DEVICES", released)
    later = world.now + DAY
    done = world.activity(MIGRATE, [*ours[:1], *fresh, *tv, *released], b, deadline=later)
    assert outcome(world, done) == {
        ours[0]: "CHANGED",
        fresh[0]: "NOT_MIGRATION_CAPABLE",
        tv[0]: "NOT_MIGRATION_CAPABLE",
        released[0]: "DEVICE_NOT_FOUND",
    }
    assert outcome(world, world.activity(MIGRATE, ours[1:2], a, deadline=later)) == {
        ours[1]: "NOT_MIGRATION_CAPABLE"
    }
    to_builtin = world.activity(MIGRATE, ours[1:2], builtin, deadline=later)
    assert outcome(world, to_builtin) == {ours[1]: "NOT_MIGRATION_CAPABLE"}
    world.activity("ASSIGN_DEVICES", ours[2:], builtin)
    world.fetch(ours[2:])
    assert shown(world, ours[2]) == (False, None, False)
    from_builtin = world.activity(MIGRATE, ours[2:], b, deadline=later)
    assert outcome(world, from_builtin) == {ours[2]: "NOT_MIGRATION_CAPABLE"}


def test_a_device_added_by_hand_waits_for_the_end_of_its_period(any_store: Store) -> None:
    world, a, b, _ = started(any_store)
    [mine] = serials(1, seed=5)
    world.arrive([mine])
    any_store.write_sync(
        lambda tx: tx.execute("UPDATE device SET source = 'MANUALLY_ADDED' WHERE serial = $1", mine)
    )
    world.set_up(a, [mine])
    assert shown(world, mine) == (False, None, False)
    early = world.activity(MIGRATE, [mine], b, deadline=world.now + DAY)
    assert outcome(world, early) == {mine: "NOT_MIGRATION_CAPABLE"}
    pass_time(world, 31 * DAY)
    assert shown(world, mine) == (True, None, False)
    assert not any_store.read_sync(lambda tx: migration_states.provisional_over(tx, world.now))
    assert world.activity(MIGRATE, [mine], b, deadline=world.now + DAY).succeeded == 1


def test_an_old_system_that_is_known_cannot(any_store: Store) -> None:
    world, a, _, _ = started(any_store)
    old, new = serials(2, seed=6)
    world.arrive([old, new])
    for serial, version in ((old, "18.7.1"), (new, "26.1")):
        any_store.write_sync(
            lambda tx: enrollments.begin(
                tx, world.id, serial, "ade", serial=serial, account_id=None, told=Told(os_version=version),  # noqa: B023
                now=world.now,
            )
        )  # fmt: skip
    world.set_up(a, [old, new])
    assert (shown(world, old)[0], shown(world, new)[0]) == (False, True)


def test_enrolling_in_the_built_in_service_is_another_way(any_store: Store) -> None:
    world, _, b, ours = started(any_store)
    world.activity(MIGRATE, ours[:1], b, deadline=world.now + DAY)
    id = any_store.write_sync(
        lambda tx: enrollments.begin(
            tx, world.id, "udid", "ade", serial=ours[0], account_id=None, told=Told(), now=world.now
        )
    )
    enrolled = any_store.read_sync(lambda tx: enrollments.by_id(tx, id))
    assert enrolled is not None
    assert any_store.write_sync(lambda tx: enrollments.count_in(tx, enrolled, actor=ADMIN, now=world.now))
    assert shown(world, ours[0]) == (False, "FAILED", False)


def test_deadlines_are_checked_first(any_store: Store) -> None:
    world, _, b, ours = started(any_store)
    for deadline in (None, world.now + 90 * DAY + 1):
        with pytest.raises(Invalid, match="deadline"):
            world.activity(MIGRATE, ours, b, deadline=deadline)
        with pytest.raises(Invalid, match="deadline"):
            world.activity(UPDATE, ours, deadline=deadline)
    assert world.activity(MIGRATE, ours, b, deadline=world.now + 90 * DAY).succeeded == 3


def test_a_plain_move_ends_a_migration_and_one_set_later_keeps_the_profile(any_store: Store) -> None:
    world, a, b, ours = started(any_store)
    world.activity("ASSIGN_DEVICES", ours, b)
    profile = world.give_profile(b, ours)
    done = world.activity(MIGRATE, ours[:1], b, deadline=world.now + DAY)
    assert (done.succeeded, world.device(ours[0]).profile_id) == (1, profile.id)
    assert [op for _, op in log(world, b)] == [1, 1, 1, 2]
    same = world.activity(MIGRATE, ours[:1], b, deadline=world.now + DAY)
    assert outcome(world, same) == {ours[0]: Result.UNCHANGED.name}
    world.activity("ASSIGN_DEVICES", ours, a)
    assert shown(world, ours[0]) == (True, None, False)
    assert world.reread(b).device_count == 0


def test_a_device_about_to_be_released_stays_as_it_is(any_store: Store) -> None:
    world, _, b, ours = started(any_store)
    any_store.write_sync(lambda tx: releases.set_grace(tx, world.id, 1, actor=ADMIN, now=world.now))
    world.activity("RELEASE_DEVICES", ours[:1])
    done = world.activity(MIGRATE, ours[:1], b, deadline=world.now + DAY)
    assert outcome(world, done) == {ours[0]: "RELEASE_PENDING"}
