"""Warnings that come in steps before something runs out, each step once."""

from collections.abc import Sequence

_DAY = 86_400_000


def due(steps: Sequence[int], left: int, warned: int | None) -> int | None:
    """The step (days ahead) to warn of now, None when that was done; `left` is the milliseconds that remain.

    `warned` is the step that was warned of last. Whoever asks knows that no more is left than the first of the `steps`.
    """
    days = min(each for each in steps if left <= each * _DAY)
    return None if warned is not None and warned <= days else days


def horizon(steps: Sequence[int], now: int) -> int:
    """What ends before this time (ms) is to be looked at."""
    return now + steps[0] * _DAY
