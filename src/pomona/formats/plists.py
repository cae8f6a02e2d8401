"""Apple's property lists, XML and binary: the body of every message between a device and its management service.

XML goes through the standard library's C parser and a short walk, twice as fast as `plistlib`. Values are `str`, `int`,
`float`, `bool`, `bytes`, `list`, `dict` and, for dates, aware `datetime` in UTC.
"""

import binascii
import re
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser

from pomona.formats import binary_plist
from pomona.formats.plist_errors import MalformedPlist
from pomona.formats.plist_writer import dumps

__all__ = ["MalformedPlist", "dumps", "loads"]

_DOCTYPE = re.compile(rb"""<!DOCTYPE(?:[^\[>"']|"[^"]*"|'[^']*')*+>""")
_SMALLEST, _LARGEST = -(1 << 63), (1 << 64) - 1


def loads(data: bytes, *, max_bytes: int = 4 << 20, max_depth: int = 64) -> dict[str, Any]:
    """Read a property list whose top level is a dictionary.

    `max_bytes` bounds the size and `max_depth` the nesting of collections. Entity declarations, DTD internal subsets and
    encodings other than those that extend ASCII are refused before anything is parsed. Raises MalformedPlist.
    """
    if len(data) > max_bytes:
        raise MalformedPlist(f"the property list has {len(data)} bytes; at most {max_bytes} are accepted")
    if data.startswith(binary_plist.MAGIC):
        value = binary_plist.read(data, max_depth)
    else:
        value = _Walk(max_depth).value(_root(data), 0)
    if not isinstance(value, dict):
        raise MalformedPlist(f"the top level is a {type(value).__name__}; expected a dictionary")
    return value


def _root(data: bytes) -> Element:
    _refuse_declarations(data)
    parser = XMLParser()  # noqa: S314 - declarations were refused above
    try:
        parser.feed(data)
        root = parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise MalformedPlist(f"not a property list: {error}") from None
    if root.tag != "plist":
        return root
    if len(root) != 1:
        raise MalformedPlist(f"<plist> has {len(root)} elements; expected one")
    return root[0]


def _refuse_declarations(data: bytes) -> None:
    # A NUL means UTF-16 or UTF-32, where the searches below would find nothing; no XML may contain one otherwise.
    if b"\0" in data:
        raise MalformedPlist("the property list has NUL bytes; expected UTF-8")
    if b"<!ENTITY" in data:
        raise MalformedPlist("the property list declares entities; none are accepted")
    first = data.find(b"<!DOCTYPE")
    if first != -1 and (_DOCTYPE.match(data, first) is None or data.find(b"<!DOCTYPE", first + 1) != -1):
        raise MalformedPlist(
            "the document type has an internal subset; expected only Apple's PropertyList-1.0.dtd"
        )


class _Walk:
    def __init__(self, max_depth: int) -> None:
        self._max_depth = max_depth

    def value(self, element: Element, depth: int) -> Any:
        tag = element.tag
        if tag == "string":
            return _text(element)
        if tag == "dict":
            return self._dict(element, depth + 1)
        if tag == "array":
            self._check(depth + 1)
            return [self.value(child, depth + 1) for child in element]
        leaf = _LEAVES.get(tag)
        if leaf is None:
            raise MalformedPlist(f"<{tag[:40]}> is not an element of a property list")
        text = _text(element)
        try:
            return leaf(text)
        except (ValueError, OverflowError):
            raise MalformedPlist(f"<{tag}> cannot be {text[:40]!r}") from None

    def _dict(self, element: Element, depth: int) -> dict[str, Any]:
        self._check(depth)
        found: dict[str, Any] = {}
        children = iter(element)
        for key in children:
            if key.tag != "key":
                raise MalformedPlist(f"<dict> has <{key.tag[:40]}> where a <key> was expected")
            name = _text(key)
            value = next(children, None)
            if value is None:
                raise MalformedPlist(f"key {name[:40]!r} has no value")
            found[name] = self.value(value, depth)
        return found

    def _check(self, depth: int) -> None:
        if depth > self._max_depth:
            raise MalformedPlist(f"collections nest deeper than {self._max_depth} levels")


def _text(element: Element) -> str:
    if len(element):
        raise MalformedPlist(f"<{element.tag[:40]}> has elements inside; expected text")
    return element.text or ""


def _integer(text: str) -> int:
    text = text.strip()
    number = int(text, 16) if text[:3].lower().lstrip("+-").startswith("0x") else int(text)
    if not _SMALLEST <= number <= _LARGEST:
        raise ValueError
    return number


def _date(text: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError
    return moment


_LEAVES: dict[str, Any] = {
    "true": lambda _: True,
    "false": lambda _: False,
    "integer": _integer,
    "real": float,
    "data": binascii.a2b_base64,
    "date": _date,
}
