"""Why a device that somebody looks for is not there, for pages that found nothing."""

from typing import Any

from pomona.catalogue.identifiers import classify, is_serial
from pomona.portal.visit import Visit
from pomona.registry import missing_serials
from pomona.registry.missing_serials import Reason, Why
from pomona.store import Tx

_LOOKS = {
    Why.HERE: ("ok", "Here"),
    Why.MALFORMED: ("bad", "No serial number"),
    Why.NOT_PROCESSED: ("wait", "Being worked off"),
    Why.ARRIVING: ("wait", "Arriving"),
    Why.NOT_LINKED: ("wait", "Waits for a link"),
    Why.CUSTOMER_NUMBER_NOT_LINKED: ("wait", "Customer number not linked"),
    Why.REFUSED: ("bad", "Refused"),
    Why.RETURNED: ("off", "Returned"),
    Why.VOIDED: ("off", "Order voided"),
    Why.OVERRIDDEN: ("off", "Order overridden"),
    Why.TAKEN_OUT: ("off", "Order overridden"),
    Why.RELEASED: ("off", "Released"),
    Why.OTHER_ORGANIZATION_ID: ("bad", "Another Organisation ID"),
    Why.OWNED_ELSEWHERE: ("bad", "Another organisation's"),
    Why.UNKNOWN: ("off", "Not known"),
}
"""The look and the word of each reason."""


def explained(tx: Tx, visit: Visit, text: str) -> dict[str, Any] | None:
    """What a page shows of a search that found nothing; None unless it was for one device."""
    text = text.strip().upper()
    if not (is_serial(text) or classify(text) in ("imei", "meid")):
        return None
    found = missing_serials.explain(tx, visit.organization_id, text)
    return {"asked": found.asked, "here": found.here, "reasons": [_line(reason) for reason in found.reasons]}


def _line(reason: Reason) -> dict[str, Any]:
    look, word = _LOOKS[reason.why]
    return {
        "look": look,
        "word": word,
        "sentence": reason.sentence,
        "at": reason.at,
        "order_id": reason.order_id,
        "link": reason.why in (Why.NOT_LINKED, Why.CUSTOMER_NUMBER_NOT_LINKED),
    }
