"""Looking many devices up at once: which of these are ours, and where are they?"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from pomona.catalogue.identifiers import classify, is_serial
from pomona.catalogue.tables import csv_line
from pomona.registry import device_columns, device_search
from pomona.registry.device_search import DeviceLine
from pomona.registry.devices import first_number, last_number
from pomona.registry.errors import LimitExceeded
from pomona.store import Tx

MOST = 100_000
"""Devices that are looked up at a time."""

_PIECE = 5_000


class Answer(StrEnum):
    """What is known of one that was asked for. Another organisation's is not ours, as one that nobody has."""

    FOUND = "FOUND"
    RELEASED = "RELEASED"
    NOT_OURS = "NOT_OURS"
    MALFORMED = "MALFORMED"


class Hit(NamedTuple):
    """One answer: the line of the list, what stood there, and the device if it is or was here."""

    line: int
    text: str
    answer: Answer
    device: DeviceLine | None


def look_up(tx: Tx, organization_id: int, asked: Sequence[tuple[int, str]]) -> list[Hit]:
    """The answers to `(line, text)` pairs, in their order; a text is a serial number, IMEI or MEID.

    A long read for a long list. Raises `LimitExceeded` for too many.
    """
    if len(asked) > MOST:
        raise LimitExceeded(f"{len(asked):,} devices are too many at a time; at most {MOST:,} are looked up.")
    plain = ["".join(text.split()).upper() if text.isascii() else "" for _, text in asked]
    serials = {text for text in plain if is_serial(text)}
    numbers = _numbers(tx, organization_id, sorted(serials))
    others = sorted({text for text in plain if classify(text) != "serial"})
    numbers |= _identified(tx, organization_id, others)
    lines = _lines(tx, numbers.values())
    return [
        _hit(line, text, known, lines.get(numbers.get(known, 0)))
        for (line, text), known in zip(asked, plain, strict=True)
    ]


def counts(hits: Iterable[Hit]) -> dict[Answer, int]:
    """How many there are of each answer."""
    counted = dict.fromkeys(Answer, 0)
    for hit in hits:
        counted[hit.answer] += 1
    return counted


def csv(hits: Iterable[Hit], services: Mapping[int, str]) -> bytes:
    """The answers as a file: line, what was asked, the answer, and the columns of a list of devices."""
    nothing = ("",) * len(device_columns.HEADING)
    lines = [csv_line(("line", "asked", "answer", *device_columns.HEADING))]
    for hit in hits:
        cells = nothing if hit.device is None else device_columns.cells(hit.device, services)
        lines.append(csv_line((str(hit.line), hit.text, hit.answer.value, *cells)))
    return "".join(lines).encode()


def _hit(line: int, text: str, known: str, device: DeviceLine | None) -> Hit:
    if device is not None:
        return Hit(line, text, Answer.FOUND if device.released_at is None else Answer.RELEASED, device)
    return Hit(line, text, Answer.NOT_OURS if is_serial(known) else Answer.MALFORMED, None)


def _numbers(tx: Tx, organization_id: int, serials: Sequence[str]) -> dict[str, int]:
    """The devices of serials: those that are here, else the last that were."""
    bounds = first_number(organization_id), last_number(organization_id)
    released = tx.rows(
        f"SELECT d.serial, max(d.id) FROM {tx.each('$1')} e JOIN device d ON d.serial = e.v"
        " AND d.released_at IS NOT NULL WHERE d.id BETWEEN $2 AND $3 GROUP BY d.serial",
        *(tx.pack(serials), *bounds),
    )
    owned = tx.rows(
        f"SELECT o.serial, o.device_id FROM {tx.each('$1')} e JOIN serial_owner o ON o.serial = e.v"
        " WHERE o.device_id BETWEEN $2 AND $3",
        *(tx.pack(serials), *bounds),
    )
    return dict(released) | dict(owned)


def _identified(tx: Tx, organization_id: int, identifiers: Sequence[str]) -> dict[str, int]:
    rows = tx.rows(
        f"SELECT e.v, max(i.device_id) FROM {tx.each('$1')} e JOIN device_identifier i ON i.value = substr(e.v, 1, 14)"
        " WHERE i.device_id BETWEEN $2 AND $3 GROUP BY e.v",
        *(tx.pack(identifiers), first_number(organization_id), last_number(organization_id)),
    )
    return dict(rows)


def _lines(tx: Tx, ids: Iterable[int]) -> dict[int, DeviceLine]:
    distinct = sorted(set(ids))
    found: dict[int, DeviceLine] = {}
    for first in range(0, len(distinct), _PIECE):
        found.update(
            (line.id, line) for line in device_search.of_numbers(tx, distinct[first : first + _PIECE])
        )
    return found
