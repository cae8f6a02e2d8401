"""Does activities, chunk by chunk, several side by side so that small ones share a commit."""

import asyncio
import logging
from functools import partial

from pomona.registry import activities
from pomona.registry.errors import RegistryError
from pomona.runtime import Runtime

_log = logging.getLogger("pomona.work")


class ActivityWorker:
    """`name` tells workers of different processes apart: it is the holder of the leases."""

    topic = activities.TOPIC

    def __init__(self, runtime: Runtime, name: str) -> None:
        self._runtime = runtime
        self._name = name

    async def look(self) -> bool:
        """Does a chunk of each waiting activity until none is left."""
        runtime = self._runtime
        ids = await runtime.store.read(lambda tx: activities.waiting(tx, runtime.clock.now(), self._name))
        if not ids:
            return False
        await asyncio.gather(*(self._step(id) for id in ids))
        return True

    async def _step(self, id: int) -> None:
        runtime = self._runtime
        try:
            await runtime.store.write(
                partial(activities.step, activity_id=id, worker=self._name, now=runtime.clock.now())
            )
        except RegistryError as problem:
            _log.warning("activity failed", extra={"activity": id, "problem": str(problem)})
            await runtime.store.write(
                partial(activities.fail, activity_id=id, problem=str(problem), now=runtime.clock.now())
            )
