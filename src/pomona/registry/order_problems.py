"""Why an order, a delivery or a device of an order was not taken: one word each, and a sentence for people.

What is refused is kept by its word beside the submission, so that supplier and organisation are told the same at any
time later. A sentence says what is wrong, what is expected and what to do; the supplier's protocol adds its own code.
"""

from enum import StrEnum
from typing import Literal, NamedTuple

Level = Literal["order", "delivery", "device"]


class Problem(StrEnum):
    """The words, as they are stored."""

    CUSTOMER_MISSING = "CUSTOMER_MISSING"
    CUSTOMER_UNKNOWN = "CUSTOMER_UNKNOWN"
    CUSTOMER_TOO_LONG = "CUSTOMER_TOO_LONG"
    DATE_MISSING = "DATE_MISSING"
    DATE_INVALID = "DATE_INVALID"
    TYPE_MISSING = "TYPE_MISSING"
    TYPE_INVALID = "TYPE_INVALID"
    PO_TOO_LONG = "PO_TOO_LONG"
    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    ORDER_VOIDED = "ORDER_VOIDED"
    HEADER_DIFFERS = "HEADER_DIFFERS"
    DELIVERY_NUMBER_MISSING = "DELIVERY_NUMBER_MISSING"
    DELIVERY_NUMBER_TOO_LONG = "DELIVERY_NUMBER_TOO_LONG"
    VOID_WITH_DELIVERIES = "VOID_WITH_DELIVERIES"
    NO_DELIVERIES = "NO_DELIVERIES"
    NUMBER_OF_A_RETURN = "NUMBER_OF_A_RETURN"
    NUMBER_OF_AN_ORDER = "NUMBER_OF_AN_ORDER"
    HAS_RETURNS = "HAS_RETURNS"
    OVERRIDE_INCOMPLETE = "OVERRIDE_INCOMPLETE"
    RETURN_TOO_EARLY = "RETURN_TOO_EARLY"
    SHIP_DATE_MISSING = "SHIP_DATE_MISSING"
    SHIP_DATE_INVALID = "SHIP_DATE_INVALID"
    SHIPPED_BEFORE_ORDER = "SHIPPED_BEFORE_ORDER"
    DEVICE_ID_MISSING = "DEVICE_ID_MISSING"
    DEVICE_ID_TOO_LONG = "DEVICE_ID_TOO_LONG"
    NO_DEVICES = "NO_DEVICES"
    SERIAL_INVALID = "SERIAL_INVALID"
    PRODUCT_UNKNOWN = "PRODUCT_UNKNOWN"
    NOT_IN_CATALOGUE = "NOT_IN_CATALOGUE"
    ASSET_TAG_TOO_LONG = "ASSET_TAG_TOO_LONG"
    IN_ANOTHER_ORDER = "IN_ANOTHER_ORDER"
    ANOTHER_CUSTOMER = "ANOTHER_CUSTOMER"
    ANOTHER_SUPPLIER = "ANOTHER_SUPPLIER"
    NOT_LOCATED = "NOT_LOCATED"

    @property
    def level(self) -> Level:
        """What of the order is not taken."""
        return _TABLE[self].level

    @property
    def sentence(self) -> str:
        """What is wrong. What is expected. What to do. Said to the supplier."""
        return _TABLE[self].sentence

    @property
    def for_buyer(self) -> str:
        """What is wrong, for the organisation that waits for the device; no stop at its end."""
        return _FOR_BUYERS.get(self) or self.sentence.partition(". ")[0]


