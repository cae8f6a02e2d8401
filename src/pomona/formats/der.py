"""Reading and writing DER, as far as CMS, X.509 and PKCS #10 need it (X.690).

The reader is a cursor over bytes that never copies what it only steps over: a detached signature is checked on every poll
of every managed device, and a general ASN.1 library takes longer for the walk than OpenSSL takes for the RSA operation.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Self

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, PRINTABLE_STRING, T61_STRING, IA5_STRING = 0x0C, 0x13, 0x14, 0x16
UTC_TIME, GENERALIZED_TIME, UNIVERSAL_STRING, BMP_STRING = 0x17, 0x18, 0x1C, 0x1E
SEQUENCE, SET = 0x30, 0x31
CONTEXT_0, CONTEXT_1, CONTEXT_3 = 0xA0, 0xA1, 0xA3
PRIMITIVE_0 = 0x80

_STRINGS = {
    UTF8_STRING: "utf-8",
    PRINTABLE_STRING: "ascii",
    T61_STRING: "latin-1",
    IA5_STRING: "ascii",
    BMP_STRING: "utf-16-be",
    UNIVERSAL_STRING: "utf-32-be",
}


class MalformedDer(ValueError):
    """The bytes are not the DER structure that was expected here."""


class Reader:
    """A cursor over the elements of one constructed value.

    Every method that steps forward raises MalformedDer when the next element is missing, cut off, longer than what
    surrounds it, or of another tag than the one asked for. Indefinite lengths are refused: `ber.to_der` removes them.
    """

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self._data = data
        self._at = at
        self._end = len(data) if end is None else end

    def _next(self, tag: int | None) -> tuple[int, int]:
        data, at = self._data, self._at
        start = at + 2
        if start > self._end:
            raise MalformedDer("an element is missing or cut off")
        if tag is not None and data[at] != tag:
            raise MalformedDer(f"expected tag {tag:#04x}, found {data[at]:#04x}")
        if data[at] & 0x1F == 0x1F:
            raise MalformedDer("tag numbers above 30 do not occur here")
        length = data[at + 1]
        if length >= 0x80:
            count = length & 0x7F
            if not 0 < count <= 4:
                raise MalformedDer("indefinite or oversized length")
            length = int.from_bytes(data[start : start + count], "big")
            start += count
        stop = start + length
        if stop > self._end:
            raise MalformedDer("an element is longer than what surrounds it")
        self._at = stop
        return start, stop

    def peek(self) -> int:
        """The next element's tag, or -1 when nothing is left."""
        return self._data[self._at] if self._at < self._end else -1

    def take(self, tag: int | None = None) -> bytes:
        """Step over the next element and return its contents."""
        start, stop = self._next(tag)
        return self._data[start:stop]

    def whole(self, tag: int | None = None) -> bytes:
        """Step over the next element and return it complete, header included."""
        at = self._at
        return self._data[at : self._next(tag)[1]]

    def enter(self, tag: int) -> Self:
        """Step over the next element and return a reader of its contents."""
        start, stop = self._next(tag)
        return type(self)(self._data, start, stop)

    def skip(self, tag: int | None = None) -> None:
        """Step over the next element."""
        self._next(tag)

    def all(self) -> list[bytes]:
        """Every element that is left, each complete."""
        found = []
        while self._at < self._end:
            found.append(self.whole())
        return found


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element: the tag, the DER length and the joined parts."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of complete elements."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """SET OF complete elements, in the order DER asks for."""
    return tlv(SET, *sorted(parts))


def integer(value: int) -> bytes:
    """INTEGER, shortest two's complement form."""
    return tlv(INTEGER, value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER of a dotted string such as `1.2.840.113549.1.1.1`."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return tlv(OID, bytes(content))


def dotted(element: bytes) -> str:
    """The dotted string of a complete OBJECT IDENTIFIER element. Raises MalformedDer."""
    content = Reader(element).take(OID)
    if not content or content[-1] & 0x80 or len(content) > 64:
        raise MalformedDer("not an object identifier")
    arcs, arc = [], 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def text(element: bytes) -> str:
    """The text of a complete string element of any of the DirectoryString kinds. Raises MalformedDer."""
    encoding = _STRINGS.get(element[0]) if element else None
    if encoding is None:
        raise MalformedDer("expected a character string")
    try:
        return Reader(element).take().decode(encoding)
    except UnicodeDecodeError:
        raise MalformedDer("a character string has bytes that its kind does not allow") from None


def time(element: bytes) -> datetime:
    """The moment of a complete UTCTime or GeneralizedTime element, aware, in UTC. Raises MalformedDer."""
    tag = element[0] if element else -1
    try:
        digits = Reader(element).take().decode("ascii")
        if tag == UTC_TIME:
            digits = ("19" if digits[:2] >= "50" else "20") + digits
        elif tag != GENERALIZED_TIME:
            raise ValueError
        zone = digits[14:].lstrip("0123456789.")
        offset = timedelta() if zone == "Z" else _offset(zone)
        parts = [int(digits[i:j]) for i, j in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))]
        year, month, day, hour, minute, second = parts
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedDer("not a time in the form YYYYMMDDHHMMSSZ") from None


def _offset(zone: str) -> timedelta:
    if len(zone) != 5 or zone[0] not in "+-":
        raise ValueError
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    return -offset if zone[0] == "-" else offset


def utc_time(moment: datetime) -> bytes:
    """UTCTime up to 2049 and GeneralizedTime after, as RFC 5280 and RFC 5652 ask; `moment` must be aware."""
    moment = moment.astimezone(UTC)
    if 1950 <= moment.year < 2050:
        return tlv(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode().rjust(15, b"0"))
