"""Randomness as an argument, so that a simulation can be repeated."""

import random
from collections.abc import Callable

Rng = Callable[[int], bytes]
"""Called with a number of bytes, gives that many random bytes."""


def seeded(seed: int | str) -> Rng:
    """A reproducible source."""
    return random.Random(seed).randbytes


def uuid(rng: Rng) -> str:
    """A random UUID, upper case as devices write them."""
    raw = bytearray(rng(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex().upper()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
