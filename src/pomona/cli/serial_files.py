"""Serial numbers as people hand them over: as arguments, or in a file."""

from pathlib import Path

from pomona.cli.context import read_file
from pomona.cli.output import refuse


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
    from pomona.catalogue import tables
    from pomona.catalogue.serials import InvalidSerial, canonical
    from pomona.registry.device_lists import COLUMNS

    try:
        rows = list(tables.rows(tables.decoded(read_file(file))))
    except ValueError as problem:
        refuse(f"{file} is no text file ({problem}); expected CSV")
    column: int | None = None
    serials = []
    for number, row in enumerate(rows):
        if isinstance(row, tables.RowProblem):
            refuse(f"{file}, line {row.line}: {row.problem}")
        if number == 0:
            heading = [_folded(cell) for cell in row.cells]
            column = next((n for n, name in enumerate(heading) if name in COLUMNS["serial"]), None)
        cell = row.cells[column or 0].strip() if len(row.cells) > (column or 0) else ""
        if not cell or (number == 0 and column is not None):
            continue
        try:
            serials.append(canonical(cell))
        except InvalidSerial as problem:
            refuse(f"{file}, line {row.line}, column {(column or 0) + 1}: {problem}")
    return serials


def _folded(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
