"""An event loop in a thread, as the server runs it (uvloop), driven from a synchronous test."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
import uvloop

T = TypeVar("T")

PATIENCE = 30.0  # seconds


class LoopThread:
    """Runs coroutines and plain calls on its loop and gives their results to the calling thread."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for `work` to end."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def call(self, function: Callable[[], T]) -> T:
        """Call `function` between two turns of the loop."""

        async def called() -> T:
            return function()

        return self.run(called())

    def close(self) -> None:
        """End the loop, cancelling what still runs on it."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


@pytest.fixture
def loop_thread() -> Iterator[LoopThread]:
    """Give a loop that runs beside the test."""
    thread = LoopThread()
    yield thread
    thread.close()
