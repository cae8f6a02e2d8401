"""What is read of a request: the header fields that matter, and a body no larger than allowed."""

from collections.abc import Iterable

from starlette.types import Receive

_JSON = ("*/*", "application/*", "application/json", "application/vnd.api+json")


class TooLarge(ValueError):
    """The body is larger than allowed; the text says by how much it may be."""


class Disconnected(Exception):
    """The client left before its body was complete; there is nobody to answer."""


class Headers:
    """The fields that this API looks at."""

    __slots__ = ("_accept", "_length", "authorization")

    def __init__(self, fields: Iterable[tuple[bytes, bytes]]) -> None:
        self.authorization: bytes | None = None
        self._accept: list[bytes] = []
        self._length = b""
        for name, value in fields:
            if name == b"authorization":
                self.authorization = value
            elif name == b"accept":
                self._accept.append(value)
            elif name == b"content-length":
                self._length = value

    @property
    def accepts_json(self) -> bool:
        """Whether the client takes `application/json`; one that says nothing takes everything."""
        if not self._accept or self._accept == [b"*/*"]:
            return True
        ranges = b",".join(self._accept).decode("latin-1").lower().split(",")
        return any(_takes_json(each) for each in ranges)

    @property
    def content_length(self) -> int:
        """The announced size of the body, 0 when none is."""
        return int(self._length) if self._length.isdigit() else 0


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """The whole body. Raises `TooLarge` as soon as it is known to have more than `limit` bytes, `Disconnected`."""
    if headers.content_length > limit:
        raise TooLarge(f"The body has {headers.content_length} bytes; at most {limit} are taken.")
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise TooLarge(f"The body has more than {limit} bytes, which is the most that is taken.")
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


def _takes_json(media_range: str) -> bool:
    kind, *parameters = (part.strip() for part in media_range.split(";"))
    if kind not in _JSON:
        return False
    weights = [part[2:].strip() for part in parameters if part.replace(" ", "").startswith("q=")]
    return not any(weight.strip("0.") == "" for weight in weights)
