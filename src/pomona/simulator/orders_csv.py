"""Orders from a table: a line a device, the lines of one order number together an order."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pomona.formats.times import iso_seconds
from pomona.simulator.order_checks import BadOrders, RowProblem, moment, wrong

if TYPE_CHECKING:
    import _csv

COLUMNS = {
    "order_number": "orderNumber",
    "serial": "deviceId",
    "product": "productType",
    "delivery_number": "deliveryNumber",
    "ship_date": "shipDate",
    "order_date": "orderDate",
    "order_type": "orderType",
    "customer_id": "customerId",
    "po_number": "poNumber",
    "asset_tag": "assetTag",
}
"""Columns of an order file and what they are on the wire; the first two are required."""

_REQUIRED = ("order_number", "serial")
_OF_ORDER = ("order_type", "order_date", "customer_id", "po_number")
Row = dict[str, str]
Numbered = list[tuple[int, Row]]
Found = Iterator[RowProblem]


def read(text: str, customer: str) -> list[dict[str, Any]]:
    """Orders in the order of their first lines. Commas or semicolons part the columns.

    For what the file leaves out stand type OR, `customer` and delivery SELF; dates are left out. Raises `BadOrders`.
    """
    lines = text.splitlines()
    separator = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = _rows(reader)
    except csv.Error as problem:
        raise BadOrders([RowProblem(reader.line_num, "row", f"cannot be read: {problem}")]) from None
    problems = [*_repeated(rows), *_contradictions(rows, customer)]
    if not rows:
        problems.append(RowProblem(2, "row", "expected at least one device below the header"))
    if problems:
        raise BadOrders(sorted(problems, key=lambda each: each.line))
    return _grouped([row for _, row in rows], customer)


def _rows(reader: "_csv.Reader") -> Numbered:
    header = [name.strip().lower() for name in next(reader, [])]
    problems = list(_header_problems(header))
    if problems:
        raise BadOrders(problems)
    rows: Numbered = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        line = reader.line_num
        if len(cells) != len(header):
            said = f"has {len(cells)} cells, the header {len(header)}; quote a comma"
            problems.append(RowProblem(line, "row", said))
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        problems += _row_problems(row, line)
        rows.append((line, row))
    if problems:
        raise BadOrders(sorted([*problems, *_repeated(rows)], key=lambda each: each.line))
    return rows


def _header_problems(header: Sequence[str]) -> Found:
    for name in header:
        if name not in COLUMNS:
            yield RowProblem(1, name or "(empty)", f"is no column; expected some of {', '.join(COLUMNS)}")
    for name in _REQUIRED:
        if name not in header:
            yield RowProblem(1, name, "is missing; every file needs it")
    for name in sorted({each for each in header if header.count(each) > 1}):
        yield RowProblem(1, name, "stands twice; keep one")


def _row_problems(row: Row, line: int) -> Found:
    for column, text in row.items():
        problem = wrong(column, text) if text else None
        if problem is not None:
            yield RowProblem(line, column, problem)
    if not row["order_number"]:
        yield RowProblem(line, "order_number", "is empty; expected 1 to 32 characters")
    void = row.get("order_type", "").upper() == "VD"
    if void and row["serial"]:
        yield RowProblem(line, "serial", "a void undoes a whole order and names no device; leave it empty")
    if not void and not row["serial"]:
        yield RowProblem(line, "serial", "is empty; expected a serial number, IMEI or MEID")


def _repeated(rows: Numbered) -> Found:
    seen: dict[tuple[str, str], int] = {}
    for line, row in rows:
        key = (row["order_number"], row["serial"].upper())
        if key in seen:
            said = f"{key[1]} stands" if key[1] else "the order stands"
            yield RowProblem(line, "serial", f"{said} in line {seen[key]} already")
        seen.setdefault(key, line)


def _contradictions(rows: Numbered, customer: str) -> Found:
    """Lines of one order, or of one delivery, that do not agree about it; and what an order lacks."""
    said: dict[tuple[str, ...], tuple[int, str]] = {}
    for line, row in rows:
        number = row["order_number"]
        delivery = row.get("delivery_number", "")
        facts = [((number, column), column) for column in _OF_ORDER]
        for key, column in (*facts, ((number, delivery, "ship_date"), "ship_date")):
            text = row.get(column, "")
            first, before = said.setdefault(key, (line, text))
            if text != before:
                yield RowProblem(
                    line, column, f"'{text}' is not '{before}' as in line {first} of the same order"
                )
        if not row.get("customer_id") and not customer:
            yield RowProblem(line, "customer_id", "is missing; give it here or with --customer")
        ordered, shipped = moment(row.get("order_date", "")), moment(row.get("ship_date", ""))
        if ordered is not None and shipped is not None and shipped < ordered:
            yield RowProblem(line, "ship_date", "is before the order date")


def _grouped(rows: Sequence[Row], customer: str) -> list[dict[str, Any]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["order_number"], []).append(row)
    return [_order(number, group, customer) for number, group in groups.items()]


def _order(number: str, rows: Sequence[Row], customer: str) -> dict[str, Any]:
    head = rows[0]
    order: dict[str, Any] = {
        "orderNumber": number,
        "orderType": (head.get("order_type") or "OR").upper(),
        "customerId": head.get("customer_id") or customer,
        "poNumber": head.get("po_number", ""),
        **_date("orderDate", head.get("order_date", "")),
    }
    if order["orderType"] == "VD":
        return order
    deliveries: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row.get("delivery_number") or "SELF"
        new = {"deliveryNumber": name, **_date("shipDate", row.get("ship_date", "")), "devices": []}
        deliveries.setdefault(name, new)["devices"].append(_device(row))
    return {**order, "deliveries": list(deliveries.values())}


def _date(name: str, text: str) -> dict[str, str]:
    at = moment(text)
    return {} if at is None else {name: iso_seconds(at)}


def _device(row: Row) -> dict[str, str]:
    given = {COLUMNS[name]: row[name] for name in ("product", "asset_tag") if row.get(name)}
    return {"deviceId": row["serial"].upper(), **given}
