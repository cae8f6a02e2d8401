"""Orders to submit: invented from the catalogue, or read from the user's own file. Nothing of a bad file is used."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pomona.catalogue.products import UnknownProduct, find
from pomona.catalogue.serials import InvalidSerial, batch, canonical
from pomona.formats.times import iso_seconds, parse_iso

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

TYPES = ("OR", "RE", "VD", "OV")
_REQUIRED = ("order_number", "serial")
_OF_ORDER = ("order_date", "order_type", "customer_id", "po_number")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that cannot be submitted: its line (1 is the header), the column, and what is expected."""

    line: int
    column: str
    problem: str


class BadOrders(ValueError):
    """The file cannot be submitted; `problems` names each row."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        shown = "\n".join(f"line {each.line}, {each.column}: {each.problem}" for each in problems[:20])
        more = f"\nand {len(problems) - 20} more" if len(problems) > 20 else ""
        super().__init__(f"{shown}{more}")
        self.problems = list(problems)


def invented(
    number: str, count: int, seed: int, customer: str, now: int
) -> tuple[dict[str, Any], dict[str, str]]:
    """An order of `count` devices of all kinds, and the product type of each serial."""
    made = batch(seed, count)
    devices = [{"deviceId": serial, "productType": product.part_number} for serial, product in made]
    order = _order(number, {"customer_id": customer}, now)
    order["deliveries"] = [{"deliveryNumber": "SELF", "shipDate": iso_seconds(now), "devices": devices}]
    return order, {serial: product.product_type for serial, product in made}


def read(data: bytes, customer: str, now: int) -> list[dict[str, Any]]:
    """Orders from a file: JSON as on the wire (the orders, or a whole request), or CSV with the columns of `COLUMNS`.

    `customer` fills in where the file names none. Raises `BadOrders`.
    """
    text = data.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] in {"{", "["}:
        return _from_json(text, customer)
    return _from_csv(text, customer, now)


def _from_json(text: str, customer: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(text)
    except ValueError as problem:
        raise BadOrders(
            [RowProblem(getattr(problem, "lineno", 1), "document", f"is no JSON: {problem}")]
        ) from None
    orders = document.get("orders") if isinstance(document, dict) else document
    if not isinstance(orders, list) or not orders or not all(isinstance(each, dict) for each in orders):
        raise BadOrders(
            [RowProblem(1, "orders", "expected an array of order objects, or an object with one in `orders`")]
        )
    return [{"customerId": customer, **each} for each in orders]


def _from_csv(text: str, customer: str, now: int) -> list[dict[str, Any]]:
    lines = text.splitlines()
    separator = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return _from_rows(reader, customer, now)
    except csv.Error as problem:
        raise BadOrders([RowProblem(reader.line_num, "row", f"cannot be read: {problem}")]) from None


def _from_rows(reader: "_csv.Reader", customer: str, now: int) -> list[dict[str, Any]]:
    header = [name.strip().lower() for name in next(reader, [])]
    problems = list(_header_problems(header))
    if problems:
        raise BadOrders(problems)
    rows: list[dict[str, str]] = []
    lines_of: list[int] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if len(cells) != len(header):
            problems.append(
                RowProblem(
                    reader.line_num, "row", f"has {len(cells)} cells, the header {len(header)}; quote a comma"
                )
            )
        else:
            problems += _row_problems(row, reader.line_num)
        rows.append(row)
        lines_of.append(reader.line_num)
    problems += _doubled(rows, lines_of)
    if not rows:
        problems.append(RowProblem(2, "row", "expected at least one device below the header"))
    if problems:
        raise BadOrders(sorted(problems, key=lambda each: each.line))
    return _grouped(rows, customer, now)


def _header_problems(header: Sequence[str]) -> Iterable[RowProblem]:
    for name in header:
        if name not in COLUMNS:
            yield RowProblem(1, name or "(empty)", f"is no column; expected some of {', '.join(COLUMNS)}")
    for name in _REQUIRED:
        if name not in header:
            yield RowProblem(1, name, "is missing; every file needs it")
    for name in sorted({each for each in header if header.count(each) > 1}):
        yield RowProblem(1, name, "stands twice; keep one")


def _row_problems(row: dict[str, str], line: int) -> Iterable[RowProblem]:
    if not row["order_number"] or len(row["order_number"]) > 32:
        yield RowProblem(line, "order_number", "expected 1 to 32 characters")
    kind = row.get("order_type") or "OR"
    if kind not in TYPES:
        yield RowProblem(line, "order_type", f"'{kind}' is none; expected one of {', '.join(TYPES)}")
    elif kind == "VD":
        if row["serial"]:
            yield RowProblem(
                line, "serial", "a void undoes a whole order and names no device; leave it empty"
            )
    else:
        yield from _device_problems(row, line)
    for column in ("order_date", "ship_date"):
        if row.get(column) and not _is_time(row[column]):
            yield RowProblem(line, column, f"'{row[column]}' is no time; expected like 2026-08-28T10:10:10Z")


def _device_problems(row: dict[str, str], line: int) -> Iterable[RowProblem]:
    try:
        canonical(row["serial"])
    except InvalidSerial as problem:
        yield RowProblem(line, "serial", str(problem))
    if row.get("product"):
        try:
            find(row["product"])
        except UnknownProduct as problem:
            yield RowProblem(line, "product", str(problem))
    if len(row.get("asset_tag", "")) > 128:
        yield RowProblem(line, "asset_tag", "has more than 128 characters")


def _doubled(rows: Sequence[dict[str, str]], lines: Sequence[int]) -> Iterable[RowProblem]:
    seen: dict[tuple[str, str], int] = {}
    for line, row in zip(lines, rows, strict=True):
        key = (row.get("order_number", ""), row.get("serial", "").upper())
        if key[1] and key in seen:
            yield RowProblem(line, "serial", f"{key[1]} stands in line {seen[key]} already")
        seen.setdefault(key, line)


def _grouped(rows: Sequence[dict[str, str]], customer: str, now: int) -> list[dict[str, Any]]:
    orders: dict[str, dict[str, Any]] = {}
    for row in rows:
        number = row["order_number"]
        order = orders.setdefault(number, _order(number, {"customer_id": customer, **_filled(row)}, now))
        if order["orderType"] == "VD":
            continue
        delivery = _delivery(
            order, row.get("delivery_number") or "SELF", row.get("ship_date") or iso_seconds(now)
        )
        device = {"deviceId": row["serial"].upper()}
        device.update({COLUMNS[name]: row[name] for name in ("product", "asset_tag") if row.get(name)})
        delivery["devices"].append(device)
    return list(orders.values())


def _filled(row: dict[str, str]) -> dict[str, str]:
    return {name: row[name] for name in _OF_ORDER if row.get(name)}


def _order(number: str, given: dict[str, str], now: int) -> dict[str, Any]:
    order: dict[str, Any] = {
        "orderNumber": number,
        "orderDate": given.get("order_date") or iso_seconds(now),
        "orderType": given.get("order_type") or "OR",
        "customerId": given["customer_id"],
        "poNumber": given.get("po_number", ""),
    }
    return order if order["orderType"] == "VD" else {**order, "deliveries": []}


def _delivery(order: dict[str, Any], number: str, shipped: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = order["deliveries"]
    for each in found:
        if each["deliveryNumber"] == number:
            return each
    found.append({"deliveryNumber": number, "shipDate": shipped, "devices": []})
    return found[-1]


def _is_time(text: str) -> bool:
    try:
        parse_iso(text)
    except ValueError:
        return False
    return True
