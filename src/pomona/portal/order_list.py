"""Orders that suppliers sent, newest first, and where each stands."""

from typing import Any

from pomona.portal import missing
from pomona.portal.answers import Answer, Shown
from pomona.portal.paging import number_of
from pomona.portal.visit import Visit
from pomona.registry import orders
from pomona.registry.orders import Order
from pomona.store import Tx

PAGE = 50

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
        "orders": [line(order) for order in found[:PAGE]],
        "wanted": wanted,
        "older": found[PAGE - 1].id if len(found) > PAGE else None,
        "newest": before is None,
        "missing": missing.explained(tx, visit, wanted) if wanted and not found else None,
    }
    return Shown("order_list.html", context)


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
        "here": order.live,
        "pending": order.pending,
        "refused": order.refused,
        "ordered_at": order.ordered_at,
        "updated_at": order.updated_at,
    }
