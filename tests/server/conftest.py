"""What the tests of listeners, TLS and the proxy share: an authority, a listener of each kind, and a telling app."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.server.authority import Authority
from pomona.server.listener import Listener
from pomona.server.tls import default_hosts, server_context
from tests.support.loop_thread import LoopThread, loop_thread

__all__ = ["loop_thread"]

Listen = Callable[..., Listener]


def wall_clock() -> int:
    """Give the time in milliseconds since the epoch."""
    return int(time.time() * 1000)


async def telling(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every request with what arrived, as JSON."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    told = {
        "method": scope["method"],
        "scheme": scope["scheme"],
        "path": scope["path"],
        "query": scope["query_string"].decode(),
        "headers": headers,
        "size": len(body),
        "certificates": scope.get("extensions", {}).get("tls", {}).get("client_cert_chain"),
    }
    answer = json.dumps(told).encode()
    head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": answer})


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Give a fresh certificate authority."""
    return Authority(tmp_path / "authority", wall_clock, os.urandom)


@pytest.fixture
def listen(loop_thread: LoopThread) -> Iterator[Listen]:
    """Give a function that starts a listener with the given arguments; all are stopped in the end."""
    running: list[Listener] = []

    def start(app: ASGIApp = telling, **options: object) -> Listener:
        listener = Listener(app, **options)  # type: ignore[arg-type]
        running.append(listener)
        loop_thread.run(listener.start())
        return listener

    yield start
    for listener in running:
        loop_thread.run(listener.stop(0.5))


@pytest.fixture
def https(listen: Listen, authority: Authority) -> Listener:
    """Give an HTTPS listener that answers for this machine and Apple's host names."""
    return listen(ssl_context=server_context(authority, default_hosts()))


@pytest.fixture
def http(listen: Listen) -> Listener:
    """Give a plain listener."""
    return listen()
