"""How quickly one service may call, and one address ask for sessions: buckets that fill by themselves, in memory."""

import math
from typing import Literal, NamedTuple

from pomona.device_assignment.errors import Refused

_MOST_BUCKETS = 10_000


class Rate(NamedTuple):
    """`size` requests at once, and `a_second` more in each second."""

    size: int
    a_second: float


RATES: dict[Literal["off", "polite", "apple"], Rate | None] = {
    "off": None,
    # A full sync of a million devices is a thousand calls: only a flood is held back.
    "polite": Rate(2_000, 500),
    # The original answers 429 too; its numbers are not known.
    "apple": Rate(100, 10),
}


class Limits:
    """The buckets of one process, by whom they are for."""

    def __init__(self, profile: Literal["off", "polite", "apple"]) -> None:
        self._rate = RATES[profile]
        self._buckets: dict[int | str, tuple[float, int]] = {}

    def spend(self, whom: int | str, now: int) -> None:
        """Takes one call out of somebody's bucket at `now` (ms). Refuses 429 TOO_MANY_REQUESTS with the time to wait."""
        if self._rate is None:
            return
        size, a_second = self._rate
        level, at = self._buckets.get(whom, (float(size), now))
        level = min(float(size), level + max(0, now - at) * a_second / 1000)
        if len(self._buckets) >= _MOST_BUCKETS:
            self._buckets.clear()
        if level < 1:
            self._buckets[whom] = (level, now)
            raise Refused(429, "TOO_MANY_REQUESTS", seconds=math.ceil((1 - level) / a_second))
        self._buckets[whom] = (level - 1, now)
