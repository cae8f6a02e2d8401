"""When a reseller works and how much: weekdays, the ends of months and quarters, the summer, the days between the years."""

from collections.abc import Iterator
from datetime import date, timedelta

_DAY = timedelta(days=1)
_BY_WEEKDAY = (1.2, 1.1, 1.0, 1.0, 0.8)
_BY_MONTH = (0.9, 0.9, 1.0, 0.9, 0.9, 1.1, 0.7, 0.6, 1.3, 1.0, 1.1, 1.3)
_LAST_DAYS = 3


def is_working(day: date) -> bool:
    """Whether anybody is at work: no weekends, no Christmas to New Year."""
    return day.weekday() < 5 and not ((day.month, day.day) >= (12, 24) or (day.month, day.day) == (1, 1))


def working_days(start: date, days: int) -> Iterator[date]:
    """The working days among `days` days from `start` on."""
    return (day for n in range(days) if is_working(day := start + n * _DAY))


def after(day: date, working: int) -> date:
    """The day that is so many working days after `day`; at least one."""
    for _ in range(max(1, working)):
        day += _DAY
        while not is_working(day):
            day += _DAY
    return day


def busyness(day: date) -> float:
    """How much is ordered on a working day; 1 on an ordinary one. Budgets are spent at the end of months and quarters."""
    factor = _BY_WEEKDAY[day.weekday()] * _BY_MONTH[day.month - 1]
    if after(day, _LAST_DAYS).month != day.month:
        factor *= 2.5 if day.month % 3 == 0 else 1.8
    return factor
