"""How often one address may look somebody up: an account that exists is told from one that does not, so nobody may try many.

Kept in this process alone and only for a minute: it slows a guesser down, and a restart forgives everybody.
"""

from collections.abc import Hashable

WINDOW = 60_000
"""Milliseconds over which look-ups are counted."""

LIMITS = {"polite": 60, "apple": 20}
"""Look-ups of one address in a window, by rate limit; there is none for `off`."""

_MOST_ADDRESSES = 10_000


class Throttle:
    """Counts look-ups by address. `limit` None counts nothing."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._began = 0
        self._counts: dict[Hashable, int] = {}

    def wait(self, address: Hashable, now: int) -> int:
        """Counts one look-up; gives the milliseconds to wait when there were too many, else 0."""
        if self._limit is None:
            return 0
        if now - self._began >= WINDOW or now < self._began or len(self._counts) >= _MOST_ADDRESSES:
            self._began = now
            self._counts.clear()
        count = self._counts[address] = self._counts.get(address, 0) + 1
        return 0 if count <= self._limit else self._began + WINDOW - now
