"""Why a device that somebody expects is not in an organisation, as far as that organisation may know.

What its own orders say is told in full. Of others nothing is told but the two things without which nobody could act: that
the device has an owner, never which, and that a supplier linked here sent it for another Organisation ID, never whose.
"""

from dataclasses import dataclass
from enum import StrEnum

from pomona.catalogue.identifiers import classify, is_serial
from pomona.registry import devices, missing_orders
from pomona.registry.devices import organization_of
from pomona.registry.missing_orders import OrderLine, SubmittedOrder
from pomona.registry.order_problems import Problem
from pomona.registry.orders import ClaimState
from pomona.store import Tx


class Why(StrEnum):
    """The reasons, in the order in which they are told: what can be acted upon comes first."""

    HERE = "HERE"
    MALFORMED = "MALFORMED"
    NOT_PROCESSED = "NOT_PROCESSED"
    ARRIVING = "ARRIVING"
    NOT_LINKED = "NOT_LINKED"
    CUSTOMER_NUMBER_NOT_LINKED = "CUSTOMER_NUMBER_NOT_LINKED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"
    VOIDED = "VOIDED"
    OVERRIDDEN = "OVERRIDDEN"
    TAKEN_OUT = "TAKEN_OUT"
    RELEASED = "RELEASED"
    OTHER_ORGANIZATION_ID = "OTHER_ORGANIZATION_ID"
    OWNED_ELSEWHERE = "OWNED_ELSEWHERE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `at` in milliseconds, where it is known; an order's facts only where the order is the organisation's.

    `supplier` is the supplier's kind, number and name. `problem` says why an order was refused, or the device in it.
    """

    why: Why
    at: int | None = None
    order_id: int | None = None
    order_number: str = ""
    supplier: tuple[str, str, str] | None = None
    problem: Problem | None = None

    @property
    def sentence(self) -> str:
        """What is the matter, and what to do about it."""
        kind, number, name = self.supplier or ("", "", "")
        called = f"{name} ({number})" if name and name != number else number
        return _SENTENCES[self.why].format(
            order=self.order_number, supplier="the maker" if kind == "APPLE" else f"reseller {called}",
            number=number, problem=self.problem.for_buyer if self.problem else "",
        )  # fmt: skip


_SENTENCES = {
    Why.HERE: "The device is in this organisation.",
    Why.MALFORMED: "This is no serial number. Expected are 8 to 20 letters and digits, or an IMEI or MEID. Check it for a"
    " mistake in typing.",
    Why.NOT_PROCESSED: "Order {order} of {supplier} names it and is being worked off. Look again in a minute.",
    Why.ARRIVING: "Order {order} of {supplier} names it, and its devices are being added. Look again in a minute.",
    Why.NOT_LINKED: "Order {order} of {supplier} names it and waits: the number is not linked to this organisation. Link it"
    " under Suppliers.",
    Why.CUSTOMER_NUMBER_NOT_LINKED: "An order of the maker names it for an Apple Customer Number that nobody has linked. If"
    " it was bought under a number of yours, link that number under Suppliers.",
    Why.REFUSED: "Order {order} of {supplier} named it, and it was refused: {problem}. Ask the supplier to correct it.",
    Why.RETURNED: "It came with order {order} of {supplier} and was returned to the supplier.",
    Why.VOIDED: "Order {order} of {supplier} named it and was voided. If that was a mistake, ask the supplier to order again.",
    Why.OVERRIDDEN: "Order {order} of {supplier} named it and was overridden by a list without it. If that was a mistake, ask"
    " the supplier to add it again.",
    Why.TAKEN_OUT: "It came with order {order} of {supplier}, which was overridden and is not yours any more. If that was a"
    " mistake, ask the supplier to override it with your Organisation ID.",
    Why.RELEASED: "It was released from this organisation. A new order of the supplier can bring it back, or adding it by"
    " hand.",
    Why.OTHER_ORGANIZATION_ID: "An order of {supplier}, which is linked here, names it for another Organisation ID than yours."
    " If it is yours, give the supplier your Organisation ID and ask for an override.",
    Why.OWNED_ELSEWHERE: "Another organisation has it. It can come when that organisation releases it or its supplier takes"
    " it back.",
    Why.UNKNOWN: "Nothing is known of it: no order names it. Ask the supplier whether it sent the order, and with which"
    " Organisation ID.",
}

_OF_LINES = {
    ClaimState.RETURNED: Why.RETURNED,
    ClaimState.RELEASED: Why.RELEASED,
    ClaimState.REFUSED: Why.REFUSED,
    ClaimState.VOIDED: Why.VOIDED,
    ClaimState.OVERRIDDEN: Why.OVERRIDDEN,
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """`asked` is the text as it was asked for, without blanks; at least one reason, what can be acted upon first."""

    asked: str
    reasons: tuple[Reason, ...]

    @property
    def here(self) -> bool:
        """Whether nothing is missing."""
        return self.reasons[0].why is Why.HERE


def explain(tx: Tx, organization_id: int, text: str) -> Explanation:
    """Why the device with this serial number, IMEI or MEID is not in the organisation. May take a moment: a long read."""
    asked = text.strip().upper() if text.isascii() else text.strip()
    serial = _serial(tx, asked)
    if serial is None:
        return Explanation(asked, (Reason(Why.UNKNOWN if _identifies(asked) else Why.MALFORMED),))
    owner = tx.value("SELECT device_id FROM serial_owner WHERE serial = $1", serial)
    if owner is not None and organization_of(owner) == organization_id:
        return Explanation(asked, (Reason(Why.HERE),))
    found = _own(tx, organization_id, serial) + _others(tx, organization_id, serial)
    if owner is not None:
        found.append(Reason(Why.OWNED_ELSEWHERE))
    order = list(Why)
    told = sorted(dict.fromkeys(found), key=lambda reason: (order.index(reason.why), -(reason.at or 0)))
    return Explanation(asked, tuple(told) or (Reason(Why.UNKNOWN),))


def _identifies(text: str) -> bool:
    return classify(text) in ("imei", "meid")


def _serial(tx: Tx, asked: str) -> str | None:
    if _identifies(asked):
        found = devices.resolve(tx, [asked]).get(asked)
        if found is not None or not is_serial(asked):
            return found
    return asked if is_serial(asked) else None


def _own(tx: Tx, organization_id: int, serial: str) -> list[Reason]:
    lines = missing_orders.lines_of(tx, organization_id, serial)
    found = [reason for line in lines if (reason := _of_line(line)) is not None]
    if not any(line.state is ClaimState.RELEASED for line in lines):
        found += _left(tx, organization_id, serial, lines)
    told = {(reason.order_number, reason.problem) for reason in found}
    for each in missing_orders.refused(tx, organization_id, serial):
        if (each.number, each.problem) not in told:
            found.append(_of_submission(Why.REFUSED, each))
    waiting = missing_orders.unfinished(tx, organization_id, serial)
    return found + [_of_submission(Why.NOT_PROCESSED, each) for each in waiting]


def _of_line(line: OrderLine) -> Reason | None:
    if line.state is ClaimState.PENDING:
        why = Why.NOT_LINKED if line.flow_from is None else Why.ARRIVING
        return Reason(why, line.updated_at, line.order_id, line.number, line.supplier)
    why_now = _OF_LINES.get(line.state)
    if why_now is None:
        return None
    at = line.left_at or line.updated_at
    return Reason(why_now, at, line.order_id, line.number, line.supplier, line.problem)


def _left(tx: Tx, organization_id: int, serial: str, lines: list[OrderLine]) -> list[Reason]:
    """A device that left otherwise than by an order that is still the organisation's."""
    left = missing_orders.left(tx, organization_id, serial)
    if left is None or any(line.left_at == left.at for line in lines):
        return []
    if left.supplier is None:
        return [Reason(Why.RELEASED, left.at)]
    return [Reason(Why.TAKEN_OUT, left.at, None, left.number, left.supplier)]


def _of_submission(why: Why, each: SubmittedOrder) -> Reason:
    return Reason(why, each.at, None, each.number, each.supplier, each.problem)


def _others(tx: Tx, organization_id: int, serial: str) -> list[Reason]:
    """Of orders that are not the organisation's nothing is told but the supplier, which is linked here."""
    found = [
        Reason(Why.OTHER_ORGANIZATION_ID, supplier=supplier)
        for supplier in missing_orders.misaddressed(tx, organization_id, serial)
    ]
    if missing_orders.nobodys(tx, serial):
        found.append(Reason(Why.CUSTOMER_NUMBER_NOT_LINKED))
    return found
