"""Randomness as an argument, so that a test or a demonstration can be repeated."""

import os
import random
from collections.abc import Callable

Rng = Callable[[int], bytes]
"""Called with a number of bytes, gives that many random bytes."""

system_rng: Rng = os.urandom


def seeded(seed: int | str) -> Rng:
    """A reproducible source for tests and simulations. Never for secrets of a real installation."""
    return random.Random(seed).randbytes


def hex_token(rng: Rng, size: int) -> str:
    """`size` random bytes as lower-case hex."""
    return rng(size).hex()


def uuid4(rng: Rng) -> str:
    """A random (version 4) UUID, lower case with dashes."""
    raw = bytearray(rng(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
