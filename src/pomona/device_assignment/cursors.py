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


class Cursor(NamedTuple):
    """`seq` is the operation up to which everything is known; `position` the last device of a fetch under way.

    `issued_at` in ms.
    """

    kind: Literal["fetch", "sync"]
    service_id: int
    seq: int
    position: int
    issued_at: int


def encode(keys: KeyRing, cursor: Cursor) -> str:
    """The text that a client is given."""
    kind = b"f" if cursor.kind == "fetch" else b"s"
    return keys.sign_text(_PURPOSE, _LAYOUT.pack(kind, *cursor[1:]))


def decode(keys: KeyRing, text: str, service_id: int) -> Cursor:
    """The cursor of a service. Refuses INVALID_CURSOR for anything that was not issued to it."""
    try:
        kind, *values = _LAYOUT.unpack(keys.verify_text(_PURPOSE, text))
        cursor = Cursor(_KINDS[kind], *values)
    except (BadSeal, struct.error, KeyError):
        raise Refused(400, "INVALID_CURSOR") from None
    if cursor.service_id != service_id:
        raise Refused(400, "INVALID_CURSOR")
    return cursor


def for_fetch(keys: KeyRing, text: str | None, service_id: int) -> Cursor | None:
    """Where a fetch goes on; None where it begins. A fetch that is finished refuses with EXHAUSTED_CURSOR."""
    if not text:
        return None
    cursor = decode(keys, text, service_id)
    if cursor.kind == "sync":
        raise Refused(400, "EXHAUSTED_CURSOR")
    return cursor


def for_sync(keys: KeyRing, text: str | None, service_id: int, now: int) -> Cursor:
    """From where to sync; a cursor of an unfinished fetch stands for the moment the fetch began.

    Refuses CURSOR_REQUIRED, INVALID_CURSOR, or EXPIRED_CURSOR seven days after its issue.
    """
    if not text:
        raise Refused(400, "CURSOR_REQUIRED")
    cursor = decode(keys, text, service_id)
    if now - cursor.issued_at > LIFE:
        raise Refused(400, "EXPIRED_CURSOR")
    return cursor
