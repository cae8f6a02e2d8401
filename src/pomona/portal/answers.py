"""What a page's function gives back; the door makes an HTTP response of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pomona.store import Tx


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: a template of `templates/` and what it shows. `status` is the HTTP status."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """The change was made: go and see `location`. `said` is a key of `notices.NOTICES`."""

    location: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is small enough to be made at once. `name` is proposed to the browser."""

    name: str
    media_type: str
    body: bytes


Piece = tuple[bytes, Any]
"""A piece of a file, and what the next piece is asked for with; None after the last."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A file of any size. `piece` is called in a transaction of its own for each piece, first with `start`."""

    name: str
    media_type: str
    piece: Callable[[Tx, Any], Piece]
    start: Any


Answer = Shown | Moved | Download | Stream
