"""When a message that did not arrive is sent again, and when nobody is listening any more."""

from pomona.keys.randomness import Rng

_SECOND = 1_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE

WAITS = (
    *(5 * _SECOND, 30 * _SECOND, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 12 * _HOUR, 24 * _HOUR, 24 * _HOUR),
)
"""Milliseconds after each attempt until the next, over a little more than three days; then a message is given up."""

JITTER = 0.2
"""Each wait is longer by up to this share, so that what failed together does not come back together."""

PATIENCE = 3 * 24 * _HOUR
"""Milliseconds: a webhook at which nothing arrived for so long is switched off."""

_LONGEST_REST = 24 * _HOUR


def next_try(tries: int, now: int, rest: int, rng: Rng) -> int | None:
    """When to try again after so many `tries`, None for never. A receiver may ask for a longer `rest` (ms), up to a day."""
    if tries > len(WAITS):
        return None
    wait = WAITS[tries - 1]
    jittered = wait + int(wait * JITTER * int.from_bytes(rng(4)) / 2**32)
    return now + max(jittered, min(rest, _LONGEST_REST))
