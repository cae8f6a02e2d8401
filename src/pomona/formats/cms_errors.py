"""What reading a CMS message can raise besides `BadSignature`."""

from collections.abc import Callable
from typing import TypeVar

from pomona.formats import ber
from pomona.formats.der import MalformedDer

_Read = TypeVar("_Read")


class MalformedCms(ValueError):
    """The bytes are no CMS message of the expected kind, or use a part of CMS that no client of this field uses."""


def reading(what: str, read: Callable[[bytes], _Read], data: bytes) -> _Read:
    """`read(data)`, once more with BER rewritten as DER if the first reading fails; MalformedCms naming `what` if both do."""
    try:
        return read(data)
    except MalformedDer:
        pass
    try:
        return read(ber.to_der(data))
    except MalformedDer as error:
        raise MalformedCms(f"not {what}: {error}") from None
