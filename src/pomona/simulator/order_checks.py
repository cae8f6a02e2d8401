"""What the order service will not take, said beforehand: one sentence for each value that is wrong, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from pomona.catalogue.products import UnknownProduct, find
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.formats.times import parse_iso

TYPES = ("OR", "RE", "VD", "OV")
LENGTHS = {
    "order_number": 32,
    "customer_id": 32,
    "po_number": 100,
    "delivery_number": 32,
    "asset_tag": 128,
    "serial": 20,
}
"""Characters that a value may have."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What cannot be submitted. `line` is that of a CSV file (1 is the header), 0 for JSON; `column` a column's name, or
    the path of a JSON value."""

    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        return (
            f"line {self.line}, {self.column}: {self.problem}"
            if self.line
            else f"{self.column}: {self.problem}"
        )


class BadOrders(ValueError):
    """The file cannot be submitted; `problems` names everything that is wrong with it."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        shown = "\n".join(map(str, problems[:20]))
        more = f"\nand {len(problems) - 20} more" if len(problems) > 20 else ""
        super().__init__(f"{shown}{more}")
        self.problems = list(problems)


def wrong(column: str, text: str) -> str | None:
    """What is wrong with a value that is there, by the name of its CSV column."""
    longest = LENGTHS.get(column)
    if longest is not None and len(text) > longest:
        return f"has {len(text)} characters; expected at most {longest}"
    if column == "order_type" and text.upper() not in TYPES:
        return f"'{text[:40]}' is none; expected one of {', '.join(TYPES)}"
    if column in {"order_date", "ship_date"} and moment(text) is None:
        return f"'{text[:40]}' is no time; expected like 2026-08-28T10:10:10Z or 2026-08-28"
    try:
        if column == "serial":
            canonical(text)
        elif column == "product":
            find(text)
    except (InvalidSerial, UnknownProduct) as problem:
        return str(problem)
    return None


def moment(text: str) -> int | None:
    """A time or a date (its first moment, UTC) in milliseconds; None for what is neither."""
    try:
        return parse_iso(f"{text}T00:00:00Z" if len(text) == 10 else text)
    except ValueError:
        return None
