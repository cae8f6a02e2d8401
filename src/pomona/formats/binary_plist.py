"""Reading binary property lists (`bplist00`), which any client may send instead of XML.

The standard library follows whatever the offsets say: a few kilobytes that refer to themselves or overlap make it allocate
gigabytes. Here every byte and every reference of the file may be used about once, so the work is bounded by its size.
"""

import struct
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pomona.formats.plist_errors import MalformedPlist

MAGIC: Final = b"bplist00"

_TRAILER = struct.Struct(">6xBBQQQ")
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
_FLOATS = {2: struct.Struct(">f"), 3: struct.Struct(">d")}
_STRINGS = (0x5, 0x6)
_SINGLETONS = {0x08: False, 0x09: True}


def read(data: bytes, max_depth: int) -> Any:
    """The top value of a binary property list whose collections nest at most `max_depth` deep. Raises MalformedPlist."""
    try:
        return _Objects(data, max_depth).top()
    except (IndexError, struct.error, UnicodeDecodeError, OverflowError):
        raise MalformedPlist("the binary property list is damaged") from None


class _Objects:
    def __init__(self, data: bytes, max_depth: int) -> None:
        if len(data) < len(MAGIC) + _TRAILER.size:
            raise MalformedPlist("the binary property list is cut off")
        self._data = data
        self._max_depth = max_depth
        self._budget = 2 * len(data)
        self._leaves: dict[int, Any] = {}
        offset_size, self._ref_size, count, self._top, table = _TRAILER.unpack_from(
            data, len(data) - _TRAILER.size
        )
        if not 1 <= offset_size <= 8 or not 1 <= self._ref_size <= 8 or count * offset_size > len(data):
            raise MalformedPlist("the binary property list's trailer is damaged")
        self._offsets = self._integers(table, count, offset_size)

    def top(self) -> Any:
        return self._object(self._top, 0)

    def _integers(self, at: int, count: int, size: int) -> list[int]:
        end = at + count * size
        if end > len(self._data):
            raise IndexError
        return [int.from_bytes(self._data[i : i + size], "big") for i in range(at, end, size)]

    def _spend(self, amount: int) -> None:
        self._budget -= amount
        if self._budget < 0:
            raise MalformedPlist("the binary property list uses the same bytes again and again")

    def _object(self, ref: int, depth: int) -> Any:
        if ref in self._leaves:
            return self._leaves[ref]
        at = self._offsets[ref]
        kind, low = self._data[at] >> 4, self._data[at] & 0x0F
        if kind in (0xA, 0xD):
            if depth >= self._max_depth:
                raise MalformedPlist(f"collections nest deeper than {self._max_depth} levels")
            return self._collection(at, kind, low, depth + 1)
        value, size = self._leaf(at, kind, low)
        self._spend(size)
        self._leaves[ref] = value
        return value

    def _collection(self, at: int, kind: int, low: int, depth: int) -> Any:
        count, start = self._size(at, low)
        self._spend(1 + count * (2 if kind == 0xD else 1) * self._ref_size)
        refs = self._integers(start, count, self._ref_size)
        if kind == 0xA:
            return [self._object(ref, depth) for ref in refs]
        values = self._integers(start + count * self._ref_size, count, self._ref_size)
        return {self._key(key): self._object(value, depth) for key, value in zip(refs, values, strict=True)}

    def _key(self, ref: int) -> str:
        if self._data[self._offsets[ref]] >> 4 not in _STRINGS:
            raise MalformedPlist("a dictionary has a key that is no string")
        return str(self._object(ref, 0))

    def _leaf(self, at: int, kind: int, low: int) -> tuple[Any, int]:
        if kind == 0x0 and low in _SINGLETONS:
            return _SINGLETONS[low], 1
        if kind == 0x1 and low <= 4:
            # Up to four bytes are unsigned, eight are signed, sixteen hold what does not fit into eight.
            number = int.from_bytes(self._bytes(at + 1, 1 << low), "big", signed=low >= 3)
            if number >> 64 not in (0, -1):
                raise MalformedPlist("an integer has more than 64 bits")
            return number, 1 + (1 << low)
        if kind == 0x2 and low in _FLOATS:
            return _FLOATS[low].unpack_from(self._data, at + 1)[0], 1 + (1 << low)
        if kind == 0x3 and low == 3:
            return self._date(at), 9
        if kind in (0x4, 0x5, 0x6):
            count, start = self._size(at, low)
            raw = self._bytes(start, count * (2 if kind == 0x6 else 1))
            return raw if kind == 0x4 else raw.decode("ascii" if kind == 0x5 else "utf-16-be"), 1 + len(raw)
        raise MalformedPlist(f"object type {kind:x}{low:x} does not occur in property lists of this protocol")

    def _date(self, at: int) -> datetime:
        seconds = _FLOATS[3].unpack_from(self._data, at + 1)[0]
        try:
            return _EPOCH + timedelta(seconds=seconds)
        except ValueError:
            raise MalformedPlist("a date is not a number") from None

    def _size(self, at: int, low: int) -> tuple[int, int]:
        if low != 0x0F:
            return low, at + 1
        power = self._data[at + 1]
        if power >> 4 != 1 or power & 0x0F > 3:
            raise MalformedPlist("a length is no integer")
        size = 1 << (power & 0x0F)
        return int.from_bytes(self._bytes(at + 2, size), "big"), at + 2 + size

    def _bytes(self, at: int, count: int) -> bytes:
        if at + count > len(self._data):
            raise IndexError
        return self._data[at : at + count]
