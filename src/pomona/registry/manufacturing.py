"""Manufacturing records: what each serial was made as, for the whole installation, loaded before or after it arrives."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from pomona.catalogue.facts import Facts
from pomona.catalogue.products import by_part_number
from pomona.catalogue.records import Record
from pomona.registry import audit, fact_corrections
from pomona.registry.actors import Actor
from pomona.registry.errors import NotFound
from pomona.registry.suppliers import INSTALLATION
from pomona.store import Row, Tx

CHUNK = 5_000
"""Records that are loaded in a transaction: a quarter of a second at most, so that others get their turn."""

SUBJECT = audit.Subject("CATALOGUE", "manufacturing", "Manufacturing records")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, str]).decode
_COLUMNS = "m.serial, m.part_number, m.told, m.loaded_at"


class Stored(NamedTuple):
    """A record and when it was loaded (milliseconds)."""

    record: Record
    loaded_at: int


class Loaded(NamedTuple):
    """How many records were new, differed from what was known, and said the same; how many devices that are here already
    were corrected."""

    new: int = 0
    changed: int = 0
    same: int = 0
    corrected: int = 0

    def plus(self, other: "Loaded") -> "Loaded":
        """The sum of two loads."""
        return Loaded(*(one + more for one, more in zip(self, other, strict=True)))


def load(tx: Tx, records: Sequence[Record], *, actor: Actor, now: int) -> Loaded:
    """Keeps records of distinct serials, over those that were known of them.

    Devices that are here and were taken for something else are corrected: their services are told, and the audit log of
    each organisation names them.
    """
    by_serial = {record.serial: record for record in records}
    written = {serial: _encode(record.told).decode() for serial, record in by_serial.items()}
    known = _rows(tx, list(by_serial))
    fresh = [record for serial, record in by_serial.items() if serial not in known]
    changed = [
        by_serial[serial]
        for serial, row in known.items()
        if row[1:3] != (by_serial[serial].product.part_number, written[serial])
    ]
    _forget(tx, [record.serial for record in changed])
    _insert(tx, [*fresh, *changed], written, now)
    corrected = fact_corrections.correct(tx, by_serial, actor=actor, now=now)
    return Loaded(len(fresh), len(changed), len(known) - len(changed), corrected)


def note(tx: Tx, loaded: Loaded, *, actor: Actor, now: int) -> None:
    """Tells the installation's audit log of a whole load."""
    audit.record(tx, INSTALLATION, "CATALOGUE_LOADED", actor, SUBJECT, now=now, after=loaded._asdict())


def remove(tx: Tx, serials: Iterable[str], *, actor: Actor, now: int) -> int:
    """Forgets records (by canonical serial); gives how many there were. Devices stay what they are known as."""
    known = list(_rows(tx, list(serials)))
    _forget(tx, known)
    if known:
        audit.record(
            tx, INSTALLATION, "CATALOGUE_REMOVED", actor, SUBJECT, now=now, after={"records": len(known)}
        )
    return len(known)


def known(tx: Tx, serials: Sequence[str]) -> dict[str, Facts]:
    """The facts of those canonical serials that are on record."""
    return {serial: stored.record.facts() for serial, stored in _stored(_rows(tx, serials)).items()}


def recorded(tx: Tx, serials: Sequence[str]) -> set[str]:
    """Those of the canonical serials that are on record."""
    return set(_stored(_rows(tx, serials)))


def get(tx: Tx, serial: str) -> Stored:
    """The record of a canonical serial. Raises `NotFound`."""
    found = _stored(_rows(tx, [serial])).get(serial)
    if found is None:
        raise NotFound("manufacturing record", serial)
    return found


def page(tx: Tx, *, after: str = "", beginning: str = "", limit: int = 100) -> list[Stored]:
    """Records in the order of their serials, behind `after`; only those whose serial has that beginning."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM manufacturing_record m WHERE m.serial > $1 AND m.serial >= $2 AND m.serial < $3"
        " ORDER BY m.serial LIMIT $4",
        *(after, beginning, beginning + "~", limit),
    )
    return list(_stored({row[0]: row for row in rows}).values())


def resolve(tx: Tx, identifiers: Sequence[str]) -> dict[str, str]:
    """The serials that IMEIs and MEIDs are on record for; unknown ones are left out."""
    rows = tx.rows(
        f"SELECT e.v, i.serial FROM {tx.each('$1')} e JOIN manufacturing_identifier i ON i.value = e.v"
        " ORDER BY i.serial",
        tx.pack(identifiers),
    )
    return dict(rows)


def _rows(tx: Tx, serials: Sequence[str]) -> dict[str, Row]:
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM {tx.each('$1')} e JOIN manufacturing_record m ON m.serial = e.v",
        tx.pack(serials),
    )
    return {row[0]: row for row in rows}


def _stored(rows: Mapping[str, Row]) -> dict[str, Stored]:
    """Without those of products that the catalogue no longer has."""
    return {
        serial: Stored(Record(serial, product, _decode(told)), loaded_at)
        for serial, part_number, told, loaded_at in rows.values()
        if (product := by_part_number(part_number)) is not None
    }


def _insert(tx: Tx, records: Sequence[Record], written: Mapping[str, str], now: int) -> None:
    records = sorted(records, key=lambda record: record.serial)
    tx.insert(
        "manufacturing_record",
        ("serial", "part_number", "told", "loaded_at"),
        [(each.serial, each.product.part_number, written[each.serial], now) for each in records],
    )
    numbers = sorted({(number, record.serial) for record in records for number in record.numbers()})
    if numbers:
        tx.insert("manufacturing_identifier", ("value", "serial"), numbers)


def _forget(tx: Tx, serials: Sequence[str]) -> None:
    if not serials:
        return
    rows = _stored(_rows(tx, serials))
    numbers = [(number, serial) for serial, stored in rows.items() for number in stored.record.numbers()]
    tx.execute(
        f"DELETE FROM manufacturing_identifier WHERE (value, serial) IN"
        f" (SELECT c0, c1 FROM {tx.each('$1', 'text', 'text')} e)",
        tx.pack(numbers),
    )
    tx.execute(
        f"DELETE FROM manufacturing_record WHERE serial IN (SELECT v FROM {tx.each('$1')} e)",
        tx.pack(serials),
    )
