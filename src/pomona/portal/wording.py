"""How values are written for people: times, ages, counts, and the words of states."""

from datetime import UTC, datetime

_UNITS = (
    (365 * 86_400_000, "year"),
    (30 * 86_400_000, "month"),
    (86_400_000, "day"),
    (3_600_000, "hour"),
    (60_000, "minute"),
)


def utc(ms: int) -> datetime:
    """A time in milliseconds since the epoch."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def age(ms: int, now: int) -> str:
    """How long ago, or in how long: `3 days ago`, `in 2 hours`, `just now`."""
    distance = abs(now - ms)
    for size, unit in _UNITS:
        if distance >= size:
            return _said(count(distance // size, unit), ms > now)
    return "in a moment" if ms > now else "just now"


def _said(span: str, future: bool) -> str:
    return f"in {span}" if future else f"{span} ago"


def number(value: int) -> str:
    """A whole number with its thousands parted."""
    return f"{value:,}"


def count(value: int, one: str, many: str = "") -> str:
    """A number and the word for what is counted: `1 device`, `2,000 devices`."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


_ACRONYMS = {"api": "API", "it": "IT", "id": "ID", "url": "URL", "dns": "DNS", "enrollment": "enrolment"}


def sentence(word: str) -> str:
    """A constant of a protocol in plain words: `COMPLETED_WITH_ERROR` becomes `Completed with error`."""
    said = " ".join(_ACRONYMS.get(part, part) for part in word.lower().split("_"))
    return said[:1].upper() + said[1:]
