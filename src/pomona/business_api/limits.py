"""How quickly one API account may ask: buckets that fill by themselves, in this process's memory."""

import math
from typing import Literal, NamedTuple

from pomona.business_api.errors import ApiError, Problem

Profile = Literal["off", "polite", "apple"]
Class = Literal["read", "write", "token"]


class Rate(NamedTuple):
    """`size` requests at once, and as many again in each `period` milliseconds."""

    size: int
    period: int


RATES: dict[Profile, dict[Class, Rate]] = {
    "off": {},
    "polite": {"read": Rate(200, 2_000), "write": Rate(100, 2_000), "token": Rate(20, 2_000)},
    # Observed by authors of clients, documented nowhere: about 20 reads a minute and 10 writes an hour.
    "apple": {"read": Rate(20, 60_000), "write": Rate(10, 3_600_000), "token": Rate(20, 60_000)},
}


class Limits:
    """The buckets of every account that asked; as many as there are accounts."""

    def __init__(self, profile: Profile) -> None:
        self._rates = RATES[profile]
        self.any = bool(self._rates)
        """Whether there are limits at all."""
        self._buckets: dict[tuple[int, Class], tuple[float, int]] = {}

    def wait(self, account_id: int, kind: Class, now: int) -> int:
        """Takes one request out of an account's bucket at `now` (milliseconds).

        Gives 0, or the whole seconds to wait when the bucket is empty.
        """
        rate = self._rates.get(kind)
        if rate is None:
            return 0
        level, at = self._buckets.get((account_id, kind), (float(rate.size), now))
        level = min(float(rate.size), level + max(0, now - at) * rate.size / rate.period)
        if level < 1:
            self._buckets[account_id, kind] = (level, now)
            return max(1, math.ceil(round((1 - level) * rate.period / rate.size) / 1000))
        self._buckets[account_id, kind] = (level - 1, now)
        return 0

    def spend(self, account_id: int, method: str, now: int) -> None:
        """Counts an API request. Raises `ApiError` 429 with `Retry-After`, without which clients give up."""
        seconds = self.wait(account_id, "read" if method in ("GET", "HEAD") else "write", now)
        if seconds:
            detail = f"The API account asks too quickly; go on in {seconds} s."
            header = (b"retry-after", str(seconds).encode())
            raise ApiError(429, Problem("RATE_LIMIT_EXCEEDED", detail), headers=(header,))
