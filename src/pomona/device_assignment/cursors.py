"""Cursors: where a service stands in a full fetch, or in the log of changes.

A cursor is signed, not stored. It belongs to the service and not to its token, so that renewing the token keeps it, and
it has 66 characters, well below the 128 that one client can keep.
"""

import struct
from typing import Literal, NamedTuple

from pomona.device_assignment.errors import Refused
from pomona.keys.keyring import BadSeal, KeyRing

LIFE = 7 * 86_400_000
"""Milliseconds after which a cursor no longer syncs; counted from its issue."""

_PURPOSE = "assignment-cursor"
_LAYOUT = struct.Struct(">cQQQQ")
_KINDS: dict[bytes, Literal["fetch", "sync"]] = {b"f": "fetch", b"s": "sync"}
_REMEMBERED = 1_000


class Cursor(NamedTuple):
    """`seq` is the operation up to which everything is known; `position` the last device of a fetch under way.

    `issued_at` in ms.
    """

    kind: Literal["fetch", "sync"]
    service_id: int
    seq: int
    position: int
    issued_at: int


class Cursors:
    """Makes and reads cursors. Those it has just made it knows without checking their signature."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._made: dict[str, Cursor] = {}

    def encode(self, cursor: Cursor) -> str:
        """The text that a client is given."""
        kind = b"f" if cursor.kind == "fetch" else b"s"
        text = self._keys.sign_text(_PURPOSE, _LAYOUT.pack(kind, *cursor[1:]))
        if len(self._made) >= _REMEMBERED:
            self._made.clear()
        self._made[text] = cursor
        return text

    def decode(self, text: str, service_id: int) -> Cursor:
        """The cursor of a service. Refuses INVALID_CURSOR for anything that was not issued to it."""
        cursor = self._made.get(text) or self._checked(text)
        if cursor.service_id != service_id:
            raise Refused(400, "INVALID_CURSOR")
        return cursor

    def for_fetch(self, text: str | None, service_id: int) -> Cursor | None:
        """Where a fetch goes on; None where it begins. A fetch that is finished refuses with EXHAUSTED_CURSOR."""
        if not text:
            return None
        cursor = self.decode(text, service_id)
        if cursor.kind == "sync":
            raise Refused(400, "EXHAUSTED_CURSOR")
        return cursor

    def for_sync(self, text: str | None, service_id: int, now: int) -> Cursor:
        """From where to sync; a cursor of an unfinished fetch stands for the moment the fetch began.

        Refuses CURSOR_REQUIRED, INVALID_CURSOR, or EXPIRED_CURSOR seven days after its issue.
        """
        if not text:
            raise Refused(400, "CURSOR_REQUIRED")
        cursor = self.decode(text, service_id)
        if now - cursor.issued_at > LIFE:
            raise Refused(400, "EXPIRED_CURSOR")
        return cursor

    def _checked(self, text: str) -> Cursor:
        try:
            kind, *values = _LAYOUT.unpack(self._keys.verify_text(_PURPOSE, text))
            return Cursor(_KINDS[kind], *values)
        except (BadSeal, struct.error, KeyError):
            raise Refused(400, "INVALID_CURSOR") from None
