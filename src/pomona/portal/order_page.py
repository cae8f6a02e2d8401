"""One order: where it stands and why, what was submitted about it, and every device of it."""

from typing import Any

from pomona.portal import words
from pomona.portal.answers import Answer, Shown
from pomona.portal.order_list import TYPES, line
from pomona.portal.visit import Visit
from pomona.registry import orders
from pomona.registry.errors import NotFound
from pomona.registry.orders import ClaimState, DeliverySummary, HistoryEntry, Line
from pomona.store import Tx

PAGE = 100

CLAIMS = {
    ClaimState.PENDING: ("wait", "Waits for a link"),
    ClaimState.LIVE: ("ok", "Here"),
    ClaimState.RETURNED: ("off", "Returned"),
    ClaimState.RELEASED: ("off", "Released"),
    ClaimState.REFUSED: ("bad", "Refused"),
    ClaimState.VOIDED: ("off", "Voided"),
    ClaimState.OVERRIDDEN: ("off", "Left out by an override"),
    ClaimState.TAKEN_BACK: ("off", "Taken back"),
}
"""The look and the word of each state of a device in an order."""

_COUNTED = {ClaimState.PENDING: "waiting for a link"}
"""Where the word of one is not that of many."""


def show(tx: Tx, visit: Visit) -> Answer:
    """The order and a page of its devices; `?after=` is the last serial seen."""
    text = visit.path["id"]
    order = orders.get(tx, int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if order is None or order.organization_id != visit.organization_id:
        raise NotFound("order", text)
    after = visit.query.get("after", "")
    found = orders.lines(tx, order.id, after=after, limit=PAGE + 1)
    context = {
        "order": line(order),
        "details": order,
        "deliveries": [_delivery(each) for each in orders.deliveries(tx, order.id)] if not after else [],
        "history": [_submission(entry) for entry in orders.history(tx, order.id)],
        "lines": [_device(each) for each in found[:PAGE]],
        "after": found[PAGE - 1].serial if len(found) > PAGE else None,
        "first": not after,
    }
    return Shown("order_page.html", context)


def _submission(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "at": entry.received_at,
        "what": TYPES.get(entry.type, entry.type),
        "transaction": entry.transaction_id,
        "problem": "" if entry.problem is None else words.order_problem(entry.problem),
        "detail": entry.detail,
    }


def _delivery(each: DeliverySummary) -> dict[str, Any]:
    return {
        "number": each.number,
        "shipped_at": each.shipped_at,
        "devices": sum(each.counts.values()),
        "states": [
            {"look": look, "word": _COUNTED.get(state, word.lower()), "count": count}
            for state, (look, word) in CLAIMS.items()
            if (count := each.counts.get(state))
        ],
    }


def _device(each: Line) -> dict[str, Any]:
    look, state = CLAIMS[each.state]
    return {
        "serial": each.serial,
        "delivery": each.delivery,
        "shipped_at": each.shipped_at,
        "look": look,
        "state": state,
        "why": "" if each.problem is None else words.order_problem(each.problem),
        "returned_with": each.returned_with,
        "here": each.state is ClaimState.LIVE,
    }
