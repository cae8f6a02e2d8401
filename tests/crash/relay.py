"""What stands before several Pomona processes: connections go to one of those that answer, as a load balancer sees to."""

import asyncio
import contextlib
import random
from collections.abc import Iterator, Sequence

from tests.crash.process import free_port
from tests.support.loop_thread import LoopThread

_PIECE = 65_536


class Relay:
    """Listens at `origin` and hands each connection to a random one of `ports` on this machine."""

    def __init__(self, ports: Sequence[int], seed: int) -> None:
        self._ports = list(ports)
        self._rng = random.Random(seed)
        self._port = free_port()
        self.origin = f"http://127.0.0.1:{self._port}"
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Begins to listen."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self._port)

    async def stop(self) -> None:
        """Listens no more, and ends the connections that are open."""
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        while self._open:  # noqa: ASYNC110 - each leaves by itself
            await asyncio.sleep(0.01)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in self._rng.sample(self._ports, len(self._ports)):
            with contextlib.suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
                break
        else:
            writer.close()
            return
        ends = {writer, far_writer}
        self._open |= ends
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        self._open -= ends


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


@contextlib.contextmanager
def relaying(ports: Sequence[int], seed: int) -> Iterator[str]:
    """A relay to these ports until the block ends; gives its origin."""
    thread = LoopThread()
    relay = Relay(ports, seed)
    try:
        thread.run(relay.start())
        try:
            yield relay.origin
        finally:
            thread.run(relay.stop())
    finally:
        thread.close()
