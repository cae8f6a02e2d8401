"""A request and its answer, no more than the faces of devices need: they poll, and every layer would count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

PLAIN = "text/plain; charset=utf-8"
JSON = "application/json"


class BodyTooLarge(Exception):
    """The body has more bytes than are taken; nothing of it was kept."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is too large; at most {limit} bytes are taken.")


class Disconnected(Exception):
    """The client went away before it had said everything: there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response. Without a content type none is sent, as befits an empty body."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Sequence[tuple[str, str]] = ()

    async def send(self, send: Send) -> None:
        """Sends it."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        if self.content_type:
            headers.append((b"content-type", self.content_type.encode("latin-1")))
        headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def sentence(status: int, text: str) -> Answer:
    """An answer in one line for people."""
    return Answer(status, f"{text}\n".encode(), PLAIN)


class Call:
    """One HTTP request."""

    __slots__ = ("_receive", "method", "path", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._receive = receive

    def header(self, name: bytes) -> str | None:
        """The first header of that lower-case name."""
        for key, value in self.scope["headers"]:
            if key == name:
                text: str = value.decode("latin-1")
                return text
        return None

    def query(self) -> dict[str, str]:
        """The query's parameters, of each name the first. A query that is not UTF-8 has replacement characters."""
        raw: bytes = self.scope.get("query_string", b"")
        found: dict[str, str] = {}
        for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="replace"):
            found.setdefault(name, value)
        return found

    async def body(self, limit: int) -> bytes:
        """The whole body. Raises `BodyTooLarge` before more than `limit` bytes are kept, or `Disconnected`."""
        parts: list[bytes] = []
        size = 0
        while True:
            message: Any = await self._receive()
            if message["type"] != "http.request":
                raise Disconnected
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise BodyTooLarge(limit)
            if part:
                parts.append(part)
            if not message.get("more_body"):
                return parts[0] if len(parts) == 1 else b"".join(parts)
