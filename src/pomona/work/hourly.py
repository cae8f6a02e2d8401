"""What workers do once an hour, by the laboratory's clock."""

from collections.abc import Callable

from pomona.runtime import Runtime
from pomona.store import Tx

_HOUR = 3_600_000
_DAY = 24 * _HOUR


class Hourly:
    """Says that it is time: at first, an hour after it last said so, and whenever the clock was set back."""

    def __init__(self) -> None:
        self._said_at: int | None = None

    def due(self, now: int) -> bool:
        """Whether it is time at `now` (ms)."""
        if self._said_at is not None and 0 <= now - self._said_at < _HOUR:
            return False
        self._said_at = now
        return True


class Pruning:
    """Forgets old notices once an hour. `prune` forgets a chunk of those from before a time; True when there may be more."""

    def __init__(self, runtime: Runtime, prune: Callable[[Tx, int], bool]) -> None:
        self._runtime = runtime
        self._prune = prune
        self._hourly = Hourly()

    async def look(self) -> None:
        """Forgets what is older than `notice_retention_days`, if it is time."""
        now = self._runtime.clock.now()
        if not self._hourly.due(now):
            return
        until = now - self._runtime.settings.notice_retention * _DAY
        while await self._runtime.store.write(lambda tx: self._prune(tx, until)):
            pass
