"""Lists of AppleCare coverage as people keep them: CSV with a heading, a coverage in each line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from pomona.catalogue import tables
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.catalogue.tables import RowProblem
from pomona.formats.times import parse_iso
from pomona.registry import apple_care
from pomona.registry.apple_care import Payment, Plan, Told
from pomona.registry.errors import Invalid

COLUMNS: dict[str, tuple[str, ...]] = {
    "serial": ("serial", "serial_number", "serialnumber", "device"),
    "plan": ("plan", "coverage", "type"),
    "start": ("start", "start_date", "startdatetime", "from"),
    "end": ("end", "end_date", "enddatetime", "expires", "until"),
    "agreement_number": ("agreement_number", "agreement", "agreementnumber", "subscription"),
    "payment": ("payment", "payment_type", "paymenttype"),
    "renewable": ("renewable", "is_renewable", "isrenewable"),
    "canceled": ("canceled", "cancelled", "canceled_on", "contractcanceldatetime"),
    "description": ("description", "name"),
}
"""The headings that each column is known by; the first is written in documents."""

_REQUIRED = ("serial", "plan", "start")
_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that says a coverage."""

    line: int
    told: Told


def read(data: bytes) -> Iterator[Entry | RowProblem]:
    """The coverages of a file, and what is wrong with other lines. Raises `Invalid` for what has no usable heading."""
    try:
        rows = tables.rows(tables.decoded(data))
    except ValueError:
        raise Invalid("This is no CSV file: it is not text.", field="file") from None
    heading = next(rows, None)
    names = {} if heading is None or isinstance(heading, RowProblem) else _places(heading.cells)
    if missing := [name for name in _REQUIRED if name not in names]:
        expected = ", ".join(COLUMNS)
        raise Invalid(
            f"The first line has no column {' or '.join(missing)}; expected a heading with some of {expected}.",
            field="file",
        )
    for row in rows:
        if isinstance(row, RowProblem):
            yield row
            continue
        cells = {name: row.cells[n].strip() for name, n in names.items() if n < len(row.cells)}
        try:
            yield Entry(row.line, apple_care.checked(told(cells)))
        except Invalid as problem:
            yield RowProblem(row.line, problem.field or "", str(problem))


def told(cells: Mapping[str, str]) -> Told:
    """A coverage from what somebody wrote of it, by column. Raises `Invalid`."""
    try:
        serial = canonical(cells.get("serial", ""))
    except InvalidSerial as problem:
        raise Invalid(str(problem), field="serial") from None
    start = _moment(cells, "start")
    if start is None:
        raise Invalid("Say when the coverage starts.", field="start")
    payment = cells.get("payment", "")
    renewable = cells.get("renewable", "").lower()
    if renewable not in _WORDS:
        raise Invalid(f"'{renewable[:40]}' is neither yes nor no.", field="renewable")
    return Told(
        serial,
        word(Plan, cells.get("plan", ""), "plan"),
        start,
        _moment(cells, "end"),
        cells.get("agreement_number", ""),
        word(Payment, payment, "payment") if payment else None,
        _WORDS[renewable],
        _moment(cells, "canceled"),
        cells.get("description", ""),
    )


def word(known: type[Word], text: str, field: str) -> Word:
    """`text` as one of the words, however it is spelt: "applecare plus" and `AppleCare+` are one. Raises `Invalid`."""
    spelt = "_".join(text.upper().replace("+", " PLUS").replace("-", " ").replace("_", " ").split())
    spelt = spelt.replace("APPLECARE_PLUS_FOR_BUSINESS", "APPLECARE_BUSINESS")
    try:
        return known(spelt)
    except ValueError:
        raise Invalid(
            f"'{text[:60]}' is no {field}; expected one of {', '.join(known)}.", field=field
        ) from None


def _places(cells: list[str]) -> dict[str, int]:
    found = [tables.column(cell) for cell in cells]
    return {
        name: n
        for name, spellings in COLUMNS.items()
        for n, cell in reversed(list(enumerate(found)))
        if cell in spellings
    }


def _moment(cells: Mapping[str, str], name: str) -> int | None:
    """A day counts from its beginning in UTC."""
    text = cells.get(name, "")
    if not text:
        return None
    try:
        if len(text) == len("2026-01-02"):
            return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1000
        return parse_iso(text)
    except ValueError:
        raise Invalid(
            f"'{text[:40]}' is no day; expected one like 2026-01-02, or a time like 2026-01-02T03:04:05Z.",
            field=name,
        ) from None
