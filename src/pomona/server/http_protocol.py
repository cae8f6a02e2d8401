"""HTTP/1.1 on a connection: uvicorn's httptools protocol, with bounds on what a client may make the server hold.

httptools itself accepts a request line and header fields of any size and waits for them for ever. SCEP clients put a
whole signing request into the query of a GET, about 8 kB, so the bound on a request's head is generous.
"""

import asyncio
import enum
import ssl
from typing import Any

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from pomona.server.body_budget import BodyBudget

HEAD_BYTES = 64 * 1024
"""A request line with its header fields may have this size; a longer one is answered 431."""

HEAD_SECONDS = 30.0
"""From the connection, or a request's first byte, to the end of its header fields; then 408."""

BODY_SECONDS = 60.0
"""Between two pieces of a request's body."""

IDLE_SECONDS = 75.0
"""Between two requests on a connection."""

STALL_SECONDS = 60.0
"""Without the client taking a byte of an answer that waits for it."""

PIPELINED = 32
"""Requests that may wait on a connection for the one before them. Of a client that sends more at once so many are
answered, then the connection ends, as HTTP allows at any time."""


class _Flooded(Exception):
    """More requests wait on a connection than may."""


class _Awaiting(enum.Enum):
    """What the server waits for from the client."""

    HEAD = enum.auto()
    BODY = enum.auto()
    NEXT = enum.auto()
    READING = enum.auto()
    NOTHING = enum.auto()


_PATIENCE = {
    _Awaiting.HEAD: HEAD_SECONDS,
    _Awaiting.BODY: BODY_SECONDS,
    _Awaiting.NEXT: IDLE_SECONDS,
    _Awaiting.READING: STALL_SECONDS,
    _Awaiting.NOTHING: float("inf"),
}


class HttpProtocol(HttpToolsProtocol):
    """One connection. Its listener calls `expire` every few seconds, which is cheaper than timers of its own.

    A client's certificate, where the listener asks for one, is handed to the application as the ASGI TLS extension:
    `scope["extensions"]["tls"]["client_cert_chain"]` is a list of one PEM text, or empty.
    """

    cycle: RequestResponseCycle | None  # type: ignore[assignment] # uvicorn says it is never None; before a request it is

    def __init__(
        self, config: Config, state: ServerState, bodies: BodyBudget, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Take what the listener's connections share; `bodies` may be shared by several listeners."""
        super().__init__(config, state, {}, loop)
        self._bodies = bodies
        self._held = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._head_bytes = 0
        self._pieces = 0
        self._requests = 0
        self._ended = False
        self._flooded = False
        self._declining = False
        self._seen: tuple[_Awaiting, int] | None = None
        self._since = 0.0
        self._extensions = _tls_extension(transport.get_extra_info("ssl_object"))

    def data_received(self, data: bytes) -> None:
        """Feed the parser, unless the request's head has become too long."""
        if self._flooded:
            return
        self._pieces += 1
        self._ended = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline_upgrade(data[offer.args[0] :])
        except httptools.HttpParserError as problem:
            self._flooded = isinstance(problem.__context__, _Flooded)
            if not self._flooded:
                self._refuse(400, "This is not a valid HTTP/1.1 request.")
        if self._ended or not self._in_head():
            self._head_bytes = 0  # where in this piece the next head began, if it did, is not known
        else:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(431, f"The request line and header fields may have {HEAD_BYTES} bytes in all.")

    def on_headers_complete(self) -> None:
        """Start the application on the request, or let it wait for the one before."""
        if len(self.pipeline) >= PIPELINED:
            raise _Flooded
        if not self._declining:
            super().on_headers_complete()
            if self._extensions:
                self.scope["extensions"] = self._extensions

    def on_body(self, body: bytes) -> None:
        """Hold a piece of a body, as long as there is room for it."""
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            if not self._bodies.take(len(body)):
                self._refuse(503, "The server holds all it can of other requests; try again in a minute.")
                return
            self._held += len(body)
        super().on_body(body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what came of a request that will not be answered."""
        super().connection_lost(exc)
        self._let_go()

    def on_message_complete(self) -> None:
        """Note that a request has come to its end."""
        super().on_message_complete()
        self._ended = True

    def on_response_complete(self) -> None:
        """Take the next pipelined request; only when there is none read on."""
        self.server_state.total_requests += 1
        self._requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._let_go()
        if self._flooded:
            self.transport.close()
        else:
            self.flow.resume_reading()

    def _let_go(self) -> None:
        self._bodies.give_back(self._held)
        self._held = 0

    def expire(self, now: float) -> None:
        """Close the connection when its client has kept us waiting too long; `now` is the event loop's time."""
        awaited = self._awaited()
        what, _ = awaited
        if awaited != self._seen:
            self._seen, self._since = awaited, now
        elif now - self._since > _PATIENCE[what]:
            if what is _Awaiting.READING:
                self.transport.abort()
            elif what is _Awaiting.HEAD and self.scope:
                self._refuse(
                    408, f"The request line and header fields must arrive within {HEAD_SECONDS:.0f} s."
                )
            else:
                self.transport.close()

    def _awaited(self) -> tuple[_Awaiting, int]:
        """Give what we wait for, and a number that changes when the client has done something towards it."""
        if unsent := self.transport.get_write_buffer_size():
            return _Awaiting.READING, unsent
        cycle = self.cycle
        if cycle is None or cycle.scope is not self.scope:
            return _Awaiting.HEAD, self._requests
        if cycle.response_complete:
            return _Awaiting.NEXT, self._requests
        if cycle.more_body:
            return _Awaiting.BODY, self._pieces
        return _Awaiting.NOTHING, 0

    def _in_head(self) -> bool:
        """Tell whether a request's head, or the first request, has not come to its end yet."""
        return self.cycle is None or self.cycle.scope is not self.scope

    def _refuse(self, status: int, sentence: str) -> None:
        """Answer, unless another answer is under way, and close. The application hears that the client is gone."""
        cycle = self.cycle
        answered = cycle is None or cycle.response_complete
        if answered or (cycle is not None and not cycle.response_started and not self.pipeline):
            body = sentence.encode()
            head = (
                b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            )
            self.transport.write(STATUS_LINE[status] + head % len(body) + body)
        if cycle is not None and not answered:
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()

    def _decline_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1 with `rest`, what follows the head of a request that offered another protocol.

        Java's HTTP client offers HTTP/2 with its first plain request, body or not. The parser then takes the body for
        the other protocol's; a fresh one is told of the body's size alone and reads on.
        """
        request = self.scope
        framing = [field for field in self.headers if field[0] in (b"content-length", b"transfer-encoding")]
        assert self.cycle is not None
        self.cycle.more_body = True
        self.cycle.message_event.clear()
        self.parser = httptools.HttpRequestParser(self)
        self._declining = True
        self.parser.feed_data(
            b"POST / HTTP/1.1\r\n%s\r\n" % b"".join(b"%s: %s\r\n" % field for field in framing)
        )
        self._declining = False
        self.scope = request
        if rest:
            self.data_received(rest)


def _tls_extension(connection: ssl.SSLObject | None) -> dict[str, Any] | None:
    if connection is None:
        return None
    certificate = connection.getpeercert(binary_form=True)
    chain = [ssl.DER_cert_to_PEM_cert(certificate)] if certificate else []
    return {"tls": {"client_cert_chain": chain}}
