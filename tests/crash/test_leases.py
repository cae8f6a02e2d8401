"""Who may go on with an activity: its worker, and another once that one has been silent for too long, whatever the clocks say."""

import pytest

from pomona.registry import activities
from pomona.registry.activities import LEASE, Activity
from pomona.store import Store
from tests.support.worlds import ADMIN, World, serials

DAY = 86_400_000


def half_done(world: World) -> Activity:
    """An activity of two chunks, one of them done by worker A."""
    ours = serials(activities.CHUNK + 1)
    world.arrive(ours)
    service = world.service("Service")
    made = world.store.write_sync(
        lambda tx: activities.create(
            tx,
            world.id,
            "ASSIGN_DEVICES",
            ours,
            service_id=service.id,
            actor=ADMIN,
            now=world.now,
            rng=world.rng,
        )
    )
    assert world.store.write_sync(lambda tx: activities.step(tx, made.id, "A", world.now))
    return made


def takes(world: World, activity: Activity, worker: str, now: int) -> bool:
    """Whether `worker` sees the activity and can do something about it."""
    seen = world.store.read_sync(lambda tx: activities.waiting(tx, now, worker))
    world.store.write_sync(lambda tx: activities.step(tx, activity.id, worker, now))
    after = world.store.read_sync(lambda tx: activities.get(tx, world.id, activity.uuid))
    assert (seen == [activity.id]) is (after.status == "COMPLETED")
    return after.status == "COMPLETED"


@pytest.mark.parametrize("later", [0, LEASE - 1])
def test_while_the_lease_lasts_nobody_else_goes_on(any_store: Store, later: int) -> None:
    world = World(any_store)
    activity = half_done(world)
    assert not takes(world, activity, "B", world.now + later)
    assert takes(world, activity, "A", world.now + later)


def test_afterwards_anybody_does(any_store: Store) -> None:
    world = World(any_store)
    assert takes(world, half_done(world), "B", world.now + LEASE)


def test_a_clock_that_is_a_little_behind_respects_the_lease(any_store: Store) -> None:
    world = World(any_store)
    assert not takes(world, half_done(world), "B", world.now - LEASE // 2)


def test_a_clock_that_was_set_back_keeps_nobody_waiting(any_store: Store) -> None:
    world = World(any_store)
    assert takes(world, half_done(world), "B", world.now - DAY)
