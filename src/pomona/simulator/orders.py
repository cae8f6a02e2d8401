"""Orders to submit: invented from the catalogue, or read from the user's own file. Nothing of a bad file is used."""

from collections.abc import Iterable, Mapping
from typing import Any

from pomona.catalogue.serials import batch
from pomona.formats.times import iso_seconds
from pomona.simulator import orders_csv, orders_json
from pomona.simulator.order_checks import BadOrders, RowProblem, moment

__all__ = ["BadOrders", "RowProblem", "dated", "invented", "read"]


def invented(number: str, count: int, seed: int, customer: str) -> tuple[dict[str, Any], dict[str, str]]:
    """An order, yet without dates, of `count` devices of all kinds, and the product type of each serial."""
    made = batch(seed, count)
    devices = [{"deviceId": serial, "productType": product.part_number} for serial, product in made]
    order = {
        "orderNumber": number,
        "orderType": "OR",
        "customerId": customer,
        "poNumber": "",
        "deliveries": [{"deliveryNumber": "SELF", "devices": devices}],
    }
    return order, {serial: product.product_type for serial, product in made}


def read(data: bytes, customer: str) -> list[dict[str, Any]]:
    """Orders from a file: JSON as on the wire (the orders, or a whole request), or CSV with the columns of `orders_csv`.

    `customer` fills in where the file names none. Dates that a table leaves out are yet to be filled in by `dated`. Raises
    `BadOrders`.
    """
    text = data.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] in {"{", "["}:
        return orders_json.read(text, customer)
    return orders_csv.read(text, customer)


def dated(orders: Iterable[dict[str, Any]], known: Mapping[str, str], now: int) -> list[dict[str, Any]]:
    """The orders with the dates that were left out.

    An order that the service has already keeps its date (`known`, by order number): it adds devices, or is the same
    again. Another one is as old as its first delivery, and that was shipped `now` (milliseconds).
    """
    return [_dated(order, known.get(order.get("orderNumber", ""), ""), now) for order in orders]


def _dated(order: dict[str, Any], known: str, now: int) -> dict[str, Any]:
    deliveries = order.get("deliveries") or []
    shipped = [at for each in deliveries if (at := moment(each.get("shipDate", ""))) is not None]
    if any(key.lower() == "orderdate" for key in order):
        ordered, result = str(order.get("orderDate", "")), order
    else:
        ordered = known or iso_seconds(min([now, *shipped]))
        result = {**order, "orderDate": ordered}
    if deliveries:
        shipping = iso_seconds(max(now, moment(ordered) or 0))
        result = {**result, "deliveries": [_shipped(each, shipping) for each in deliveries]}
    return result


def _shipped(delivery: dict[str, Any], at: str) -> dict[str, Any]:
    return delivery if any(key.lower() == "shipdate" for key in delivery) else {**delivery, "shipDate": at}
