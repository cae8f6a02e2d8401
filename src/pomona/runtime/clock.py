"""Two clocks: the wall clock judges what foreign programs sign; the lab clock moves our own expiries."""

import time
from collections.abc import Callable

Millis = Callable[[], int]


def wall_millis() -> int:
    """Milliseconds since the epoch, UTC, from the machine."""
    return time.time_ns() // 1_000_000


class Clock:
    """`wall()` is the machine's time; `now()` is that plus what a laboratory added. Both in milliseconds."""

    def __init__(self, wall: Millis = wall_millis) -> None:
        self.wall = wall
        self.offset = 0

    def now(self) -> int:
        """The time that tokens, cursors, proofs and deadlines are judged by."""
        return self.wall() + self.offset
