"""Manufacturing records from CSV or JSON: what the factory says that each serial is.

The columns are `serial` and `product` (a part number, product type or model name of the catalogue), then, as far as they
are known, `imei`, `imei2`, `meid`, `eid`, `wifi_mac`, `bluetooth_mac` and `ethernet_mac`. An identifier that is left out
is the one derived from the serial. The rows that are right come back as records, every mistake as a problem, in the
order of the file, so that a file of any size can be taken in as it is read.
"""

import json
from collections.abc import Iterable, Iterator

from pomona.catalogue import tables
from pomona.catalogue.facts import Facts
from pomona.catalogue.records import COLUMNS, Record, RecordReader
from pomona.catalogue.tables import Row, RowProblem

__all__ = ["COLUMNS", "MAX_PROBLEMS", "RowProblem", "csv_records", "json_records", "read_csv", "read_json"]

MAX_PROBLEMS = 1000
"""Reading stops at so many problems: the file is wrong as a whole, and the list is for a person to read."""

_REQUIRED = COLUMNS[:2]
_EXPECTED = f"expected {' and '.join(_REQUIRED)}, and as far as known {', '.join(COLUMNS[2:])}"

_Cells = tuple[int, dict[str, str]] | RowProblem


def csv_records(text: str) -> Iterator[Record | RowProblem]:
    """The records of a CSV file whose first line names the columns.

    Commas, semicolons or tabs part the columns, whichever the first line has most of; capitals in the names, a byte order
    mark, CRLF and empty lines do no harm. The line of a problem is that of the file, counted from 1. Nothing is read when
    a column is unknown, named twice or missing.
    """
    rows = tables.rows(text)
    first = next(rows, None)
    if first is None:
        first = RowProblem(1, "", f"the file is empty; {_EXPECTED}, named in the first line")
    if isinstance(first, RowProblem):
        yield first
        return
    heading = [tables.column(name) for name in first.cells]
    while heading and not heading[-1]:
        heading.pop()
    problems = list(_heading_problems(first.line, heading))
    yield from problems or _read(_csv_rows(rows, heading))


def json_records(data: bytes) -> Iterator[Record | RowProblem]:
    """The records of a JSON array of objects whose members are the columns: strings, whole numbers or null.

    The line of a problem is the place of the record in the array, counted from 1, or for what is not JSON at all the line
    of the file.
    """
    try:
        records = json.loads(data)
    except json.JSONDecodeError as error:
        yield RowProblem(error.lineno, "", f"this is not JSON: {error.msg}; expected an array of objects")
        return
    except (ValueError, RecursionError):
        yield RowProblem(1, "", "this cannot be read as JSON in UTF-8; expected an array of objects")
        return
    if not isinstance(records, list):
        yield RowProblem(1, "", "the file is not an array; expected an array of objects, one a device")
        return
    yield from _read(row for place, record in enumerate(records, 1) for row in _json_rows(place, record))


def read_csv(text: str) -> tuple[list[Facts], list[RowProblem]]:
    """The whole of `csv_records` at once: the facts of the rows that are right, and the problems of the others."""
    return _parted(csv_records(text))


def read_json(data: bytes) -> tuple[list[Facts], list[RowProblem]]:
    """The whole of `json_records` at once."""
    return _parted(json_records(data))


def _parted(found: Iterable[Record | RowProblem]) -> tuple[list[Facts], list[RowProblem]]:
    facts: list[Facts] = []
    problems: list[RowProblem] = []
    for each in found:
        if isinstance(each, RowProblem):
            problems.append(each)
        else:
            facts.append(each.facts())
    return facts, problems


def _read(rows: Iterable[_Cells]) -> Iterator[Record | RowProblem]:
    reader = RecordReader()
    count = 0
    for row in rows:
        found = [row] if isinstance(row, RowProblem) else reader.read(*row)
        if isinstance(found, Record):
            yield found
            continue
        yield from found
        count += len(found)
        if count >= MAX_PROBLEMS:
            stop = f"reading stopped here after {count} problems; correct these and try again"
            yield RowProblem(found[-1].line, "", stop)
            return


def _csv_rows(rows: Iterable[Row | RowProblem], heading: list[str]) -> Iterator[_Cells]:
    for item in rows:
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


def _json_rows(place: int, record: object) -> Iterator[_Cells]:
    if not isinstance(record, dict):
        yield RowProblem(place, "", f"the record is not an object; {_EXPECTED}")
        return
    row: dict[str, str] = {}
    problems: list[RowProblem] = []
    for name, value in record.items():
        column = tables.column(name)
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
