"""Bodies that are small to send and large, deep or endless to read."""

import gzip
import json
import struct
from collections.abc import Iterator

DEEP = 60_000
TO_THE_LIMIT = (200, 500, 900)
"""Depths that Python's own recursion just allows: what reads a body may, and what works on it afterwards must too."""


def nested() -> Iterator[tuple[str, bytes]]:
    """Collections in collections, in every notation that a face reads; each with a name."""
    yield "json arrays", b"[" * DEEP + b"]" * DEEP
    yield "json objects", b'{"a":' * DEEP + b"1" + b"}" * DEEP
    yield "json arrays without end", b"[" * (9 * DEEP)
    for depth in TO_THE_LIMIT:
        inside = "[" * depth + "]" * depth
        yield (
            f"json {depth} deep",
            b'{"profile_name":"P","url":"https://a.example","more":' + inside.encode() + b"}",
        )
    yield "xml arrays", b"<plist>" + b"<array>" * DEEP + b"</array>" * DEEP + b"</plist>"
    yield (
        "xml in a dictionary",
        b"<plist>" + b"<dict><key>a</key>" * (DEEP // 2) + b"</dict>" * (DEEP // 2) + b"</plist>",
    )
    yield "xml entities", _laughing_xml()
    yield (
        "binary arrays",
        _binary_plist([bytes([0xA1]) + struct.pack(">I", n + 1) for n in range(DEEP)] + [b"\x50"], 4),
    )
    yield (
        "binary arrays that share",
        _binary_plist([b"\xaa" + bytes([n + 1]) * 10 for n in range(60)] + [b"\x50"], 1),
    )
    yield "binary array in itself", _binary_plist([b"\xa2\x00\x00"], 1)
    yield "ber without end", b"\x30\x80" * DEEP
    yield "ber octet strings", b"\x24\x80" * DEEP + b"\0\0" * DEEP
    yield "der sequences", _sequences(60_000)


def bomb(size: int = 300_000_000) -> bytes:
    """A document of so many bytes, compressed a thousandfold."""
    piece = b" " * 1_000_000
    return gzip.compress(piece, 9) * (size // len(piece))


def oversized_json(size: int) -> bytes:
    """A JSON document of exactly so many bytes, the most of it blanks."""
    return json.dumps({"devices": []}).encode().ljust(size)


def _laughing_xml() -> bytes:
    lines = ['<!ENTITY a0 "ha">'] + [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    return f"<!DOCTYPE plist [{''.join(lines)}]><plist><string>&a11;</string></plist>".encode()


def _binary_plist(objects: list[bytes], reference: int) -> bytes:
    """A binary property list of these objects, the first of them its top; they refer by `reference` bytes."""
    body, offsets = bytearray(b"bplist00"), []
    for each in objects:
        offsets.append(len(body))
        body += each
    table = len(body)
    body += b"".join(struct.pack(">I", offset) for offset in offsets)
    return bytes(body) + struct.pack(">6xBBQQQ", 4, reference, len(objects), 0, table)


def _sequences(depth: int) -> bytes:
    """Definite lengths from the inside out, as long as they fit into two bytes."""
    parts: list[bytes] = []
    length = 0
    while len(parts) < depth and length < 65_000:
        head = bytes([0x30, length]) if length < 0x80 else b"\x30\x82" + length.to_bytes(2, "big")
        parts.append(head)
        length += len(head)
    return b"".join(reversed(parts))
