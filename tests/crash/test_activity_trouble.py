"""An activity that cannot be done is given up and says so; the others go on at their pace."""

import asyncio

from pomona.registry import activities
from pomona.registry.activities import Activity
from pomona.runtime import Runtime
from pomona.store import Tx
from pomona.work.activities import ActivityWorker
from tests.support.worlds import ADMIN, World, serials


def begin(world: World, devices: list[str]) -> Activity:
    return world.store.write_sync(
        lambda tx: activities.create(
            tx, world.id, "UNASSIGN_DEVICES", devices, actor=ADMIN, now=world.now, rng=world.rng
        )
    )


def test_what_fails_again_and_again_is_given_up(runtime: Runtime) -> None:
    world = World(runtime.store)
    ours = serials(activities.CHUNK * 3)
    world.arrive(ours)
    broken, sound = begin(world, ours[:10]), begin(world, ours)

    def damage(tx: Tx) -> None:
        tx.execute("UPDATE activity_chunk SET serials = 'x' WHERE activity_id = $1", broken.id)

    runtime.store.write_sync(damage)
    worker = ActivityWorker(runtime, "test")

    async def work() -> int:
        rounds = 0
        while await worker.look():
            rounds += 1
        return rounds

    assert asyncio.run(work()) <= 6
    assert look(world, sound).status == "COMPLETED"
    given_up = look(world, broken)
    assert given_up.status == "FAILED"
    assert given_up.metadata == {"problem": "Something went wrong here; the server's log has the details."}


def look(world: World, activity: Activity) -> Activity:
    return world.store.read_sync(lambda tx: activities.get(tx, world.id, activity.uuid))
