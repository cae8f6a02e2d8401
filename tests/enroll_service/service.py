"""The service under test: the real face and worker on a real port, a supplier with a token, and its three calls."""

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from pomona.enroll_service import routes
from pomona.registry import supplier_credentials, suppliers
from pomona.registry.suppliers import Supplier, SupplierKind
from pomona.runtime import Runtime
from pomona.work import worker
from pomona.work.orders import OrderWorker
from tests.support.supply import link
from tests.support.worlds import ADMIN, NOW, World

SHIP_TO = "0000052010"
CONTEXT = {"shipTo": SHIP_TO, "timeZone": "420", "langCode": "en"}
ORDERED = "2014-08-28T10:10:10Z"
SHIPPED = "2014-10-10T05:10:00Z"
BASE = "/enroll-service/1.0/"


def order(
    number: str, customer: str, ids: list[str] | None = None, type: str = "OR", **more: Any
) -> dict[str, Any]:
    """An order with one delivery, or none without ids."""
    document: dict[str, Any] = {
        "orderNumber": number,
        "orderDate": ORDERED,
        "orderType": type,
        "customerId": customer,
    }
    if ids is not None:
        devices = [{"deviceId": id} for id in ids]
        document["deliveries"] = [{"deliveryNumber": "D1.2", "shipDate": SHIPPED, "devices": devices}]
    return document | more


class Account:
    """A supplier's account and its program."""

    def __init__(
        self, origin: str, runtime: Runtime, number: str, kind: SupplierKind, ship_to: list[str]
    ) -> None:
        self.runtime = runtime
        self.number = number
        self.supplier: Supplier = runtime.store.write_sync(
            lambda tx: suppliers.register(tx, kind, number, ship_to=ship_to, actor=ADMIN, now=NOW)
        )
        self.token = runtime.store.write_sync(
            lambda tx: supplier_credentials.issue_token(
                tx, [self.supplier], actor=ADMIN, now=NOW, rng=runtime.rng
            )
        )
        self.http = httpx.Client(
            base_url=origin + BASE, headers={"Authorization": f"Bearer {self.token}"}, timeout=20
        )
        self._sent = 0

    def call(self, path: str, document: Any) -> Any:
        """One call that is answered with HTTP 200."""
        response = self.http.post(path, json=document)
        assert response.status_code == 200
        assert "content-encoding" not in response.headers
        return response.json()

    def request(self, *orders: Any, **more: Any) -> dict[str, Any]:
        """A whole request with these orders."""
        self._sent += 1
        return {
            "requestContext": CONTEXT,
            "transactionId": f"TXN_{self._sent}",
            "depResellerId": self.number,
            "orders": list(orders),
        } | more

    def enroll(self, *orders: Any, **more: Any) -> Any:
        """Submits; gives the answer."""
        return self.call("bulk-enroll-devices", self.request(*orders, **more))

    def status(self, id: str) -> Any:
        """Asks once for a submission's fate."""
        return self.call(
            "check-transaction-status",
            {"requestContext": CONTEXT, "depResellerId": self.number, "deviceEnrollmentTransactionId": id},
        )

    def send(self, *orders: Any) -> Any:
        """Submits, and waits for the fate."""
        accepted = self.enroll(*orders)
        assert accepted["enrollDevicesResponse"]["statusCode"] == "SUCCESS", accepted
        end = time.monotonic() + 20
        while time.monotonic() < end:
            fate = self.status(accepted["deviceEnrollmentTransactionId"])
            if "statusCode" in fate:
                return fate
            assert fate["checkTransactionErrorResponse"][0]["errorCode"] == "DEP-ERR-4003", fate
            time.sleep(0.01)
        raise AssertionError("the submission was not finished within 20 s")

    def details(self, *numbers: str) -> Any:
        """How orders stand."""
        return self.call(
            "show-order-details",
            {"requestContext": CONTEXT, "depResellerId": self.number, "orderNumbers": list(numbers)},
        )

    def devices(self, number: str) -> list[str]:
        """Device ids of an order as it stands."""
        shown = self.details(number)["orders"][0]
        return [device["deviceId"] for delivery in shown["deliveries"] for device in delivery["devices"]]


class Service:
    """The served face. `working=False` leaves submissions undone, so that a test sees them in progress."""

    def __init__(self, runtime: Runtime, serve: Callable[..., str], *, working: bool = True) -> None:
        self.runtime = runtime
        self.accounts: list[Account] = []
        orders = OrderWorker(runtime, "test")
        run = partial(worker.run, "orders", runtime.store, orders.topic, orders.look)
        self.origin = serve(routes.app(runtime), *([run] if working else []))

    def account(
        self, number: str = "16FCE4A0", kind: SupplierKind = "RESELLER", ship_to: list[str] | None = None
    ) -> Account:
        """Registers a supplier."""
        made = Account(self.origin, self.runtime, number, kind, [SHIP_TO] if ship_to is None else ship_to)
        self.accounts.append(made)
        return made

    def organization(self, name: str = "Example", *links: str) -> World:
        """An organisation that has linked these resellers."""
        world = World(self.runtime.store, name)
        for number in links:
            link(world, number)
        return world

    def work(self) -> None:
        """Works everything off, for a service that does not do it by itself."""
        orders = OrderWorker(self.runtime, "by hand")

        async def all_of_it() -> None:
            while await orders.look():
                pass

        asyncio.run(all_of_it())


def codes(answer: dict[str, Any]) -> tuple[str, list[str]]:
    """Shape and codes of a refusal: flat, object or array."""
    if "errorCode" in answer:
        assert set(answer) == {"errorCode", "errorMessage", "transactionId"}
        return "flat", [answer["errorCode"]]
    (errors,) = [value for key, value in answer.items() if key.endswith("ErrorResponse")]
    if isinstance(errors, dict):
        return "object", [errors["errorCode"]]
    return "array", [error["errorCode"] for error in errors]


Make = Callable[..., Service]


@pytest.fixture
def make_service(runtime: Runtime, serve: Callable[..., str]) -> Iterator[Make]:
    """Serves the face, on both engines in turn; see `Service`."""
    made: list[Service] = []

    def make(*, working: bool = True) -> Service:
        made.append(Service(runtime, serve, working=working))
        return made[-1]

    yield make
    for service in made:
        for account in service.accounts:
            account.http.close()


@pytest.fixture
def service(make_service: Make) -> Service:
    """A working service."""
    return make_service()
