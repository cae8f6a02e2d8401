"""A small HTTP proxy that leads clients with Apple's host names compiled in to our own listeners, and nowhere else.

A client is sent here by HTTPS_PROXY (or its own setting) and trusts our certificate authority; it stays unmodified.
The proxy opens connections to this installation's listeners only: nothing that a client asks for leaves the machine.
"""

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from pomona.server.client_hosts import NOT_SERVED, canonical, face_of
from pomona.server.listener import BACKLOG, listening_socket
from pomona.server.machine import machine_names
from pomona.server.proxy_request import ProxyRequest, Refusal, parse

Address = tuple[str, int]

HEAD_BYTES = 16 * 1024
"""A request to the proxy may have this size without its body; a longer one is answered 431."""

HEAD_SECONDS = 30.0
"""From the connection to the end of the request's header fields; then 408."""

IDLE_SECONDS = 300.0
"""A tunnel through which nothing has come from either side for so long is closed."""

CONNECTIONS = 1000
"""More connections at a time are answered 503."""

_CHUNK = 64 * 1024


class Routes:
    """Where a request to the proxy leads: to one of this installation's listeners, or to a refusal."""

    def __init__(
        self,
        https: Address,
        http: Address | None = None,
        faces: Mapping[str, Address] | None = None,
        names: Iterable[str] = (),
    ) -> None:
        """Take the addresses of the HTTPS and the plain listener, and of HTTPS listeners that faces have to themselves.

        `names` are this installation's host names besides those of the machine; under these and under loopback
        addresses the listeners' own ports can be reached.
        """
        self._https = https
        self._http = http
        self._faces = dict(faces or {})
        self._names = {canonical(name) for name in (*machine_names(), *names)}
        self._own = {
            address[1]: address for address in (https, *self._faces.values(), *([http] if http else []))
        }

    def find(self, request: ProxyRequest) -> Address:
        """Give the address of the listener for `request`. Raises Refusal."""
        host = canonical(request.host)
        if face := face_of(host):
            return self._of_client_host(face, request)
        if (host in self._names or _is_loopback(host)) and request.port in self._own:
            return self._own[request.port]
        because = NOT_SERVED.get(
            host, "only Apple's hosts that Pomona stands in for, and its own listeners, are"
        )
        raise Refusal(
            403,
            f"Forbidden: {request.host} is not served",
            f"{request.host}:{request.port} cannot be reached through Pomona's proxy: {because}.",
        )

    def _of_client_host(self, face: str, request: ProxyRequest) -> Address:
        if request.head is None and request.port == 443:
            return self._faces.get(face, self._https)
        if request.head is not None and request.port == 80 and self._http is not None:
            return self._http
        raise Refusal(
            403,
            "Forbidden: use https, port 443",
            f"Pomona answers for {request.host} by https at port 443; port {request.port} was asked for"
            f"{'' if request.head is None else ' by plain http'}.",
        )


class Proxy:
    """The proxy at `host` and `port`. Use from one event loop; `start`, then `stop`, once each."""

    def __init__(self, routes: Routes, host: str = "127.0.0.1", port: int = 0) -> None:
        """Take the routes and an address (port 0 means any free one)."""
        self._routes = routes
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port in use, once started; before that the one asked for."""
        return self._port

    async def start(self) -> int:
        """Serve from now on and give the port. Raises CannotListen."""
        bound = listening_socket(self._host, self._port)
        self._port = bound.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=bound, limit=_CHUNK, backlog=BACKLOG)
        return self._port

    async def stop(self, seconds: float = 5.0) -> None:
        """Accept nothing more, let connections end for up to `seconds`, then cut off what is left."""
        if self._server is None:
            return
        self._server.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with _closing(writer):
            try:
                if len(self._tasks) > CONNECTIONS:
                    raise Refusal(
                        503, "Too many connections", f"The proxy serves {CONNECTIONS} connections at a time."
                    )
                request = parse(await _read_head(reader))
                await self._lead(request, reader, writer)
            except Refusal as refusal:
                writer.write(refusal.answer())
                await writer.drain()

    async def _lead(
        self, request: ProxyRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, port = self._routes.find(request)
        try:
            theirs, ours = await asyncio.open_connection(host, port, limit=_CHUNK)
        except OSError as problem:
            raise Refusal(
                502, "Bad Gateway", f"Pomona's listener at {host}:{port} does not answer: {problem.strerror}."
            ) from problem
        async with _closing(ours):
            if request.head is None:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                ours.write(request.head)
            await _exchange((reader, ours), (theirs, writer))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    lines: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            while line := await reader.readline():
                size += len(line)
                if size > HEAD_BYTES:
                    raise ValueError
                if line.strip():
                    lines.append(line)
                elif lines:
                    return b"".join(lines)
    except TimeoutError:
        raise Refusal(408, "Request Timeout", f"No request came within {HEAD_SECONDS:.0f} s.") from None
    except ValueError:
        raise Refusal(
            431, "Request Too Large", f"A request may have {HEAD_BYTES} bytes before its body."
        ) from None
    raise Refusal(400, "Bad Request", "The connection ended within a request.")


async def _exchange(*pipes: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Pass bytes through both pipes until both ends have closed, or nothing has come for `IDLE_SECONDS`."""
    loop = asyncio.get_running_loop()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(_CHUNK):
            idle.reschedule(loop.time() + IDLE_SECONDS)
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(IDLE_SECONDS) as idle, asyncio.TaskGroup() as group:
            for source, sink in pipes:
                group.create_task(pump(source, sink))


@asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close `writer` in the end; a peer that has gone away is no error."""
    try:
        with contextlib.suppress(ConnectionError):
            yield
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
