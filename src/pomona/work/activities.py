"""Does activities, chunk by chunk, several side by side so that small ones share a commit."""

import asyncio
import logging
from collections import Counter
from functools import partial

from pomona.registry import activities
from pomona.registry.errors import RegistryError
from pomona.runtime import Runtime
from pomona.store import StoreUnavailable

_ATTEMPTS = 5
_log = logging.getLogger("pomona.work")


class ActivityWorker:
    """`name` tells workers of different processes apart: it is the holder of the leases."""

    topic = activities.TOPIC

    def __init__(self, runtime: Runtime, name: str) -> None:
        self._runtime = runtime
        self._name = name
        self._troubles: Counter[int] = Counter()

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
        except StoreUnavailable:
            raise
        except RegistryError as problem:
            await self._fail(id, str(problem))
        except Exception as problem:  # noqa: BLE001 one activity's trouble must not hold up the others
            await self._trouble(id, problem)
        else:
            self._troubles.pop(id, None)

    async def _trouble(self, id: int, problem: Exception) -> None:
        """What fails again and again is given up, and said so."""
        self._troubles[id] += 1
        _log.warning("activity step failed", extra={"activity": id}, exc_info=problem)
        if self._troubles[id] >= _ATTEMPTS:
            del self._troubles[id]
            await self._fail(id, "Something went wrong here; the server's log has the details.")

    async def _fail(self, id: int, sentence: str) -> None:
        runtime = self._runtime
        _log.warning("activity failed", extra={"activity": id, "problem": sentence})
        await runtime.store.write(
            partial(activities.fail, activity_id=id, problem=sentence, now=runtime.clock.now())
        )
