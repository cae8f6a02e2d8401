"""Keys for the identities that devices ask for: RSA, which takes long to find.

A real device has its own. A simulation of many may share a few: a service tells devices apart by their certificates, and
each gets its own of those.
"""

import asyncio
import itertools
from concurrent.futures import Executor, ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric import rsa

SHARED = 16
"""Keys that a simulation makes when devices share them."""


class KeySource:
    """Gives keys of 2048 bits; with `shared` no more than so many different ones, else a new one each time."""

    def __init__(self, shared: int | None = SHARED, threads: int = 2) -> None:
        self._executor: Executor = ThreadPoolExecutor(threads, thread_name_prefix="device-key")
        self._shared = shared
        self._made: list[asyncio.Future[rsa.RSAPrivateKey]] = []
        self._turns = itertools.count()

    async def key(self, bits: int) -> rsa.RSAPrivateKey:
        """A key of at least `bits`."""
        if self._shared is None or bits > 2048:
            return await asyncio.wrap_future(self._executor.submit(_generate, max(bits, 2048)))
        turn = next(self._turns) % self._shared
        if turn >= len(self._made):
            self._made.append(asyncio.wrap_future(self._executor.submit(_generate, 2048)))
        return await asyncio.shield(self._made[turn])

    def close(self) -> None:
        """Lets the threads end."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _generate(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)
