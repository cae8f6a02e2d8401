"""A Pomona that serves in a thread of the test process, so that the test has its clock in hand."""

import contextlib
from collections.abc import Iterator

from pomona.runtime import Runtime, Settings
from pomona.runtime.clock import wall_millis
from pomona.server.installation import installation
from pomona.server.process import Addresses, running
from tests.support.loop_thread import LoopThread


class Wall:
    """The machine's clock, which is wrong by `wrong_by` milliseconds."""

    def __init__(self) -> None:
        self.wrong_by = 0

    def __call__(self) -> int:
        return wall_millis() + self.wrong_by


@contextlib.contextmanager
def serving(settings: Settings, wall: Wall | None = None) -> Iterator[tuple[Runtime, Addresses]]:
    """Everything that `pomona up` runs, until the block ends, by the clock of `wall`."""
    thread = LoopThread()
    stack = contextlib.AsyncExitStack()
    try:
        with installation(settings) as runtime:
            runtime.clock.wall = wall or Wall()
            addresses = thread.run(stack.enter_async_context(running(runtime)))
            try:
                yield runtime, addresses
            finally:
                thread.run(stack.aclose())
    finally:
        thread.close()
