"""Which product a serial was made as, when nobody said.

The choice is drawn from a digest of the serial, so it is the same everywhere. Invented serials say their kind themselves:
they are 10 or 12 characters with exactly one letter O, which stands in place 1 to 6 (counted from 0) for the kinds 1 to 6,
and with neither a nought nor a letter I, so that nobody misreads the O.
"""

import hashlib
import struct

from pomona.catalogue.kinds import Kind
from pomona.catalogue.products import Product, spread

# Of a hundred devices in an organisation, about so many are of each kind.
SHARES = {
    Kind.IPHONE: 44,
    Kind.IPAD: 22,
    Kind.MAC: 24,
    Kind.APPLE_TV: 3,
    Kind.WATCH: 5,
    Kind.VISION: 2,
}
KIND_SPREAD = tuple(kind for kind, share in SHARES.items() for _ in range(share))
_BY_PLACE = (None, *sorted(Kind))

Draws = tuple[int, int, int, int, int, int]
"""Six independent numbers of 64 bits, all that is ever derived from a serial."""

_SIX = struct.Struct("<6Q")


def draws(serial: str) -> Draws:
    """The six numbers of a canonical serial. The first chooses the product, the others make its identifiers."""
    digest = hashlib.blake2b(serial.encode(), digest_size=48, person=b"pomona device").digest()
    return _SIX.unpack(digest)


def marked_kind(serial: str) -> Kind | None:
    """The kind an invented serial was made for; None for any other serial."""
    if len(serial) not in (10, 12) or serial.count("O") != 1 or "0" in serial or "I" in serial:
        return None
    place = serial.index("O")
    return _BY_PLACE[place] if place < len(_BY_PLACE) else None


def made_as(serial: str, draw: int, kind: Kind | None = None) -> Product:
    """The product of a serial, `draw` being the first of its numbers.

    Of the kind given, else of the kind that the serial is marked with, else of any kind in believable proportions.
    """
    if kind is None:
        kind = marked_kind(serial) or KIND_SPREAD[(draw & 0xFFFFF) % len(KIND_SPREAD)]
    lines = spread(kind)
    line = lines[(draw >> 20 & 0xFFFFF) % len(lines)]
    return line[(draw >> 40) % len(line)]
