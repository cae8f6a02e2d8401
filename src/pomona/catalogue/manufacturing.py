"""Manufacturing records from CSV or JSON: what the factory says that each serial is.

The columns are `serial` and `product` (a part number, product type or model name of the catalogue), then, as far as they
are known, `imei`, `imei2`, `meid`, `eid`, `wifi_mac`, `bluetooth_mac` and `ethernet_mac`. An identifier that is left out
is the one derived from the serial. The rows that are right come back as facts, every mistake as a problem, so a caller
who wants all or nothing looks at the problems first.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from pomona.catalogue.facts import Facts
from pomona.catalogue.records import COLUMNS, RecordReader, RowProblem
from pomona.catalogue.spelling import folded

__all__ = ["COLUMNS", "MAX_PROBLEMS", "RowProblem", "read_csv", "read_json"]

MAX_PROBLEMS = 1000
"""Reading stops at so many problems: the file is wrong as a whole, and the list is for a person to read."""

_REQUIRED = COLUMNS[:2]
_EXPECTED = f"expected {' and '.join(_REQUIRED)}, and as far as known {', '.join(COLUMNS[2:])}"

_Row = tuple[int, dict[str, str]] | RowProblem


def read_csv(text: str) -> tuple[list[Facts], list[RowProblem]]:
    """The records of a CSV file whose first line names the columns.

    Commas, semicolons or tabs part the columns, whichever the first line has most of; capitals in the names, a byte order
    mark, CRLF and empty lines do no harm. The line of a problem is that of the file, counted from 1. Nothing is read when
    a column is unknown, named twice or missing.
    """
    lines = _csv_lines(text.removeprefix("\ufeff"))
    first = next(lines, None)
    if isinstance(first, RowProblem):
        return [], [first]
    if first is None:
        return [], [RowProblem(1, "", f"the file is empty; {_EXPECTED}, named in the first line")]
    line, names = first
    heading = [_column(name) for name in names]
    while heading and not heading[-1]:
        heading.pop()
    problems = list(_heading_problems(line, heading))
    return ([], problems) if problems else _read(_csv_rows(lines, heading))


def read_json(data: bytes) -> tuple[list[Facts], list[RowProblem]]:
    """The records of a JSON array of objects whose members are the columns: strings, whole numbers or null.

    The line of a problem is the place of the record in the array, counted from 1, or for what is not JSON at all the line
    of the file.
    """
    try:
        records = json.loads(data)
    except json.JSONDecodeError as error:
        return [], [
            RowProblem(error.lineno, "", f"this is not JSON: {error.msg}; expected an array of objects")
        ]
    except (ValueError, RecursionError):
        return [], [RowProblem(1, "", "this cannot be read as JSON in UTF-8; expected an array of objects")]
    if not isinstance(records, list):
        return [], [RowProblem(1, "", "the file is not an array; expected an array of objects, one a device")]
    return _read(row for place, record in enumerate(records, 1) for row in _json_rows(place, record))


def _read(rows: Iterable[_Row]) -> tuple[list[Facts], list[RowProblem]]:
    reader = RecordReader()
    for row in rows:
        if isinstance(row, RowProblem):
            reader.problems.append(row)
        else:
            reader.add(*row)
        if len(reader.problems) >= MAX_PROBLEMS:
            line = reader.problems[-1].line
            stop = f"reading stopped here after {len(reader.problems)} problems; correct these and try again"
            reader.problems.append(RowProblem(line, "", stop))
            break
    return reader.facts, reader.problems


def _csv_lines(text: str) -> Iterator[tuple[int, list[str]] | RowProblem]:
    heading = text.lstrip().partition("\n")[0].partition("\r")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=heading.count), strict=True)
    line = 1
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = rows.line_num + 1
    except csv.Error as error:
        yield RowProblem(
            line, "", f"the file cannot be read from here on: {error}; expected CSV with its quotes closed"
        )


def _csv_rows(lines: Iterable[tuple[int, list[str]] | RowProblem], heading: list[str]) -> Iterator[_Row]:
    for item in lines:
        if isinstance(item, RowProblem):
            yield item
            continue
        line, cells = item
        if any(cell.strip() for cell in cells[len(heading) :]):
            cells_expected = (
                f"expected {len(heading)}, as in the first line, and a value with a comma in quotes"
            )
            yield RowProblem(line, "", f"the line has {len(cells)} cells; {cells_expected}")
        else:
            yield line, dict(zip(heading, cells, strict=False))


def _column(name: str) -> str:
    return "_".join(folded(name).replace("-", " ").replace("_", " ").split())


def _shown(name: str) -> str:
    return repr(name[:40])[1:-1]


def _heading_problems(line: int, heading: list[str]) -> Iterator[RowProblem]:
    for name in _REQUIRED:
        if name not in heading:
            yield RowProblem(line, name, f"the column {name} is missing; {_EXPECTED}")
    for name in dict.fromkeys(heading):
        if name not in COLUMNS:
            yield RowProblem(line, _shown(name), f"{name[:40]!r} is not a column; {_EXPECTED}")
        elif heading.count(name) > 1:
            yield RowProblem(
                line, name, f"the column {name} is named {heading.count(name)} times; expected it once"
            )


def _json_rows(place: int, record: object) -> Iterator[_Row]:
    if not isinstance(record, dict):
        yield RowProblem(place, "", f"the record is not an object; {_EXPECTED}")
        return
    row: dict[str, str] = {}
    problems: list[RowProblem] = []
    for name, value in record.items():
        column = _column(name)
        if column not in COLUMNS:
            problems.append(RowProblem(place, _shown(name), f"{name[:40]!r} is not a column; {_EXPECTED}"))
        elif column in row:
            problems.append(RowProblem(place, column, f"{column} is there twice; expected it once"))
        elif value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
            problems.append(
                RowProblem(place, column, "the value is not text; expected a string, a whole number or null")
            )
        else:
            row[column] = "" if value is None else str(value)
    if problems:
        yield from problems
    else:
        yield place, row
