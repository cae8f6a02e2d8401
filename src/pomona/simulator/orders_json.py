"""Orders as they stand on the wire, looked through before they are sent."""

import json
from collections.abc import Iterator
from typing import Any

from pomona.simulator.order_checks import BadOrders, RowProblem, wrong

_HEADER = {
    "orderNumber": "order_number",
    "orderType": "order_type",
    "orderDate": "order_date",
    "customerId": "customer_id",
    "poNumber": "po_number",
}
_DELIVERY = {"deliveryNumber": "delivery_number", "shipDate": "ship_date"}
_DEVICE = {"deviceId": "serial", "productType": "product", "assetTag": "asset_tag"}
_OPTIONAL = frozenset({"poNumber", "productType", "assetTag"})
Found = Iterator[RowProblem]


def read(text: str, customer: str) -> list[dict[str, Any]]:
    """The orders of an array, or of the member `orders` of an object; `customer` for those that name none.

    Members may be written in any case, as the service reads them. Raises `BadOrders`.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as problem:
        line = getattr(problem, "lineno", 1)
        raise BadOrders([RowProblem(line, "document", f"is no JSON: {problem}")]) from None
    orders = _member(document, "orders") if isinstance(document, dict) else document
    if not isinstance(orders, list) or not orders:
        expected = "expected an array of order objects, or an object with one in `orders`"
        raise BadOrders([RowProblem(0, "orders", expected)])
    filled = [_filled(each, customer) for each in orders]
    problems = [problem for n, each in enumerate(filled) for problem in _order(f"orders[{n}]", each)]
    if problems:
        raise BadOrders(problems)
    return filled


def _filled(order: Any, customer: str) -> Any:
    if not isinstance(order, dict) or _member(order, "customerId") or not customer:
        return order
    return {
        "customerId": customer,
        **{key: value for key, value in order.items() if key.lower() != "customerid"},
    }


def _order(path: str, order: Any) -> Found:
    if not isinstance(order, dict):
        yield RowProblem(0, path, "is no object; expected an order")
        return
    yield from _texts(path, order, _HEADER)
    deliveries = _member(order, "deliveries")
    if str(_member(order, "orderType")).upper() == "VD":
        if deliveries:
            yield RowProblem(
                0, f"{path}.deliveries", "a void undoes a whole order and names none; leave them out"
            )
    else:
        yield from _each(f"{path}.deliveries", deliveries, _delivery, "a delivery")


def _delivery(path: str, delivery: dict[str, Any]) -> Found:
    yield from _texts(path, delivery, _DELIVERY)
    yield from _each(f"{path}.devices", _member(delivery, "devices"), _device, "a device")


def _device(path: str, device: dict[str, Any]) -> Found:
    yield from _texts(path, device, _DEVICE)


def _each(path: str, values: Any, check: Any, what: str) -> Found:
    if not isinstance(values, list) or not values:
        yield RowProblem(0, path, f"expected an array with at least {what.replace('a ', 'one ')}")
        return
    for n, value in enumerate(values):
        if isinstance(value, dict):
            yield from check(f"{path}[{n}]", value)
        else:
            yield RowProblem(0, f"{path}[{n}]", f"is no object; expected {what}")


def _texts(path: str, found: dict[str, Any], members: dict[str, str]) -> Found:
    for name, column in members.items():
        value = _member(found, name)
        if value is not None and not isinstance(value, str):
            yield RowProblem(0, f"{path}.{name}", "is no text; expected one in quotes")
        elif not (text := (value or "").strip()):
            if name not in _OPTIONAL:
                yield RowProblem(0, f"{path}.{name}", "is missing or empty")
        elif (problem := wrong(column, text)) is not None:
            yield RowProblem(0, f"{path}.{name}", problem)


def _member(found: dict[str, Any], name: str) -> Any:
    return next((value for key, value in found.items() if key.lower() == name.lower()), None)
