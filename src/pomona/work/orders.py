"""Works on what suppliers submitted and lets waiting orders flow in, a chunk of each at a time so that all get their turn."""

import logging
from collections import Counter
from functools import partial

from pomona.registry import order_flows, order_steps, submissions
from pomona.registry.order_plans import Plans
from pomona.registry.supplier_links import TOPIC
from pomona.runtime import Runtime
from pomona.store import StoreUnavailable

_ATTEMPTS = 5
_log = logging.getLogger("pomona.work")


class OrderWorker:
    """Any number may run, in any process: each step takes what is next and keeps its progress with what it did.

    `name` stands in the log.
    """

    topic = TOPIC

    def __init__(self, runtime: Runtime, name: str) -> None:
        self._runtime = runtime
        self._name = name
        self._troubles: Counter[int] = Counter()
        self._plans = Plans()

    async def look(self) -> bool:
        """Does the next piece of each supplier's submissions and of each waiting order; False when nothing is left."""
        store = self._runtime.store
        suppliers = await store.read(submissions.waiting)
        flowing = await store.read(order_flows.waiting)
        if not suppliers and not flowing:
            return False
        # One after the other: requests write in between, and a pool's connections are left to them.
        for id in suppliers:
            await self._step(id)
        for id in flowing:
            await self._flow(id)
        return True

    async def _step(self, supplier_id: int) -> None:
        runtime = self._runtime
        strict = runtime.settings.catalogue == "strict"
        step = partial(
            order_steps.step,
            supplier_id=supplier_id,
            now=runtime.clock.now(),
            strict=strict,
            plans=self._plans,
        )
        try:
            await runtime.store.write(step)
        except StoreUnavailable:
            raise
        except Exception as problem:  # noqa: BLE001 one supplier's trouble must not hold up the others
            await self._trouble(supplier_id, problem)
        else:
            self._troubles.pop(supplier_id, None)

    async def _trouble(self, supplier_id: int, problem: Exception) -> None:
        """A race with another process is over the next time; what fails again and again is given up, and said so."""
        self._troubles[supplier_id] += 1
        given_up = self._troubles[supplier_id] >= _ATTEMPTS
        _log.warning(
            "submission given up" if given_up else "submission step failed",
            extra={"worker": self._name, "supplier": supplier_id},
            exc_info=problem,
        )
        if given_up:
            del self._troubles[supplier_id]
            self._plans = Plans()
            fail = partial(order_steps.fail, supplier_id=supplier_id, now=self._runtime.clock.now())
            await self._runtime.store.write(fail)

    async def _flow(self, order_id: int) -> None:
        await self._runtime.store.write(
            partial(order_flows.step, order_id=order_id, now=self._runtime.clock.now())
        )