class OrderRefused(Exception):
    """The order as a whole cannot be done; nothing of it was. `detail` says more where the sentence is not enough."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else str(problem))
        self.problem = problem
        self.detail = detail


class _Meaning(NamedTuple):
    level: Level
    sentence: str


def _order(sentence: str) -> _Meaning:
    return _Meaning("order", sentence)


def _delivery(sentence: str) -> _Meaning:
    return _Meaning("delivery", sentence)


def _device(sentence: str) -> _Meaning:
    return _Meaning("device", sentence)


_TABLE = {
    Problem.CUSTOMER_MISSING: _order(
        "The customer id is missing. Every order names the Organisation ID of its buyer. Add it and submit the order again."
    ),
    Problem.CUSTOMER_UNKNOWN: _order(
        "No organisation has this customer id. Expected is the Organisation ID that the buyer gave to you, or for the"
        " maker's own orders the customer number in digits. Ask the buyer for it and submit the order again."
    ),
    Problem.CUSTOMER_TOO_LONG: _order(
        "The customer id is too long. It has at most 32 characters. Correct it and submit the order again."
    ),
    Problem.DATE_MISSING: _order(
        "The order date is missing. Expected is a time in UTC such as 2026-01-02T03:04:05Z. Add it and submit the order"
        " again."
    ),
    Problem.DATE_INVALID: _order(
        "The order date cannot be read. Expected is a time in UTC such as 2026-01-02T03:04:05Z, of at most 64 characters."
        " Correct it and submit the order again."
    ),
    Problem.TYPE_MISSING: _order(
        "The order type is missing. Expected is OR, RE, VD or OV. Add it and submit the order again."
    ),
    Problem.TYPE_INVALID: _order(
        "The order type is not known. Expected is OR (order), RE (return), VD (void) or OV (override). Correct it and"
        " submit the order again."
    ),
    Problem.PO_TOO_LONG: _order(
        "The purchase order number is too long. It has at most 100 characters. Shorten it and submit the order again."
    ),
    Problem.ORDER_NOT_FOUND: _order(
        "You have no order of this number. A void or an override names an order that was submitted before. Check the number,"
        " or submit it as a new order (OR)."
    ),
    Problem.ORDER_VOIDED: _order(
        "The order of this number was voided already. A void or an override needs an order that stands. Nothing is left to"
        " undo; to order again, submit it as OR."
    ),
    Problem.HEADER_DIFFERS: _order(
        "Customer id, order date or purchase order number differ from the order that is stored under this number. An order"
        " that adds devices repeats all three. Submit it as an override (OV), or void the stored order first (VD)."
    ),
    Problem.DELIVERY_NUMBER_MISSING: _order(
        "A delivery has no number. Every delivery of an order has one; where there is only one, SELF is usual. Add it and"
        " submit the order again."
    ),
    Problem.DELIVERY_NUMBER_TOO_LONG: _order(
        "A delivery number is too long. It has at most 32 characters. Shorten it and submit the order again."
    ),
    Problem.VOID_WITH_DELIVERIES: _order(
        "A void carries deliveries. It undoes an order as a whole and names none. Leave the deliveries out, or return single"
        " devices with RE."
    ),
    Problem.NO_DELIVERIES: _order(
        "The order has no deliveries. Every order but a void has at least one, with its devices. Add them and submit the"
        " order again."
    ),
    Problem.NUMBER_OF_A_RETURN: _order(
        "This number belongs to a return. An order and an override need a number that is no return's. Use another number,"
        " or void the return first (VD)."
    ),
    Problem.NUMBER_OF_AN_ORDER: _order(
        "This number belongs to an order. A return needs a number of its own. Submit it again under another number, for"
        " example the order's with RE behind it."
    ),
    Problem.HAS_RETURNS: _order(
        "Devices of this order were returned. An order with returns can be neither voided nor overridden. Void the return"
        " first (VD), or return the other devices too (RE)."
    ),
    Problem.OVERRIDE_INCOMPLETE: _order(
        "A delivery of this override is wrong. An override replaces the whole order, and without that delivery its devices"
        " would be lost, so nothing was changed. Correct the delivery and submit the override again."
    ),
    Problem.RETURN_TOO_EARLY: _order(
        "The return is dated before the order of one of its devices. A return is later than what it returns. Correct the"
        " order date and submit the return again."
    ),
    Problem.SHIP_DATE_MISSING: _delivery(
        "The ship date is missing. Expected is a time in UTC such as 2026-01-02T03:04:05Z. Add it and submit the delivery"
        " again."
    ),
    Problem.SHIP_DATE_INVALID: _delivery(
        "The ship date cannot be read. Expected is a time in UTC such as 2026-01-02T03:04:05Z, of at most 64 characters."
        " Correct it and submit the delivery again."
    ),
    Problem.SHIPPED_BEFORE_ORDER: _delivery(
        "The ship date is before the order date. A delivery is shipped when it was ordered or later. Correct one of the"
        " dates and submit the delivery again."
    ),
    Problem.DEVICE_ID_MISSING: _delivery(
        "A device of the delivery has no id. Expected is a serial number, an IMEI or an MEID for each. Add it and submit the"
        " delivery again."
    ),
    Problem.DEVICE_ID_TOO_LONG: _delivery(
        "A device id of the delivery is too long. It has at most 20 characters. Correct it and submit the delivery again."
    ),
    Problem.NO_DEVICES: _delivery(
        "The delivery has no devices. Expected is at least one. Add them, or leave the delivery out, and submit it again."
    ),
    Problem.SERIAL_INVALID: _device(
        "This is no serial number. Expected are 8 to 20 letters and digits, or an IMEI or MEID. Correct the device id and"
        " submit the device again."
    ),
    Problem.PRODUCT_UNKNOWN: _device(
        "The product of this device is not known. Expected is a product type, a model name or a part number, or none."
        " Correct it and submit the device again."
    ),
    Problem.NOT_IN_CATALOGUE: _device(
        "Nobody told what this serial number was made as. Expected is a serial number of the catalogue, or a product with"
        " it. Add the product and submit the device again."
    ),
    Problem.ASSET_TAG_TOO_LONG: _device(
        "The asset tag is too long. It has at most 128 characters. Shorten it and submit the device again."
    ),
    Problem.IN_ANOTHER_ORDER: _device(
        "The device is in another order of yours for this customer. A device is in one order at a time. Void or return it"
        " there first, or leave it out here."
    ),
    Problem.ANOTHER_CUSTOMER: _device(
        "The device belongs to another customer. It can be ordered again when that customer released it or it was returned."
        " Check the device id, or return it there first."
    ),
    Problem.ANOTHER_SUPPLIER: _device(
        "The device is in an order of another supplier. A device is in one order at a time. Check the device id; the other"
        " supplier has to return it first."
    ),
    Problem.NOT_LOCATED: _device(
        "The device cannot be located. A return names a device that you delivered, an IMEI or MEID one that is known."
        " Check the device id, or give the serial number."
    ),
}

_FOR_BUYERS = {
    Problem.ANOTHER_CUSTOMER: "It belongs to another organisation",
    Problem.ANOTHER_SUPPLIER: "Another supplier has it in an order",
    Problem.IN_ANOTHER_ORDER: "It is in another order of the same supplier",
    Problem.NOT_IN_CATALOGUE: "Nobody told what this serial number is, and the catalogue is strict",
    Problem.NOT_LOCATED: "It is not in the order that the return is for",
    Problem.PRODUCT_UNKNOWN: "The product that the order names is unknown",
    Problem.SERIAL_INVALID: "No serial number looks like this",
}
"""Where the first of the supplier's sentences would say it from the supplier's side."""
