"""When services were last seen, and why one was last refused: noted once a minute each, so that no request writes for it."""

import asyncio
import logging
from functools import partial

from pomona.registry import sessions
from pomona.runtime import Runtime
from pomona.store import StoreError

MINUTE = 60_000
_log = logging.getLogger("pomona.assignment")


class Contacts:
    """Notes of this process. What is lost with it is at most a minute old."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._seen: dict[int, int] = {}
        self._refused: dict[tuple[int, str], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def seen(self, service_id: int, address: str | None, now: int) -> None:
        """A service made a request with a good session."""
        if abs(now - self._seen.get(service_id, -MINUTE)) >= MINUTE:
            self._seen[service_id] = now
            self._later(partial(sessions.record_contact, service_id=service_id, at=now, address=address))

    def refused(self, service_id: int, because: str, address: str | None, now: int) -> None:
        """A service was refused a session although it showed its own token."""
        if abs(now - self._refused.get((service_id, because), -MINUTE)) >= MINUTE:
            self._refused[service_id, because] = now
            _log.warning(
                "session refused", extra={"service": service_id, "because": because, "address": address}
            )
            self._later(
                partial(
                    sessions.record_refusal, service_id=service_id, because=because, at=now, address=address
                )
            )

    def _later(self, work: partial[None]) -> None:
        task = asyncio.get_running_loop().create_task(self._write(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, work: partial[None]) -> None:
        try:
            await self._runtime.store.write(work)
        except StoreError as problem:
            _log.warning("contact not noted", extra={"problem": str(problem)})
