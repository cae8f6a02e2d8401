"""A supplier's order software: submits transactions, polls what became of them, and reads orders back.

It knows nothing of the server but its address, the account's numbers and a token, or else its client's certificate, and
looks at body keys first, as the protocol wants: refusals come with status 200, as one object, as an array, or flat.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

PATH = "/enroll-service/1.0"
TRIAL_PATH = "/pomona/v1/orders:validate"
IN_PROGRESS = "DEP-ERR-4003"
_POLLS = 400


class SupplierRefused(Exception):
    """The service refused; the message holds its codes and sentences."""


@dataclass(frozen=True, slots=True)
class SupplierAccount:
    """Who submits: reseller number, ship-to number, and the token that proves it; none where a certificate does."""

    number: str
    ship_to: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DeviceFate:
    """What became of one device of a transaction; `code` is COMPLETE or an error code."""

    order: str
    device: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a transaction. `orders` holds (number, status, message)."""

    status: str
    orders: list[tuple[str, str, str]]
    devices: list[DeviceFate]


class SupplierClient:
    """`wait` sleeps between polls; tests need not."""

    def __init__(
        self, http: httpx.Client, account: SupplierAccount, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = http
        self._account = account
        self._wait = wait

    def submit(self, transaction_id: str, orders: Sequence[dict[str, Any]]) -> str:
        """Sends orders (as on the wire); gives the enrolment transaction id. Raises `SupplierRefused`."""
        answer = self._ask("bulk-enroll-devices", {"transactionId": transaction_id, "orders": list(orders)})
        _raise_for(answer, "enrollDeviceErrorResponse")
        return str(answer["deviceEnrollmentTransactionId"])

    def validate(self, orders: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """What would become of orders, at once and without anything being kept; Pomona alone knows this call.

        Gives the answer as it came. Raises `SupplierRefused`.
        """
        answer = self._ask(TRIAL_PATH, {"transactionId": "TRIAL", "orders": list(orders)})
        _raise_for(answer, "enrollDeviceErrorResponse")
        return answer

    def status(self, enrolment_transaction_id: str) -> Fate | None:
        """What became of a transaction; None while it is being worked on. Raises `SupplierRefused`."""
        answer = self._ask(
            "check-transaction-status", {"deviceEnrollmentTransactionId": enrolment_transaction_id}
        )
        if IN_PROGRESS in {
            each.get("errorCode") for each in _errors(answer, "checkTransactionErrorResponse")
        }:
            return None
        _raise_for(answer, "checkTransactionErrorResponse")
        return _fate(answer)

    def follow(self, enrolment_transaction_id: str, progress: Callable[[], None] = lambda: None) -> Fate:
        """Polls until the transaction has ended. Raises `SupplierRefused`."""
        for turn in range(_POLLS):
            if (fate := self.status(enrolment_transaction_id)) is not None:
                return fate
            progress()
            self._wait(min(0.1 * 1.3**turn, 2.0))
        raise SupplierRefused(f"transaction {enrolment_transaction_id} did not end")

    def details(self, order_numbers: Sequence[str]) -> list[dict[str, Any]]:
        """Orders as they stand now, as on the wire; one that is unknown says so itself. Raises `SupplierRefused`."""
        answer = self._ask("show-order-details", {"orderNumbers": list(order_numbers)})
        _raise_for(answer, "showOrderErrorResponse")
        orders: list[dict[str, Any]] = answer["orders"]
        return orders

    def _ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        context = {"shipTo": self._account.ship_to, "timeZone": "0", "langCode": "en"}
        document = {"requestContext": context, "depResellerId": self._account.number, **body}
        token = self._account.token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        path = call if call.startswith("/") else f"{PATH}/{call}"
        answer = self._http.post(path, json=document, headers=headers)
        try:
            decoded = answer.json()
        except ValueError:
            raise SupplierRefused(f"{call} answered {answer.status_code} without a document") from None
        if not isinstance(decoded, dict):
            raise SupplierRefused(f"{call} answered with no object")
        return decoded


def _errors(answer: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = answer.get(key)
    if isinstance(found, dict):
        return [found]
    if isinstance(found, list):
        return found
    return [answer] if "errorCode" in answer else []


def _raise_for(answer: dict[str, Any], key: str) -> None:
    errors = _errors(answer, key)
    if errors:
        raise SupplierRefused(
            "; ".join(f"{each.get('errorCode')}: {each.get('errorMessage')}" for each in errors)
        )


def _fate(answer: dict[str, Any]) -> Fate:
    orders, devices = [], []
    for order in answer.get("orders", []):
        number = order["orderNumber"]
        orders.append((number, order["orderPostStatus"], order.get("orderPostStatusMessage", "")))
        for delivery in order.get("deliveries") or []:
            devices += [
                DeviceFate(
                    number,
                    each["deviceId"],
                    each["devicePostStatus"],
                    each.get("devicePostStatusMessage", ""),
                )
                for each in delivery.get("devices") or []
            ]
    return Fate(answer["statusCode"], orders, devices)
