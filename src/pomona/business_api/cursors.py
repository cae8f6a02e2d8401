"""Cursors: where a list goes on. They carry everything, so that any process can answer them."""

import struct

from pomona.business_api.errors import bad_parameter
from pomona.keys.keyring import BadSeal
from pomona.runtime import Runtime

LIFE = 7 * 86_400_000
"""Milliseconds: clients keep cursors to go on with a big listing the next day."""

_PURPOSE = "business-api-cursor"
_FORM = struct.Struct(">16sqq")


def make(runtime: Runtime, listing: str, owner: int, key: int, now: int) -> str:
    """A cursor behind `key` in a listing (its name, and whose it is: an organisation's or a service's number)."""
    return runtime.keys.sign_text(_PURPOSE, _FORM.pack(_mark(runtime, listing, owner), key, now))


def key_of(runtime: Runtime, cursor: str | None, listing: str, owner: int, now: int) -> int | None:
    """The key to go on behind, None at the beginning.

    Raises `ApiError` 400 for a cursor that was not made here, belongs to another listing or is older than a week.
    """
    if cursor is None:
        return None
    try:
        mark, key, made = _FORM.unpack(runtime.keys.verify_text(_PURPOSE, cursor))
    except (BadSeal, ValueError, struct.error):
        raise bad_parameter("cursor", "The cursor is not one that was handed out here.") from None
    if mark != _mark(runtime, listing, owner):
        raise bad_parameter("cursor", "The cursor belongs to another list than the one it was sent to.")
    if now - made > LIFE:
        raise bad_parameter("cursor", "The cursor is older than a week; begin the list again without it.")
    return int(key)


def _mark(runtime: Runtime, listing: str, owner: int) -> bytes:
    return runtime.keys.sign(_PURPOSE + "-listing", f"{listing}:{owner}".encode())
