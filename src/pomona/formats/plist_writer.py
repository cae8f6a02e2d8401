"""Writing property lists as XML, in the order of the dictionary and without the indentation nobody reads."""

import re
from binascii import b2a_base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
    '<plist version="1.0">\n'
)
_SPECIAL = re.compile("[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_SMALLEST, _LARGEST = -(1 << 63), (1 << 64) - 1


def dumps(value: Any) -> bytes:
    """`value` as an XML property list.

    Takes `str`, `int` of 64 bits, `float`, `bool`, `bytes`, `datetime` (naive ones count as UTC; whole seconds), lists, tuples
    and mappings with string keys. Raises TypeError for other types, None among them, and ValueError for what XML cannot
    carry: control characters, larger integers.
    """
    out = [_HEAD]
    _write(value, out.append)
    out.append("</plist>\n")
    return "".join(out).encode()


def _write(value: Any, put: Any) -> None:
    if isinstance(value, str):
        put(f"<string>{_escaped(value)}</string>\n")
    elif isinstance(value, Mapping):
        put("<dict>\n")
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a property list's keys are strings, not {type(key).__name__}")
            put(f"<key>{_escaped(key)}</key>\n")
            _write(item, put)
        put("</dict>\n")
    elif isinstance(value, list | tuple):
        put("<array>\n")
        for item in value:
            _write(item, put)
        put("</array>\n")
    else:
        put(_leaf(value))


def _leaf(value: Any) -> str:
    if isinstance(value, bool):
        return "<true/>\n" if value else "<false/>\n"
    if isinstance(value, int):
        if not _SMALLEST <= value <= _LARGEST:
            raise ValueError("a property list's integers have at most 64 bits")
        return f"<integer>{value}</integer>\n"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<data>{b2a_base64(value, newline=False).decode()}</data>\n"
    if isinstance(value, float):
        return f"<real>{value!r}</real>\n"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return f"<date>{moment.isoformat(timespec='seconds')[:19]}Z</date>\n"
    raise TypeError(f"a property list cannot hold {type(value).__name__}")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character not in _ESCAPES:
        raise ValueError(f"XML cannot carry the character U+{ord(character):04X}; send it as data")
    return _ESCAPES[character]
