"""Timestamps as text: RFC 3339 in UTC with the letter Z, to and from milliseconds since the epoch.

Go's JSON decoder refuses a numeric `+0000` and an empty string, so only these two shapes are ever written.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)
_HOURS = tuple(f"{n:02}:" for n in range(24))
_MINUTES = tuple(f"{n:02}:" for n in range(60))
_SECONDS = tuple(f"{n:02}" for n in range(60))


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    try:
        return f"{date.fromordinal(_EPOCH_DAY + number).isoformat()}T"
    except (ValueError, OverflowError):
        raise ValueError(f"day {number} since the epoch is outside the years 1 to 9999") from None


def _whole(ms: int) -> str:
    day, second = divmod(ms // 1000, 86400)
    minute, second = divmod(second, 60)
    return f"{_day(day)}{_HOURS[minute // 60]}{_MINUTES[minute % 60]}{_SECONDS[second]}"


def iso_seconds(ms: int) -> str:
    """The whole second of `ms` (milliseconds since the epoch, UTC) as `2026-01-02T03:04:05Z`.

    Raises ValueError outside the years 1 to 9999.
    """
    return f"{_whole(ms)}Z"


def iso_millis(ms: int) -> str:
    """`ms` (milliseconds since the epoch, UTC) as `2026-01-02T03:04:05.678Z`.

    Raises ValueError outside the years 1 to 9999.
    """
    return f"{_whole(ms)}.{ms % 1000:03}Z"


def parse_iso(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 timestamp; finer fractions are cut off.

    Accepts `Z` or an offset (`+01:00`) and a fraction of any length. Raises ValueError for everything else, a bare date
    and a time without a zone among it.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or text[10] not in "Tt " or text[4] != "-" or text[7] != "-":
            raise ValueError
        return (moment - _EPOCH) // _MILLISECOND
    except (ValueError, IndexError, OverflowError):
        raise ValueError(
            f"{text[:40]!r} is not a timestamp; expected one like 2026-01-02T03:04:05Z"
        ) from None
