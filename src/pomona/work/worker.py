"""A worker: wakes when the store says that there is something to do, or now and then to look for itself."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from pomona.store import Store, StoreUnavailable

Look = Callable[[], Awaitable[bool]]
"""Does what there is to do; True when it should be called again at once."""

_PATIENCE = 1.0
_AFTER_TROUBLE = 2.0
_log = logging.getLogger("pomona.work")


async def run(name: str, store: Store, topic: str, look: Look) -> None:
    """Runs until it is cancelled. Trouble is logged and tried again: the rows are still there."""
    loop = asyncio.get_running_loop()
    wake = asyncio.Event()
    stop_listening = store.listen(topic, lambda: _wake(loop, wake))
    try:
        while True:
            wake.clear()
            if not await _attempt(name, look):
                await _rest(wake, _PATIENCE)
    finally:
        stop_listening()


def _wake(loop: asyncio.AbstractEventLoop, wake: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(wake.set)


async def _attempt(name: str, look: Look) -> bool:
    try:
        return await look()
    except StoreUnavailable as problem:
        _log.warning("store unavailable", extra={"worker": name, "problem": str(problem)})
    except Exception:  # noqa: BLE001 a worker outlives whatever a single piece of work runs into
        _log.exception("work failed", extra={"worker": name})
    await asyncio.sleep(_AFTER_TROUBLE)
    return True


async def _rest(wake: asyncio.Event, seconds: float) -> None:
    # Not `wait_for`: until Python 3.12 that forgets that it was cancelled when what it waits for happens at that moment.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
