"""An HTTP/1.1 client on a bare socket: one connection, one request at a time, next to no cost of its own."""

import socket
from typing import NamedTuple, Self

_HEAD_END = b"\r\n\r\n"
HOST = "pomona.example"
"""The same for every server, so that answers with absolute URLs are the same bytes whatever port they come from."""


class Answer(NamedTuple):
    """`head` is the status line and header fields as they came, in lower case."""

    status: int
    head: bytes
    body: bytes


class UnexpectedAnswer(RuntimeError):
    """A server answered what a bar cannot go on with."""


def request(
    method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> bytes:
    """A whole request, ready to be sent any number of times."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


class Connection:
    """A connection that is kept alive. Raises ConnectionRefusedError while nobody listens."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection((host, port), 120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 20)

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def send(self, raw: bytes) -> None:
        """Sends what `request` made."""
        self._socket.sendall(raw)

    def receive(self) -> Answer:
        """The next answer, which must say its length. Raises UnexpectedAnswer when the connection ends."""
        filled, head_end = 0, -1
        while head_end < 0:
            filled = self._more(filled)
            head_end = self._buffer.find(_HEAD_END, 0, filled)
        head = bytes(self._buffer[:head_end]).lower()
        start = head_end + len(_HEAD_END)
        end = start + _content_length(head)
        if end > len(self._buffer):
            self._buffer.extend(bytes(end - len(self._buffer)))
        while filled < end:
            filled = self._more(filled)
        return Answer(int(head[9:12]), head, bytes(self._buffer[start:end]))

    def ask(self, raw: bytes, expected: int = 200) -> bytes:
        """The body of the answer to a request. Raises UnexpectedAnswer for any other status."""
        self.send(raw)
        answer = self.receive()
        if answer.status != expected:
            asked = raw.partition(b"\r\n")[0].decode("latin-1")
            raise UnexpectedAnswer(
                f"{asked} was answered {answer.status}, expected {expected}: {answer.body[:500]!r}"
            )
        return answer.body

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _more(self, filled: int) -> int:
        with memoryview(self._buffer) as view:
            received = self._socket.recv_into(view[filled:])
        if not received:
            raise UnexpectedAnswer("the server ended the connection in the middle of an answer")
        return filled + received


def _content_length(head: bytes) -> int:
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        return 0
    return int(head[at + 17 :].partition(b"\r\n")[0])
