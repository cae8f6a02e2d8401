"""show-order-details: how orders stand now, net of later returns, overrides and voids."""

from itertools import groupby
from typing import Any

from pomona.enroll_service import auth, context, wire
from pomona.enroll_service.auth import Caller
from pomona.enroll_service.errors import SENTENCES, account, call
from pomona.enroll_service.reading import trimmed
from pomona.formats.times import iso_seconds
from pomona.registry import orders
from pomona.registry.orders import Line, Order
from pomona.runtime import Runtime
from pomona.store import Tx

_SHORT = 2_000
"""Devices that are put together without going to another thread."""


async def details(runtime: Runtime, caller: Caller, body: bytes) -> dict[str, Any]:
    """The state of each order asked for; those that cannot be found say so. Raises `Refused`."""
    request = wire.read(body, wire.DetailsRequest)
    ship_to = context.check(request.requestContext, caller)
    numbers = [number for each in request.orderNumbers or () if (number := each.strip())]
    wrong = [] if trimmed(request.depResellerId) else ["GRX-1056"]
    if not numbers:
        wrong.append("DEP-ERR-5001")
    if wrong:
        raise call(*wrong)
    if len(numbers) > runtime.settings.order_limit:
        raise account("GRX-16001")
    supplier = auth.authorize(caller, trimmed(request.depResellerId), ship_to, "DETAILS")
    found = await runtime.store.read(
        lambda tx: {number: orders.latest(tx, supplier.id, number) for number in numbers}
    )
    size = sum(
        order.pending + order.live + order.returned + order.released for order in found.values() if order
    )
    read = runtime.store.read if size <= _SHORT else runtime.store.scan
    shown = await read(lambda tx: [_order(tx, number, found[number]) for number in numbers])
    return {"statusCode": "COMPLETE", "respondedOn": iso_seconds(runtime.clock.now()), "orders": shown}


def _order(tx: Tx, number: str, order: Order | None) -> dict[str, Any]:
    if order is None:
        return {
            "orderNumber": number,
            "showOrderStatusCode": "DEP-ERR-5002",
            "showOrderStatusMessage": SENTENCES["DEP-ERR-5002"],
        }
    header = {
        "orderNumber": order.number,
        "orderDate": iso_seconds(order.ordered_at),
        "orderType": order.type if order.voided_at is None else "VD",
        "customerId": order.customer,
        "poNumber": order.po_number,
    }
    groups = groupby(orders.contents(tx, order), key=lambda line: (line.delivery, line.shipped_at))
    return header | {"deliveries": [_delivery(*key, list(lines)) for key, lines in groups]}


def _delivery(number: str, shipped_at: int, lines: list[Line]) -> dict[str, Any]:
    devices = [
        {"deviceId": line.serial, "assetTag": line.asset_tag} if line.asset_tag else {"deviceId": line.serial}
        for line in lines
    ]
    return {"deliveryNumber": number, "shipDate": iso_seconds(shipped_at), "devices": devices}
