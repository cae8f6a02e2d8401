"""HTTP/1.1 on a connection: uvicorn's httptools protocol, with bounds on what a client may make the server hold.

httptools itself accepts a request line and header fields of any size and waits for them for ever. SCEP clients put a
whole signing request into the query of a GET, about 8 kB, so the bound on a request's head is generous.
"""

import enum
import ssl
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

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


class _Awaiting(enum.Enum):
    """What the server waits for from the client."""

    HEAD = enum.auto()
    BODY = enum.auto()
    NEXT = enum.auto()
    NOTHING = enum.auto()


_PATIENCE = {
    _Awaiting.HEAD: HEAD_SECONDS,
    _Awaiting.BODY: BODY_SECONDS,
    _Awaiting.NEXT: IDLE_SECONDS,
    _Awaiting.NOTHING: float("inf"),
}


class HttpProtocol(HttpToolsProtocol):
    """One connection. Its listener calls `expire` every few seconds, which is cheaper than timers of its own.

    A client's certificate, where the listener asks for one, is handed to the application as the ASGI TLS extension:
    `scope["extensions"]["tls"]["client_cert_chain"]` is a list of one PEM text, or empty.
    """

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await(_Awaiting.HEAD)
        self._head_bytes = 0
        self._unsent, self._unsent_since = 0, self._since
        self._extensions = _tls_extension(transport.get_extra_info("ssl_object"))

    def data_received(self, data: bytes) -> None:
        """Feed the parser, unless the request's head has become too long."""
        if self._awaiting is _Awaiting.HEAD:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._awaiting is _Awaiting.HEAD and self._head_bytes > HEAD_BYTES:
            self._refuse(431, f"The request line and header fields may have {HEAD_BYTES} bytes in all.")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._await(_Awaiting.HEAD)
        self._head_bytes = 0
        if self._extensions:
            self.scope["extensions"] = self._extensions

    def on_headers_complete(self) -> None:
        """Start the application on the request."""
        self._await(_Awaiting.BODY)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand on a piece of the request's body."""
        self._since = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request's body: now the client waits for us."""
        self._await(_Awaiting.NOTHING)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Take the next pipelined request, else wait for one."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._awaiting is _Awaiting.NOTHING:
            self._await(_Awaiting.NEXT)

    def expire(self, now: float) -> None:
        """Close the connection when its client has kept us waiting too long; `now` is the event loop's time."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        if unsent:
            if now - self._unsent_since > STALL_SECONDS:
                self.transport.abort()
        elif now - self._since > _PATIENCE[self._awaiting]:
            if self._awaiting is _Awaiting.HEAD and self._head_bytes:
                self._refuse(
                    408, f"The request line and header fields must arrive within {HEAD_SECONDS:.0f} s."
                )
            self.transport.close()

    def _await(self, what: _Awaiting) -> None:
        self._awaiting = what
        self._since = self.loop.time()

    def _refuse(self, status: int, sentence: str) -> None:
        self._await(_Awaiting.NOTHING)
        body = sentence.encode()
        head = (
            b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            % len(body)
        )
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: Java's HTTP client offers an upgrade to HTTP/2 with every plain request, and we may decline."""


def _tls_extension(connection: ssl.SSLObject | None) -> dict[str, Any] | None:
    if connection is None:
        return None
    certificate = connection.getpeercert(binary_form=True)
    chain = [ssl.DER_cert_to_PEM_cert(certificate)] if certificate else []
    return {"tls": {"client_cert_chain": chain}}
