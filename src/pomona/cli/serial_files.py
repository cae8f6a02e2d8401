"""Serial numbers as people hand them over: as arguments, or in a file."""

import csv
import io
from pathlib import Path

from pomona.cli.context import read_file
from pomona.cli.output import refuse

_NAMES = frozenset({"serial", "serialnumber", "serialnumbers", "serialno"})


def all_serials(arguments: list[str] | None, file: Path | None) -> list[str]:
    """Canonical serials of both, each once, in order. Ends the command with a sentence for what can be none."""
    from pomona.catalogue.serials import InvalidSerial, canonical

    serials: list[str] = []
    for text in arguments or ():
        for part in text.replace(",", " ").split():
            try:
                serials.append(canonical(part))
            except InvalidSerial as problem:
                refuse(problem)
    if file is not None:
        serials += _of_file(file)
    if not serials:
        refuse("no serial numbers: give them as arguments or in a file with --file")
    return list(dict.fromkeys(serials))


def _of_file(file: Path) -> list[str]:
    """The column whose heading says that it is one of serials, else the first; a heading is not needed."""
    from pomona.catalogue.serials import InvalidSerial, canonical

    text = read_file(file).decode("utf-8-sig", "replace")
    dialect = "excel-tab" if "\t" in text.partition("\n")[0] else "excel"
    rows = list(csv.reader(io.StringIO(text, newline=""), dialect))
    heading = [_folded(cell) for cell in rows[0]] if rows else []
    column = next((n for n, name in enumerate(heading) if name in _NAMES), None)
    serials = []
    for number, row in enumerate(rows, 1):
        cell = row[column or 0].strip() if len(row) > (column or 0) else ""
        if not cell or (number == 1 and column is not None):
            continue
        try:
            serials.append(canonical(cell))
        except InvalidSerial as problem:
            refuse(f"{file}, line {number}, column {(column or 0) + 1}: {problem}")
    return serials


def _folded(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
