"""From the wire's orders to the registry's: texts trimmed, dates read, and what is wrong with an order or a delivery."""

from pomona.enroll_service import wire
from pomona.formats.times import parse_iso
from pomona.registry.order_documents import ORDER_TYPES, OrderDocument, OrderedDelivery
from pomona.registry.order_problems import Problem

MAX_ORDER_NUMBER = 32
_MAX_CUSTOMER = 32
_MAX_PO = 100
_MAX_DELIVERY_NUMBER = 32
_MAX_DATE = 64
_MAX_DEVICE_ID = 20


def document(order: wire.Order) -> OrderDocument:
    """One order. Nothing is refused here: an order or a delivery that is wrong says so."""
    ordered_at = _date(order.orderDate)
    made = OrderDocument(
        trimmed(order.orderNumber),
        trimmed(order.orderType).upper(),
        trimmed(order.customerId),
        trimmed(order.poNumber),
        ordered_at or 0,
    )
    made.problem = _header_problem(made, order, ordered_at)
    if made.type != "VD":
        made.deliveries = [_delivery(delivery, made.ordered_at) for delivery in order.deliveries or ()]
    return made


def trimmed(text: str | None) -> str:
    """Without blanks around it; empty for none."""
    return "" if text is None else text.strip()


def _header_problem(made: OrderDocument, order: wire.Order, ordered_at: int | None) -> Problem | None:
    """The first thing that is wrong with an order as a whole."""
    return (
        _type_problem(made.type)
        or _customer_problem(made.customer)
        or _date_problem(order.orderDate, ordered_at)
        or (Problem.PO_TOO_LONG if len(made.po_number) > _MAX_PO else None)
        or _deliveries_problem(made.type, order.deliveries or [])
    )


def _type_problem(type: str) -> Problem | None:
    if not type:
        return Problem.TYPE_MISSING
    return None if type in ORDER_TYPES else Problem.TYPE_INVALID


def _customer_problem(customer: str) -> Problem | None:
    if not customer:
        return Problem.CUSTOMER_MISSING
    return Problem.CUSTOMER_TOO_LONG if len(customer) > _MAX_CUSTOMER else None


def _date_problem(text: str | None, at: int | None) -> Problem | None:
    if not trimmed(text):
        return Problem.DATE_MISSING
    return Problem.DATE_INVALID if at is None else None


def _deliveries_problem(type: str, deliveries: list[wire.Delivery]) -> Problem | None:
    if type == "VD":
        return Problem.VOID_WITH_DELIVERIES if deliveries else None
    if not deliveries:
        return Problem.NO_DELIVERIES
    numbers = [trimmed(delivery.deliveryNumber) for delivery in deliveries]
    if not all(numbers):
        return Problem.DELIVERY_NUMBER_MISSING
    too_long = any(len(number) > _MAX_DELIVERY_NUMBER for number in numbers)
    return Problem.DELIVERY_NUMBER_TOO_LONG if too_long else None


def _delivery(delivery: wire.Delivery, ordered_at: int) -> OrderedDelivery:
    devices = delivery.devices or []
    shipped_at = _date(delivery.shipDate)
    tags = [device.assetTag for device in devices]
    products = [device.productType for device in devices]
    made = OrderedDelivery(
        trimmed(delivery.deliveryNumber),
        shipped_at or 0,
        [device.deviceId or "" for device in devices],
        tags if any(tags) else [],
        products if any(products) else [],
    )
    made.problem = _delivery_problem(made.ids, delivery.shipDate, shipped_at, ordered_at)
    return made


def _delivery_problem(
    ids: list[str], ship_date: str | None, shipped_at: int | None, ordered_at: int
) -> Problem | None:
    if not trimmed(ship_date):
        return Problem.SHIP_DATE_MISSING
    if shipped_at is None:
        return Problem.SHIP_DATE_INVALID
    if shipped_at < ordered_at:
        return Problem.SHIPPED_BEFORE_ORDER
    if not ids:
        return Problem.NO_DEVICES
    lengths = list(map(len, map(str.strip, ids)))
    if min(lengths) == 0:
        return Problem.DEVICE_ID_MISSING
    return Problem.DEVICE_ID_TOO_LONG if max(lengths) > _MAX_DEVICE_ID else None


def _date(text: str | None) -> int | None:
    """Milliseconds, or None for what cannot be read."""
    text = trimmed(text)
    if not text or len(text) > _MAX_DATE:
        return None
    try:
        return parse_iso(text)
    except ValueError:
        return None
