"""Turning BER into DER where Apple's own signers and Java's libraries use its freedoms.

iPhones send CMS with indefinite lengths and octet strings in pieces. Rewriting those first leaves one strict reader for
everything after it.
"""

from pomona.formats.der import OCTET_STRING, MalformedDer, Reader, tlv

_DEPTH = 32
_ELEMENTS = 10_000
_CONSTRUCTED = 0x20
_PIECES = OCTET_STRING | _CONSTRUCTED


def to_der(data: bytes) -> bytes:
    """The first element of `data` with definite lengths and whole octet strings; what already is DER stays byte for byte.

    Raises MalformedDer when it is no BER, or nests or branches further than any CMS message does.
    """
    return _Rewriter(data).element(0, len(data), 0)[0]


class _Rewriter:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _ELEMENTS

    def element(self, at: int, end: int, depth: int) -> tuple[bytes, int]:
        self._left -= 1
        if depth > _DEPTH or self._left < 0:
            raise MalformedDer("nested deeper or made of more elements than any CMS message")
        data = self._data
        if at + 2 > end:
            raise MalformedDer("an element is missing or cut off")
        tag, indefinite = data[at], data[at + 1] == 0x80
        if not tag & _CONSTRUCTED or tag & 0x1F == 0x1F:
            stop = at + len(Reader(data, at, end).whole())
            return data[at:stop], stop
        if indefinite:
            parts, stop = self._until_mark(at + 2, end, depth)
        else:
            whole = Reader(data, at, end).whole()
            stop = at + len(whole)
            content = Reader(whole).take()
            parts = self._until_end(stop - len(content), stop, depth)
            if tag != _PIECES and b"".join(parts) == content:
                return whole, stop
        if tag == _PIECES:
            return tlv(OCTET_STRING, *(Reader(part).take(OCTET_STRING) for part in parts)), stop
        return tlv(tag, *parts), stop

    def _until_mark(self, at: int, end: int, depth: int) -> tuple[list[bytes], int]:
        parts = []
        while self._data[at : at + 2] != b"\0\0":
            part, at = self.element(at, end, depth + 1)
            parts.append(part)
        if at + 2 > end:
            raise MalformedDer("the end of an indefinite length lies outside what surrounds it")
        return parts, at + 2

    def _until_end(self, at: int, end: int, depth: int) -> list[bytes]:
        parts = []
        while at < end:
            part, at = self.element(at, end, depth + 1)
            parts.append(part)
        return parts
