"""Does what is due by the clock: releases become final, migrations pass their deadline, provisional periods end."""

from functools import partial

from pomona.registry import activities, migration_states
from pomona.runtime import Runtime


class Deadlines:
    """Looks by the laboratory's clock, so that ninety days can be rehearsed in a minute. Any number may run."""

    topic = "deadlines"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def look(self) -> bool:
        """Does some of what is due now; True when more may be left."""
        return await self._releases() | await self._migrations() | await self._provisional()

    async def _releases(self) -> bool:
        runtime, now = self._runtime, self._runtime.clock.now()
        due = await runtime.store.read(partial(activities.unfinished, now=now))
        for id in due:
            await runtime.store.write(partial(activities.finishing, activity_id=id, now=now, rng=runtime.rng))
        return bool(due)

    async def _migrations(self) -> bool:
        runtime, now = self._runtime, self._runtime.clock.now()
        due = await runtime.store.read(partial(migration_states.due, now=now))
        for id in due:
            await runtime.store.write(partial(migration_states.pass_deadlines, organization_id=id, now=now))
        return bool(due)

    async def _provisional(self) -> bool:
        runtime, now = self._runtime, self._runtime.clock.now()
        if await runtime.store.read(partial(migration_states.provisional_over, now=now)):
            await runtime.store.write(partial(migration_states.end_provisional, now=now))
        return False
