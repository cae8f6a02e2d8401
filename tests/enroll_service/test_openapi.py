"""The OpenAPI document is true: it names every call, and whatever it allows is answered as it says."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema_rs import Draft202012Validator
from schemathesis.specs.openapi import checks as openapi_checks

from pomona.enroll_service import routes
from pomona.enroll_service.openapi import document
from pomona.enroll_service.routes import DOCUMENT, ENDPOINTS, VALIDATE
from pomona.work import worker
from pomona.work.orders import OrderWorker
from tests.enroll_service.service import SHIP_TO, Account, Service, order
from tests.enroll_service.test_validating import validate
from tests.support.runtimes import lasting_runtime
from tests.support.supply import counted, link
from tests.support.threads import ServerThread
from tests.support.worlds import World, serials

schema = schemathesis.openapi.from_dict(document("http://127.0.0.1"))


@pytest.fixture(scope="module")
def served() -> Iterator[Account]:
    """A supplier of a served face with an order, for all examples together."""
    with lasting_runtime() as runtime:
        orders = OrderWorker(runtime, "test")
        thread = ServerThread(
            routes.app(runtime), [partial(worker.run, "orders", runtime.store, orders.topic, orders.look)]
        )
        account = Account(thread.start(), runtime, "16FCE4A0", "RESELLER", [SHIP_TO])
        world = World(runtime.store)
        link(world, account.number)
        account.send(order("A", world.organization.number, serials(3)))
        yield account
        counted(runtime.store)
        account.http.close()
        thread.stop()


# What is wrong with a request is said with HTTP 200, wrong credentials and wrong data alike.
_UNFIT = [
    openapi_checks.negative_data_rejection,
    openapi_checks.ignored_auth,
    openapi_checks.missing_required_header,
]


@schema.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_document_allows_is_answered_as_it_says(
    case: schemathesis.Case[Any], served: Account
) -> None:
    headers = {"Authorization": f"Bearer {served.token}"}
    case.call_and_validate(
        base_url=str(served.http.base_url.join("/")), headers=headers, excluded_checks=_UNFIT
    )


def test_every_call_is_described_and_no_other() -> None:
    paths = document("https://x.example")["paths"]
    assert paths.keys() == ENDPOINTS.keys()
    assert all(methods.keys() == {"post"} for methods in paths.values())


def test_it_is_served_to_everybody(served: Account) -> None:
    url = str(served.http.base_url.join(DOCUMENT))
    origin = url.removesuffix(DOCUMENT)
    with httpx.Client() as http:
        assert http.get(url).json() == document(origin)
        assert http.head(url).status_code == 200
        assert http.post(url).status_code == 404


def answers_of(path: str) -> Draft202012Validator:
    """What a call may answer."""
    described = document("https://x.example")
    answer = described["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator(answer | {"components": described["components"]})


def test_real_answers_are_as_described(service: Service) -> None:
    account, other = service.account(), service.account("0A0B0C0D")
    world = service.organization("Example", account.number)
    ours = world.organization.number
    other.send(order("B", ours, serials(1, seed=5)))
    mixed = [
        order("A", ours, [*serials(2), "BAD"]),
        order(
            "A", ours, deliveries=[{"deliveryNumber": "D", "shipDate": "", "devices": [{"deviceId": "X"}]}]
        ),
        order("N", "1", serials(1)),
        order("V", ours, type="VD"),
    ]
    base = "/enroll-service/1.0/"
    answers_of(VALIDATE).validate(validate(account, *mixed))
    answers_of(VALIDATE).validate(validate(other, *mixed))
    answers_of(f"{base}bulk-enroll-devices").validate(account.enroll(*mixed, transactionId="T"))
    answers_of(f"{base}check-transaction-status").validate(account.send(*mixed))
    answers_of(f"{base}check-transaction-status").validate(account.status("x"))
    answers_of(f"{base}show-order-details").validate(account.details("A", "N", "nope"))
    for path in ENDPOINTS:
        answers_of(path).validate(
            account.http.post(str(account.http.base_url.join(path)), content=b"{").json()
        )


def test_without_a_credential(served: Account) -> None:
    with httpx.Client() as http:
        for path in ENDPOINTS:
            answers_of(path).validate(http.post(str(served.http.base_url.join(path)), json={}).json())
