"""A listener: one application served over HTTP or HTTPS at one address, on uvicorn's parts.

Several may run in one event loop and each may run in a thread of its own; none of them touches signals, logging or
the application's lifespan, which belong to whoever composes the program. The bounds on clients are those of
`http_protocol`; bodies are bounded by the application.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from email.utils import formatdate

from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.server import ServerState

from pomona.server.body_budget import BodyBudget
from pomona.server.http_protocol import HttpProtocol

BACKLOG = 2048
HANDSHAKE_SECONDS = 10.0
_SWEEP_EVERY = 5  # seconds
_POLL = 0.01  # seconds
_FAREWELL = 0.2  # seconds for whoever waits for a client to hear that it is gone, which is no failure
_REACHED_AT = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, never bound


class CannotListen(OSError):
    """The address cannot be listened at; the message says which address, why, and what to do."""


class Listener:
    """Serves `app` at `host` and `port`. Use from one event loop; `start`, then `stop`, once each."""

    def __init__(
        self,
        app: ASGIApp,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | Callable[[], ssl.SSLContext] | None = None,
        bodies: BodyBudget | None = None,
    ) -> None:
        """Take an address (a name is looked up; port 0 means any free one) and, for HTTPS, a server context.

        Instead of a context it may be a function that makes one: `start` calls it in a thread, and other listeners of
        the loop go on meanwhile. `bodies` bounds what is held of requests, together with whoever else it is given to.
        """
        self._host = host
        self._port = port
        self._ssl = ssl_context
        self._config = Config(
            app,
            http=HttpProtocol,
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
        self._state = ServerState()
        self._bodies = bodies or BodyBudget()
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def bound(
        cls,
        app: ASGIApp,
        host: str,
        port: int,
        ssl_context: Callable[[], ssl.SSLContext] | None,
        bodies: BodyBudget,
    ) -> "Listener | None":
        """One that has its address; None for a negative port, which is one that is switched off. Raises CannotListen."""
        if port < 0:
            return None
        listener = cls(app, host, port, ssl_context, bodies)
        listener.bind()
        return listener

    @property
    def port(self) -> int:
        """The port in use, once bound; before that the one asked for."""
        return self._port

    @property
    def address(self) -> tuple[str, int]:
        """The host and port at which a program on this machine reaches the listener."""
        return _REACHED_AT.get(self._host, self._host), self._port

    @property
    def origin(self) -> str:
        """The same as an origin, `https://127.0.0.1:8443` say."""
        host, _ = self.address
        return f"{'https' if self._ssl else 'http'}://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def connections(self) -> list[HttpProtocol]:
        """The connections that are open now."""
        return [connection for connection in self._state.connections if isinstance(connection, HttpProtocol)]

    def bind(self) -> int:
        """Take the address without serving yet and give the port. Raises CannotListen."""
        if self._socket is None:
            self._socket = listening_socket(self._host, self._port)
            self._port = self._socket.getsockname()[1]
        return self._port

    async def start(self) -> int:
        """Serve from now on, binding first if `bind` was not called, and give the port. Raises CannotListen."""
        self.bind()
        assert self._socket is not None
        self._config.load()
        loop = asyncio.get_running_loop()
        context = await asyncio.to_thread(self._ssl) if callable(self._ssl) else self._ssl
        self._tick(loop, _SWEEP_EVERY)
        self._server = await loop.create_server(
            lambda: HttpProtocol(self._config, self._state, self._bodies, loop),
            sock=self._socket,
            ssl=context,
            backlog=BACKLOG,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if context else None,
        )
        return self._port

    async def stop(self, seconds: float = 10.0) -> None:
        """Accept nothing more, let running requests end for up to `seconds`, then cut off what is left."""
        if self._server is not None:
            self._server.close()
            for connection in self.connections:
                connection.shutdown()
            await self._drain(seconds)
            for connection in self.connections:
                connection.transport.abort()
            await self._drain(_FAREWELL)
            for task in list(self._state.tasks):
                task.cancel("the server is stopping")
            await self._drain(1.0)
        if self._timer is not None:
            self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def _busy(self) -> bool:
        return bool(self._state.connections or self._state.tasks)

    async def _drain(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._busy() and time.monotonic() < deadline:  # noqa: ASYNC110 - uvicorn keeps sets and has no event
            await asyncio.sleep(_POLL)

    def _tick(self, loop: asyncio.AbstractEventLoop, count: int) -> None:
        """Once a second: set the Date header, and now and then close the connections of clients that keep us waiting."""
        self._state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
        if count % _SWEEP_EVERY == 0:
            now = loop.time()
            for connection in self.connections:
                connection.expire(now)
        self._timer = loop.call_later(1.0, self._tick, loop, count + 1)


def listening_socket(host: str, port: int) -> socket.socket:
    """Give a listening socket at the first address of `host`; clients queue until it is served. Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        with contextlib.ExitStack() as undo:
            undo.callback(bound.close)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen(BACKLOG)  # only a listening socket holds the port against others
            undo.pop_all()
        return bound
    except OSError as problem:
        raise CannotListen(
            f"cannot listen at {host} port {port}: {problem.strerror}; choose another address or port, or stop the "
            "program that uses it"
        ) from problem
