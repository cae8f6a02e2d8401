"""Simulated devices that enrol one after the other, say again and again where to push, and answer their commands."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.keys.randomness import Rng, seeded
from pomona.simulator.device import Device
from pomona.simulator.device_enrolment import automated
from pomona.simulator.device_keys import KeySource
from pomona.simulator.device_management import ManagedDevice
from pomona.simulator.device_network import DeviceProblem, Network
from pomona.simulator.device_world import DeviceWorld
from tests.crash.prepared import Prepared
from tests.crash.working import Working

T = TypeVar("T")
_PAUSE = 0.05
_MOST = 8


class _Remembering:
    """A source of randomness that knows the last push token it gave."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self.push_token = b""

    def __call__(self, size: int) -> bytes:
        drawn = self._rng(size)
        if size == 32:
            self.push_token = drawn
        return drawn


class Devices(Working):
    """`push_tokens` are those that the server acknowledged, by serial; `unanswered` counts what had to be tried again."""

    def __init__(self, origin: str, given: Prepared, seed: int = 1) -> None:
        super().__init__("devices", seed)
        self.unanswered = 0
        self.push_tokens: dict[str, bytes] = {}
        self._origin = origin
        self._given = given
        self._seed = seed

    def work(self) -> None:
        with _keys() as keys:
            asyncio.run(self._live(keys))

    async def _live(self, keys: KeySource) -> None:
        async with Network() as network:
            world = DeviceWorld(
                self._origin, network, self._given.factory, keys, seeded(f"world {self._seed}")
            )
            managed: list[ManagedDevice] = []
            for serial in self._given.enrolling:
                if self.stopping:
                    break
                if len(managed) < _MOST or self.rng.random() < 0.3:
                    managed.append(await self._enrol(world, serial))
                for _ in range(10):
                    if not self.stopping:
                        await self._session(self.rng.choice(managed))
            while not self.stopping:
                await self._session(self.rng.choice(managed))
            for each in managed:
                await self._session(each)

    async def _enrol(self, world: DeviceWorld, serial: str) -> ManagedDevice:
        device = Device.of(serial, infer(serial, kind=Kind.IPHONE).product)
        source = _Remembering(seeded(serial))
        # Each device has its own randomness, so that what it said last is known.
        own = DeviceWorld(world.cloud, world.network, world.factory, world.keys, source)
        managed = await self._insisting(lambda: automated(own, device))
        self.push_tokens[serial] = source.push_token
        await self._insisting(managed.poll)
        return managed

    async def _session(self, managed: ManagedDevice) -> None:
        source = managed.rng
        assert isinstance(source, _Remembering)
        await self._insisting(managed.update_token)
        self.push_tokens[managed.state.device.serial] = source.push_token
        await self._insisting(managed.poll)

    async def _insisting(self, what: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                done = await what()
            except DeviceProblem as problem:
                if "HTTP" in problem.text and "HTTP 503" not in problem.text:
                    raise  # an answer, and not the one that was to be expected
                self.unanswered += 1
                await asyncio.sleep(_PAUSE)
            else:
                self.acknowledged += 1
                return done


@contextmanager
def _keys() -> Iterator[KeySource]:
    source = KeySource(shared=2)
    yield source
    source.close()
