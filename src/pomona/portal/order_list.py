"""Orders that suppliers sent, newest first, and where each stands."""

from typing import Any

from pomona.portal import missing
from pomona.portal.answers import Answer, Shown
from pomona.portal.paging import number_of
from pomona.portal.visit import Visit
from pomona.registry import moved_orders, orders, submitted_orders
from pomona.registry.orders import Order
from pomona.store import Tx

PAGE = 50

TYPES = {"OR": "Order", "RE": "Return", "VD": "Void", "OV": "Override"}
"""What a supplier can submit, in words."""

STATES = {
    "AVAILABLE": ("ok", "Available"),
    "ARRIVING": ("wait", "Arriving"),
    "PENDING": ("wait", "Waits for a link"),
    "RETURNED": ("off", "Returned"),
    "RETURN": ("off", "Return"),
    "RELEASED": ("off", "Released"),
    "REFUSED": ("bad", "Refused"),
    "VOIDED": ("off", "Voided"),
    "EMPTY": ("off", "No devices"),
}
"""The look and the word of each of an order's states."""


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of orders; `?before=` is the number of the last one seen, `?number=` the supplier's order number.

    A number that is no order's may be a device's: then it is said why that is not here.
    """
    wanted = visit.query.get("number", "").strip()
    before = number_of(visit.query, "before")
    if wanted:
        found = orders.find(tx, visit.organization_id, wanted)
    else:
        found = orders.of_organization(tx, visit.organization_id, before=before, limit=PAGE + 1)
    context = {
        "submitted": [] if wanted or before else _submitted(tx, visit),
        "moved": _moved(tx, visit, wanted) if before is None else [],
        "orders": [line(order) for order in found[:PAGE]],
        "wanted": wanted,
        "older": found[PAGE - 1].id if len(found) > PAGE else None,
        "newest": before is None,
        "missing": missing.explained(tx, visit, wanted) if wanted and not found else None,
    }
    return Shown("order_list.html", context)


def _submitted(tx: Tx, visit: Visit) -> list[dict[str, Any]]:
    """Orders that came a moment ago."""
    return [
        {
            "number": each.number,
            "what": TYPES.get(each.type, each.type),
            "supplier": each.supplier_name,
            "at": each.at,
            "begun": each.begun,
        }
        for each in submitted_orders.of_organization(tx, visit.organization_id)
    ]


def _moved(tx: Tx, visit: Visit, wanted: str) -> list[dict[str, Any]]:
    """Orders that an override made somebody else's."""
    if wanted:
        found = moved_orders.find(tx, visit.organization_id, wanted)
    else:
        found = moved_orders.of_organization(tx, visit.organization_id)
    return [
        {
            "number": each.number,
            "supplier": each.supplier_name,
            "ordered_at": each.ordered_at,
            "moved_at": each.moved_at,
        }
        for each in found
    ]


def line(order: Order) -> dict[str, Any]:
    """What a list shows of an order."""
    look, state = STATES[order.state]
    return {
        "id": order.id,
        "number": order.number,
        "supplier": order.supplier_name,
        "supplier_number": order.supplier_number,
        "look": look,
        "state": state,
        "reason": order.reason,
        "overridden": order.type == "OV" and order.voided_at is None,
        "here": order.live,
        "pending": order.pending,
        "refused": order.refused,
        "ordered_at": order.ordered_at,
        "updated_at": order.updated_at,
    }
