"""A worker ends when it is told to, also when it is woken at that very moment."""

import asyncio

import pytest

from pomona.store import Store
from pomona.work import worker

TOPIC = "news"


@pytest.mark.parametrize("woken", ["before", "after"])
def test_a_worker_that_is_woken_and_cancelled_ends(store: Store, woken: str) -> None:
    looks = 0

    async def look() -> bool:
        nonlocal looks
        looks += 1
        return False

    async def play() -> None:
        task = asyncio.create_task(worker.run("test", store, TOPIC, look))
        await asyncio.sleep(0.05)
        assert looks == 1
        if woken == "before":
            await wake()
        task.cancel()
        if woken == "after":
            await wake()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)

    async def wake() -> None:
        """What waits is over, but nobody has had his turn since."""
        await asyncio.get_running_loop().run_in_executor(None, store.write_sync, lambda tx: tx.notify(TOPIC))

    asyncio.run(play())
