"""Tables as files: read in whichever dialect and encoding a person's program writes, and written for any to open."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pomona.catalogue.spelling import folded

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SEPARATOR = re.compile(r"\s*sep=([,;\t])[\r\n]*")
_SEPARATORS = ",;\t"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in a file: the line (counted from 1), the column (`""` when it is the whole line), and a sentence."""

    line: int
    column: str
    problem: str


class Row(NamedTuple):
    """The cells of a row, and the line of the file that it begins on, counted from 1."""

    line: int
    cells: list[str]


def decoded(data: bytes) -> str:
    """A file's text: what its byte order mark says, else UTF-8, else Windows-1252 as older spreadsheets write it.

    Raises ValueError for what is no text: an Excel workbook, say.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _plain(data[len(mark) :].decode(encoding, "strict"))
    try:
        return _plain(data.decode())
    except UnicodeDecodeError:
        return _plain(data.decode("cp1252", "strict"))


def rows(text: str) -> Iterator[Row | RowProblem]:
    """The rows that are not empty; a problem, and the end, where a quote is never closed.

    Commas, semicolons or tabs part the cells, whichever the first line has most of, or says (`sep=;`, as Excel does).
    """
    lines = _LINE.finditer(text.removeprefix("\ufeff"))
    separator, skipped, first = _beginning(lines)
    reader = csv.reader(_lines(first, lines), delimiter=separator, strict=True)
    line = skipped + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(line, cells)
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        said = f"the file cannot be read from here on: {error}; expected CSV with its quotes closed"
        yield RowProblem(line, "", said)


def column(name: str) -> str:
    """The name of a column as it is compared: small letters, words joined by an underscore."""
    return "_".join(folded(name).replace("-", " ").replace("_", " ").split())


def csv_line(cells: Iterable[str]) -> str:
    """A line of a CSV file (RFC 4180) with its end. What a spreadsheet would take for a formula gets an apostrophe in front."""
    return ",".join(map(_cell, cells)) + "\r\n"


def _cell(text: str) -> str:
    if text.startswith(_FORMULA):
        text = "'" + text
    if any(letter in text for letter in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _plain(text: str) -> str:
    if "\0" in text:
        raise ValueError("a NUL character is in it")
    return text


def _beginning(lines: "Iterator[re.Match[str]]") -> tuple[str, int, list[str]]:
    """What parts the cells, how many lines that took, and lines that were looked at and are still to be read."""
    looked: list[str] = []
    for match in lines:
        said = _SEPARATOR.fullmatch(match[0])
        if said is not None and not looked:
            return said[1], 1, []
        looked.append(match[0])
        if match[0].strip():
            return max(_SEPARATORS, key=match[0].count), 0, looked
    return ",", 0, looked


def _lines(first: list[str], rest: "Iterator[re.Match[str]]") -> Iterator[str]:
    yield from first
    for match in rest:
        yield match[0]
