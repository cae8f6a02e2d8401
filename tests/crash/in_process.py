"""A Pomona that serves in a thread of the test process, so that the test has its clock in hand."""

import contextlib
from collections.abc import Iterator

from pomona.runtime import Runtime, Settings
from pomona.server.installation import installation
from pomona.server.process import Addresses, running
from tests.support.loop_thread import LoopThread


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[tuple[Runtime, Addresses]]:
    """Everything that `pomona up` runs, until the block ends. `clock.offset` of the runtime moves its time."""
    thread = LoopThread()
    stack = contextlib.AsyncExitStack()
    try:
        with installation(settings) as runtime:
            addresses = thread.run(stack.enter_async_context(running(runtime)))
            try:
                yield runtime, addresses
            finally:
                thread.run(stack.aclose())
    finally:
        thread.close()
