"""A program that is told of what happens: a small HTTP server that checks each signature by itself and answers as asked."""

import base64
import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Received:
    """A request as it came. `signed_by` are the secrets whose signature is right."""

    id: str
    seconds: int
    body: bytes
    headers: dict[str, str]
    signed_by: list[str] = field(default_factory=list)

    @property
    def document(self) -> dict[str, Any]:
        """The body."""
        return dict(json.loads(self.body))

    @property
    def type(self) -> str:
        """What it tells of."""
        return str(self.document["type"])


class Receiver:
    """`answer` is the status of the next answers, or a function of the request; `secrets` are those it knows."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.secrets: list[str] = []
        self.answer: int | Callable[[Received], int] = 204
        self.headers: dict[str, str] = {}
        self.body = b""
        self.delay = 0.0
        self.at_once = 0
        self.most_at_once = 0
        self._guard = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._answer(self)

            def do_GET(self) -> None:
                raise AssertionError("a redirect was followed")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/hook?for=pomona"

    @property
    def types(self) -> list[str]:
        """What it was told of, in the order of arrival."""
        return [each.type for each in self.received]

    def of(self, type: str) -> list[dict[str, Any]]:
        """The data of all messages of a type."""
        return [each.document["data"] for each in self.received if each.type == type]

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        got = Received(headers["webhook-id"], int(headers["webhook-timestamp"]), body, headers)
        signatures = headers["webhook-signature"].split(" ")
        got.signed_by = [each for each in self.secrets if signature(each, got) in signatures]
        with self._guard:
            self.received.append(got)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.delay)
        status = self.answer(got) if callable(self.answer) else self.answer
        with self._guard:
            self.at_once -= 1
        with contextlib.suppress(OSError):  # who does not wait for the answer
            self._send(handler, status)

    def _send(self, handler: BaseHTTPRequestHandler, status: int) -> None:
        handler.send_response(status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(self.body)))
        handler.end_headers()
        handler.wfile.write(self.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # with the usual five, connections that come at once are reset


def signature(secret: str, got: Received) -> str:
    """What the specification says that a message is signed with, written down once more."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = b"%s.%d.%s" % (got.id.encode(), got.seconds, got.body)
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def second_receiver() -> Iterator[Receiver]:
    """Another."""
    made = Receiver()
    yield made
    made.close()
