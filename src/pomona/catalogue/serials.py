"""Serial numbers: their one canonical form, and inventing new ones that no real device has."""

import random
from collections.abc import Iterator, Sequence

from pomona.catalogue.identifiers import is_serial
from pomona.catalogue.kinds import Kind
from pomona.catalogue.making import KIND_SPREAD, draws, made_as
from pomona.catalogue.products import Product

_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)


class InvalidSerial(ValueError):
    """The text cannot be a serial number; the message says why and what is expected."""


def canonical(text: str) -> str:
    """`text` without blanks around it and in upper case, as it is stored and compared.

    Raises InvalidSerial unless that leaves 8 to 20 characters of A to Z and 0 to 9.
    """
    if is_serial(text):
        return text
    serial = text.strip()
    # Only ASCII is raised: the capital of an ß is SS, and a wrong serial must not turn into somebody's right one.
    if serial.isascii() and is_serial(serial := serial.upper()):
        return serial
    raise InvalidSerial(_refusal(serial))


def generate(rng: random.Random, kind: Kind) -> str:
    """One invented serial of 10 (three in four) or 12 characters for a device of that kind.

    It contains the letter O, which no real serial does, and its place tells the kind; never an I or a nought.
    """
    number = rng.getrandbits(64)
    long = number & 3 == 0
    number, last = divmod(number >> 2, len(_LETTERS))
    text = _LETTERS[last]
    for _ in range(5 if long else 4):
        number, pair = divmod(number, len(_PAIRS))
        text += _PAIRS[pair]
    return f"{text[:kind]}O{text[kind:]}"


def batch(seed: int, count: int, kinds: Sequence[Kind] | None = None) -> list[tuple[str, Product]]:
    """`count` different invented serials, each with the product it was made as; the same for the same arguments.

    Given `kinds`, they are dealt in turn (a kind named twice comes twice as often). Otherwise the first devices are one
    of each kind and the rest in believable proportions. The product is the one that `infer` finds for the serial alone,
    so an order that carries only serials describes the same devices. Raises ValueError for a negative count or no kinds.
    """
    if count < 0:
        raise ValueError(f"{count} devices cannot be made; expected a count of 0 or more")
    if kinds is not None and not kinds:
        raise ValueError("no kind is given; expected at least one, or None for all of them")
    rng = random.Random(seed)
    seen: set[str] = set()
    devices: list[tuple[str, Product]] = []
    for kind in _dealt(rng, count, kinds):
        serial = generate(rng, kind)
        while serial in seen:
            serial = generate(rng, kind)
        seen.add(serial)
        devices.append((serial, made_as(serial, draws(serial)[0], kind)))
    return devices


def _dealt(rng: random.Random, count: int, kinds: Sequence[Kind] | None) -> Iterator[Kind]:
    each = tuple(Kind)
    for at in range(count):
        if kinds is not None:
            yield kinds[at % len(kinds)]
        else:
            yield each[at] if at < len(each) else KIND_SPREAD[rng.getrandbits(32) % len(KIND_SPREAD)]


def _refusal(serial: str) -> str:
    expected = "expected 8 to 20 letters A to Z and digits"
    if not serial:
        return f"the serial number is empty; {expected}"
    wrong = sorted({letter for letter in serial if not (letter.isascii() and letter.isalnum())})
    if wrong:
        named = " ".join(repr(letter) for letter in wrong[:5])
        return f"the serial number {serial[:40]!r} contains {named}; {expected}"
    return f"the serial number {serial[:40]!r} has {len(serial)} characters; {expected}"
