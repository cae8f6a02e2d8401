"""Lists of devices as people keep them: CSV with all sorts of headings, exports of other programs, or one in each line."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pomona.catalogue import tables
from pomona.catalogue.spelling import folded
from pomona.catalogue.tables import RowProblem
from pomona.keys.randomness import Rng
from pomona.registry import by_hand
from pomona.registry.actors import Actor
from pomona.registry.by_hand import Answer, Asked, Fate, Where
from pomona.registry.errors import Invalid
from pomona.store import Tx

COLUMNS: dict[str, tuple[str, ...]] = {
    "serial": (
        "serial", "serials", "serialnumber", "serialnumbers", "serialno", "serialnr", "serialnum", "sn", "deviceserial",
        "deviceserialnumber", "hardwareserial", "hardwareserialnumber", "seriennummer", "numerodeserie", "numerodiserie",
    ),
    "imei": ("imei", "imei1", "imeinumber", "imeimeid", "deviceimei"),
    "meid": ("meid", "meidnumber"),
    "product": (
        "product", "producttype", "partnumber", "model", "modelname", "modelidentifier", "devicemodel", "modelnumber",
    ),
    "asset_tag": ("assettag", "asset", "assetnumber", "assetid", "inventorynumber", "inventarnummer"),
}  # fmt: skip
"""The headings that each column is known by, small letters and digits alone; of several the first is taken."""

REPORT = ("line", "device", "serial_number", "result", "reason", "model")
"""The columns of a report."""

_IN_A_ROW = ("serial", "product", "asset_tag")
"""What the cells are when there is no heading."""

_FAMILY = re.compile(r"[A-Za-z ]+[0-9]{1,3}")
_FORMULA = re.compile(r'="?([^"]*)"?')
_SHORTENED = re.compile(r"[0-9][.,]?[0-9]*E\+[0-9]+", re.IGNORECASE)


class Entry(NamedTuple):
    """One line: its number in the file, and the device that it names."""

    line: int
    asked: Asked


class Outcome(NamedTuple):
    """One line of a report."""

    line: int
    device: str
    serial: str
    result: str
    reason: str
    model: str

    @property
    def added(self) -> bool:
        """Whether the device came, or would come."""
        return self.result == Fate.ADDED


class DeviceList(NamedTuple):
    """The lines that name a device, and those that cannot be read."""

    entries: list[Entry]
    problems: list[RowProblem]


def read(data: bytes | str) -> DeviceList:
    """The devices of a file or of what somebody pasted; empty lines are left out.

    The first line may name the columns, in any order and among others. Without it, a line is a serial number (or IMEI or
    MEID), and then, if they are known, the product and an asset tag. Raises `Invalid` for what is no text, and for a heading
    in which no column holds the device.
    """
    text = data if isinstance(data, str) else text_of(data)
    found = DeviceList([], [])
    columns: dict[str, int] | None = None
    for row in tables.rows(text):
        if isinstance(row, RowProblem):
            found.problems.append(row)
        elif columns is None:
            columns = _heading(row.cells)
            if columns is None:
                columns = {name: at for at, name in enumerate(_IN_A_ROW)}
                found.entries.append(Entry(row.line, _asked(row.cells, columns)))
        else:
            found.entries.append(Entry(row.line, _asked(row.cells, columns)))
    return found


def text_of(data: bytes) -> str:
    """A file's text. Raises `Invalid` for what is none."""
    try:
        return tables.decoded(data)
    except ValueError:
        raise Invalid(
            "This is no text file; expected CSV. Save a workbook as CSV first.", field="list"
        ) from None


def add(
    tx: Tx,
    organization_id: int,
    named: DeviceList,
    *,
    where: Where,
    strict: bool,
    dry_run: bool,
    actor: Actor,
    now: int,
    rng: Rng,
) -> list[Outcome]:
    """Adds the devices of a list, as `by_hand.add` does, and reports every line: those that cannot be read come last."""
    answers = []
    if named.entries:
        asked = [entry.asked for entry in named.entries]
        answers = by_hand.add(
            tx, organization_id, asked,
            where=where, strict=strict, dry_run=dry_run, actor=actor, now=now, rng=rng,
        )  # fmt: skip
    return outcomes(named.entries, answers) + unreadable(named.problems)


def outcomes(entries: Sequence[Entry], answers: Sequence[Answer]) -> list[Outcome]:
    """A report of what became of the lines that name a device."""
    return [
        Outcome(
            entry.line,
            entry.asked.text,
            answer.serial,
            answer.fate.value,
            _reason(answer),
            "" if answer.facts is None else answer.facts.product.model,
        )
        for entry, answer in zip(entries, answers, strict=True)
    ]


def unreadable(problems: Sequence[RowProblem]) -> list[Outcome]:
    """A report of the lines that could not be read."""
    return [Outcome(each.line, "", "", "UNREADABLE", each.problem, "") for each in problems]


def csv_report(report: Iterable[Outcome]) -> bytes:
    """A report as a file, in UTF-8."""
    lines = [tables.csv_line(REPORT), *(tables.csv_line((str(each.line), *each[1:])) for each in report)]
    return "".join(lines).encode()


def _reason(answer: Answer) -> str:
    if answer.fate is Fate.INVALID and _SHORTENED.fullmatch(answer.asked.text):
        return "A spreadsheet has shortened this number; make the column a text column and export it again."
    return answer.reason


def _heading(cells: Sequence[str]) -> dict[str, int] | None:
    """Where each column is, None when the first line is no heading."""
    names = ["".join(letter for letter in folded(cell) if letter.isalnum()) for cell in cells]
    columns = {
        column: names.index(known)
        for column, spellings in COLUMNS.items()
        if (known := next((spelling for spelling in spellings if spelling in names), None)) is not None
    }
    if not columns:
        return None
    if not columns.keys() & {"serial", "imei", "meid"}:
        named = ", ".join(cell.strip()[:40] for cell in cells if cell.strip())
        raise Invalid(f"No column holds serial numbers; the first line names {named}. Expected one called serial.",
                      field="list")  # fmt: skip
    return columns


def _asked(cells: Sequence[str], columns: dict[str, int]) -> Asked:
    cells = _mended(cells, columns.get("product"))
    named = (_cell(cells, columns.get(name)) for name in ("serial", "imei", "meid"))
    return Asked(
        next((text for text in named if text), ""),
        _cell(cells, columns.get("product")),
        _cell(cells, columns.get("asset_tag")),
    )


def _mended(cells: Sequence[str], at: int | None) -> Sequence[str]:
    """A product type has a comma in it, which nobody remembers to quote: `iPhone17` and `1` are one cell."""
    if at is None or len(cells) <= at + 1:
        return cells
    family, number = cells[at].strip(), cells[at + 1].strip()
    if not (_FAMILY.fullmatch(family) and number.isascii() and number.isdigit() and len(number) < 3):
        return cells
    return [*cells[:at], f"{family},{number}", *cells[at + 2 :]]


def _cell(cells: Sequence[str], at: int | None) -> str:
    """A cell's text, without what spreadsheets put around a number that is to stay a text."""
    if at is None or at >= len(cells):
        return ""
    text = cells[at].strip()
    formula = _FORMULA.fullmatch(text)
    return (formula[1] if formula else text).strip().removeprefix("'").strip()
