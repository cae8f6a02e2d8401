"""Whatever is sent: an answer in one of the known shapes, never a fault of ours, and never half a change."""

import asyncio
import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.enroll_service import errors, routes
from pomona.enroll_service.routes import VALIDATE
from pomona.keys.keyring import KeyRing
from pomona.keys.randomness import seeded
from pomona.registry import supplier_credentials, suppliers
from pomona.runtime import Clock, Runtime, Settings
from pomona.store import Store
from pomona.work.orders import OrderWorker
from tests.enroll_service.service import BASE, CONTEXT, codes, order
from tests.support.supply import counted, link
from tests.support.worlds import ADMIN, NOW, World, serials

PATHS = (
    f"{BASE}bulk-enroll-devices",
    f"{BASE}check-transaction-status",
    f"{BASE}show-order-details",
    VALIDATE,
)
PLAIN = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.just("2014-08-28T10:10:10Z")
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


class Door:
    """The face without a network, one supplier, and a valid request for each call."""

    def __init__(self, store: Store) -> None:
        self.runtime = Runtime(Settings(), store, KeyRing(bytes(range(32))), Clock(), seeded("any"))
        self.world = World(store)
        link(self.world, "16FCE4A0")
        supplier = store.write_sync(
            lambda tx: suppliers.register(tx, "RESELLER", "16FCE4A0", ship_to=["52010"], actor=ADMIN, now=NOW)
        )
        self.token = store.write_sync(
            lambda tx: supplier_credentials.issue_token(
                tx, [supplier], actor=ADMIN, now=NOW, rng=self.runtime.rng
            )
        )
        self.app = routes.app(self.runtime)
        context = {"requestContext": CONTEXT, "depResellerId": "16FCE4A0"}
        customer = self.world.organization.number
        devices = [{"deviceId": serials(1)[0], "assetTag": "T", "productType": "iPhone17,1"}]
        full = order(
            "B", customer, deliveries=[{"deliveryNumber": "D", "shipDate": "2014-10-10", "devices": devices}]
        )
        self.valid = {
            PATHS[0]: context | {"transactionId": "T", "orders": [order("A", customer, serials(2)), full]},
            PATHS[1]: context | {"deviceEnrollmentTransactionId": "x"},
            PATHS[2]: context | {"orderNumbers": ["A"]},
            PATHS[3]: context | {"transactionId": "T", "orders": [full]},
        }

    def post(self, path: str, body: bytes) -> httpx.Response:
        """One call."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://supplier") as client:
                headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
                return await client.post(path, content=body, headers=headers)

        return asyncio.run(ask())

    def work(self) -> None:
        """Works off what was accepted."""
        worker = OrderWorker(self.runtime, "any")

        async def all_of_it() -> None:
            while await worker.look():
                pass

        asyncio.run(all_of_it())


@pytest.fixture
def door(store: Store) -> Door:
    return Door(store)


def check(door: Door, path: str, body: bytes) -> None:
    response = door.post(path, body)
    assert response.status_code == 200, body
    answer = response.json()
    if "statusCode" in answer or "enrollDevicesResponse" in answer:
        return
    _, found = codes(answer)
    assert set(found) <= errors.SENTENCES.keys()


@PLAIN
@given(st.sampled_from(PATHS), st.binary(max_size=200))
def test_any_bytes(door: Door, path: str, body: bytes) -> None:
    check(door, path, body)


@PLAIN
@given(st.sampled_from(PATHS), values)
def test_any_json(door: Door, path: str, value: Any) -> None:
    check(door, path, json.dumps(value).encode())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in members:
        yield (*path, key)
        yield from places(inner, (*path, key))


@PLAIN
@given(st.data(), st.sampled_from(PATHS))
def test_a_valid_request_with_some_values_replaced(door: Door, data: st.DataObject, path: str) -> None:
    document = copy.deepcopy(door.valid[path])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(list(places(document))))
        inner: Any = document
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = data.draw(values)
    check(door, path, json.dumps(document).encode())
    door.work()
    counted(door.runtime.store)
    failed = door.runtime.store.read_sync(
        lambda tx: tx.value("SELECT count(*) FROM submission WHERE failed = 1")
    )
    assert failed == 0
