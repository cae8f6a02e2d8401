"""The few answers that are no face's: alive, ready, the way to the portal, and nobody's path."""

from starlette.types import Receive, Scope, Send

from pomona.runtime import Runtime
from pomona.store import StoreUnavailable, Tx

_PLAIN = (b"content-type", b"text/plain; charset=utf-8")


async def answer(send: Send, status: int, body: bytes = b"", *headers: tuple[bytes, bytes]) -> None:
    """Sends a whole response."""
    sent = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})


async def not_found(_scope: Scope, _receive: Receive, send: Send) -> None:
    """404, empty."""
    await answer(send, 404)


async def alive(_scope: Scope, _receive: Receive, send: Send) -> None:
    """200 while the process answers at all."""
    await answer(send, 200, b"ok\n", _PLAIN)


async def to_portal(_scope: Scope, _receive: Receive, send: Send) -> None:
    """People who type the bare address are sent to the portal."""
    await answer(send, 307, b"", (b"location", b"/portal/"))


class Ready:
    """200 when the database answers, else 503 with the reason."""

    def __init__(self, runtime: Runtime) -> None:
        self._store = runtime.store

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        try:
            await self._store.read(_look)
        except StoreUnavailable as problem:
            await answer(send, 503, f"{problem}\n".encode(), _PLAIN)
        else:
            await answer(send, 200, b"ready\n", _PLAIN)


def _look(tx: Tx) -> None:
    tx.value("SELECT value FROM meta WHERE key = 'schema'")
