"""Every error code: at its level, in its shape, by a request that provokes it; and that the request changed nothing."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from pomona.catalogue.identifiers import imei
from pomona.enroll_service import errors
from pomona.registry import suppliers
from pomona.registry.order_problems import Problem
from pomona.store import StoreUnavailable
from tests.enroll_service.scenes import DETAILS, ENROLL, LOOSE, OURS, STATUS, THEIRS, Scene, messages, post
from tests.enroll_service.service import CONTEXT, Service, codes, order
from tests.support.worlds import ADMIN, NOW


class Row(NamedTuple):
    """A code that refuses a whole request."""

    code: str
    shape: str
    path: str
    make: Callable[[Scene], Any]


def enroll(**more: Any) -> Callable[[Scene], Any]:
    return lambda scene: scene.request(order("N", scene.customer, LOOSE), **more)


def status(**more: Any) -> Callable[[Scene], Any]:
    return lambda scene: (
        {
            "requestContext": CONTEXT,
            "depResellerId": scene.account.number,
            "deviceEnrollmentTransactionId": "x",
        }
        | more
    )


def details(**more: Any) -> Callable[[Scene], Any]:
    return lambda scene: (
        {
            "requestContext": CONTEXT,
            "depResellerId": scene.account.number,
            "orderNumbers": ["A1"],
        }
        | more
    )


def context(**more: Any) -> dict[str, Any]:
    return CONTEXT | more


def set_ship_to(**change: Any) -> Callable[[Scene], Any]:
    def make(scene: Scene) -> Any:
        scene.service.runtime.store.write_sync(
            lambda tx: suppliers.set_ship_to(tx, scene.account.supplier.id, "777", **change)
        )
        return enroll(requestContext=context(shipTo="777"))(scene)

    return make


def deactivated(scene: Scene) -> Any:
    scene.service.runtime.store.write_sync(
        lambda tx: suppliers.set_active(tx, scene.account.supplier, False, actor=ADMIN, now=NOW)
    )
    return enroll()(scene)


def unnamed(scene: Scene) -> Any:
    return scene.request(order("N", scene.customer, LOOSE) | {"orderNumber": " "})


REQUESTS = (
    Row("GRX-1000", "flat", ENROLL, lambda _: b'{"orders": ['),
    Row("GRX-1000", "flat", STATUS, lambda _: b"\xff\xfe{"),
    Row("GRX-1000", "flat", DETAILS, lambda _: b"[" * 100_000),
    Row("GRX-1056", "object", ENROLL, enroll(depResellerId=None)),
    Row("GRX-1056", "array", STATUS, status(depResellerId="")),
    Row("GRX-1056", "array", DETAILS, details(depResellerId=None)),
    Row("GRX-5004", "object", ENROLL, enroll(transactionId=7)),
    Row("GRX-5004", "object", ENROLL, enroll(orders=[None])),
    Row("GRX-5004", "object", ENROLL, enroll(orders="all")),
    Row("GRX-5004", "object", ENROLL, enroll(transactionId="a\x00b")),
    Row("GRX-5004", "object", ENROLL, lambda _: b"[]"),
    Row("GRX-5004", "array", STATUS, status(deviceEnrollmentTransactionId=[])),
    Row("GRX-5004", "array", DETAILS, details(orderNumbers="A1")),
    Row("GRX-16001", "flat", ENROLL, lambda _: b" \n"),
    Row("GRX-16001", "flat", DETAILS, details(orderNumbers=["A1"] * 1001)),
    Row("GRX-50001", "flat", ENROLL, deactivated),
    Row("GRX-50020", "flat", ENROLL, enroll(requestContext=None)),
    Row("GRX-50020", "flat", STATUS, status(requestContext=context(shipTo=" "))),
    Row("GRX-50022", "flat", ENROLL, enroll(requestContext=context(timeZone=None))),
    Row("GRX-50022", "flat", ENROLL, enroll(requestContext=context(timeZone="841"))),
    Row("GRX-50022", "flat", DETAILS, details(requestContext=context(timeZone="Mars/Olympus"))),
    Row("GRX-50025", "flat", ENROLL, enroll(requestContext=context(shipTo="0000099999"))),
    Row("GRX-50025", "flat", STATUS, status(requestContext=context(shipTo="12345678901"))),
    Row("GRX-50026", "flat", ENROLL, set_ship_to(active=False)),
    Row("GRX-50028", "flat", ENROLL, enroll(requestContext=context(langCode="xx"))),
    Row("GRX-50031", "flat", ENROLL, enroll(requestContext=context(langCode=None))),
    Row("GRX-90004", "flat", ENROLL, enroll(depResellerId="0A0B0C0D")),
    Row("GRX-90004", "flat", STATUS, status(depResellerId="NOBODY")),
    Row("GRX-90004", "flat", DETAILS, details(depResellerId="0A0B0C0D")),
    Row("GRX-90041", "flat", ENROLL, set_ship_to(actions=["STATUS", "DETAILS"])),
    Row("DEP-ERR-3001", "object", ENROLL, enroll(transactionId=" ")),
    Row("DEP-ERR-3002", "object", ENROLL, enroll(transactionId="T" * 65)),
    Row("DEP-ERR-3003", "object", ENROLL, enroll(orders=[])),
    Row("DEP-ERR-3004", "object", ENROLL, unnamed),
    Row(
        "DEP-ERR-3006", "object", ENROLL, lambda scene: scene.request(order("N" * 33, scene.customer, LOOSE))
    ),
    Row("DEP-ERR-4001", "array", STATUS, status(deviceEnrollmentTransactionId=None)),
    Row("DEP-ERR-4002", "array", STATUS, status(deviceEnrollmentTransactionId="x" * 101)),
    Row("DEP-ERR-4004", "array", STATUS, status()),
    Row("DEP-ERR-5001", "array", DETAILS, details(orderNumbers=[" "])),
)


def check_sentence(text: str) -> None:
    """What is wrong. What is expected. What to do."""
    assert text.endswith(".")
    assert text.count(". ") + text.count("; ") >= 2, text


def test_each_code_that_refuses_a_request(service: Service) -> None:
    scene = Scene(service)
    for row in REQUESTS:
        body = row.make(scene)
        before = scene.counts()
        response = post(scene.account, row.path, body)
        assert response.status_code == 200, row
        answer = response.json()
        assert codes(answer) == (row.shape, [row.code]), (row, answer)
        assert scene.counts() == before, row
        for message in messages(answer):
            check_sentence(message)
        if row.code == "GRX-50001":
            service.runtime.store.write_sync(
                lambda tx: suppliers.set_active(tx, scene.account.supplier, True, actor=ADMIN, now=NOW)
            )


@pytest.mark.parametrize("path", [ENROLL, STATUS, DETAILS])
def test_who_must_be_known(service: Service, path: str) -> None:
    account = service.account()
    for header in (
        None,
        "Bearer wrong",
        "Bearer",
        "Basic !!!",
        "Basic d3Jvbmc6d3Jvbmc=",
        f"Digest {account.token}",
        f"Bearer {account.token}x",
    ):
        headers = {} if header is None else {"Authorization": header}
        if header is None:
            account.http.headers.pop("Authorization", None)
        answer = account.http.post(path, content=b"no json", headers=headers)
        assert (answer.status_code, codes(answer.json())) == (200, ("flat", ["GRX-50038"]))


def test_a_token_as_the_password_of_basic(service: Service) -> None:
    account = service.account()
    account.http.headers.pop("Authorization")
    answer = account.http.post(DETAILS, json={}, auth=("anybody", account.token)).json()
    assert codes(answer) == ("flat", ["GRX-50020"])


def test_a_wrong_content_type(service: Service) -> None:
    account = service.account()
    for kind in ("text/xml", "application/x-www-form-urlencoded", "application/jsonp"):
        answer = account.http.post(ENROLL, content=b"{}", headers={"Content-Type": kind}).json()
        assert codes(answer) == ("flat", ["GRX-16002"])
    fine = account.http.post(
        ENROLL, content=b"{}", headers={"Content-Type": "Application/JSON; charset=UTF-8"}
    )
    assert codes(fine.json()) == ("flat", ["GRX-50020"])


class Level(NamedTuple):
    """A code inside a submission: which problem, and the order that has it."""

    problem: Problem
    make: Callable[[Scene], dict[str, Any]]


def fresh(scene: Scene, ids: list[str] | None = None, type: str = "OR", **more: Any) -> dict[str, Any]:
    return order("NEW", scene.customer, LOOSE if ids is None else ids, type, **more)


def with_delivery(**more: Any) -> Callable[[Scene], dict[str, Any]]:
    def make(scene: Scene) -> dict[str, Any]:
        document = fresh(scene)
        document["deliveries"][0] |= more
        return document

    return make


def with_device(**more: Any) -> Callable[[Scene], dict[str, Any]]:
    def make(scene: Scene) -> dict[str, Any]:
        document = fresh(scene, LOOSE[:1])
        document["deliveries"][0]["devices"][0] |= more
        return document

    return make


INSIDE = (
    Level(Problem.CUSTOMER_MISSING, lambda scene: fresh(scene, customerId=" ")),
    Level(Problem.CUSTOMER_UNKNOWN, lambda scene: fresh(scene, customerId="1")),
    Level(Problem.CUSTOMER_TOO_LONG, lambda scene: fresh(scene, customerId="1" * 33)),
    Level(Problem.DATE_MISSING, lambda scene: fresh(scene, orderDate=None)),
    Level(Problem.DATE_INVALID, lambda scene: fresh(scene, orderDate="28.08.2014")),
    Level(
        Problem.DATE_INVALID,
        lambda scene: fresh(scene, orderDate="2014-08-28T10:10:10Z" + " " * 3 + "0" * 60),
    ),
    Level(Problem.TYPE_MISSING, lambda scene: fresh(scene, orderType=None)),
    Level(Problem.TYPE_INVALID, lambda scene: fresh(scene, orderType="XX")),
    Level(Problem.PO_TOO_LONG, lambda scene: fresh(scene, poNumber="P" * 101)),
    Level(Problem.ORDER_NOT_FOUND, lambda scene: order("NONE", scene.customer, None, "VD")),
    Level(Problem.ORDER_NOT_FOUND, lambda scene: order("B1", scene.customer, None, "VD")),
    Level(Problem.ORDER_NOT_FOUND, lambda scene: order("NONE", scene.customer, LOOSE, "OV")),
    Level(Problem.ORDER_VOIDED, lambda scene: order("V1", scene.customer, LOOSE, "OV")),
    Level(Problem.HEADER_DIFFERS, lambda scene: order("A1", scene.customer, LOOSE, poNumber="other")),
    Level(Problem.HEADER_DIFFERS, lambda scene: order("A1", scene.buyer.organization.number, LOOSE)),
    Level(Problem.DELIVERY_NUMBER_MISSING, with_delivery(deliveryNumber=None)),
    Level(Problem.DELIVERY_NUMBER_TOO_LONG, with_delivery(deliveryNumber="D" * 33)),
    Level(Problem.VOID_WITH_DELIVERIES, lambda scene: order("A1", scene.customer, OURS[:1], "VD")),
    Level(Problem.NO_DELIVERIES, lambda scene: fresh(scene, deliveries=[])),
    Level(Problem.NUMBER_OF_A_RETURN, lambda scene: order("E1RE", scene.customer, LOOSE)),
    Level(Problem.NUMBER_OF_AN_ORDER, lambda scene: order("A1", scene.customer, OURS[:1], "RE")),
    Level(Problem.HAS_RETURNS, lambda scene: order("E1", scene.customer, None, "VD")),
    Level(Problem.HAS_RETURNS, lambda scene: order("E1", scene.customer, LOOSE, "OV")),
    Level(
        Problem.OVERRIDE_INCOMPLETE,
        lambda scene: (
            order("A1", scene.customer, OURS[:2], "OV")
            | {"deliveries": [{"deliveryNumber": "D", "shipDate": "?", "devices": [{"deviceId": OURS[0]}]}]}
        ),
    ),
    Level(
        Problem.RETURN_TOO_EARLY,
        lambda scene: order("A1RE", scene.customer, OURS[:1], "RE", orderDate="2014-08-28T10:10:09Z"),
    ),
    Level(Problem.SHIP_DATE_MISSING, with_delivery(shipDate="")),
    Level(Problem.SHIP_DATE_INVALID, with_delivery(shipDate="2014-13-10T05:10:00Z")),
    Level(Problem.SHIPPED_BEFORE_ORDER, with_delivery(shipDate="2014-08-28T10:10:09Z")),
    Level(Problem.DEVICE_ID_MISSING, with_delivery(devices=[{"deviceId": LOOSE[0]}, {"assetTag": "x"}])),
    Level(Problem.DEVICE_ID_TOO_LONG, with_delivery(devices=[{"deviceId": "O" * 21}])),
    Level(Problem.NO_DEVICES, with_delivery(devices=None)),
    Level(Problem.SERIAL_INVALID, with_device(deviceId="SHORT")),
    Level(Problem.SERIAL_INVALID, with_device(deviceId="ABCDEFGH\nABCDEFGI")),
    Level(Problem.SERIAL_INVALID, with_device(deviceId="ABCDEFGß12")),
    Level(Problem.PRODUCT_UNKNOWN, with_device(productType="Toaster9,1")),
    Level(Problem.ASSET_TAG_TOO_LONG, with_device(assetTag="T" * 129)),
    Level(Problem.IN_ANOTHER_ORDER, lambda scene: fresh(scene, OURS[:1])),
    Level(Problem.ANOTHER_CUSTOMER, lambda scene: fresh(scene, OURS[2:3])),
    Level(Problem.ANOTHER_CUSTOMER, lambda scene: fresh(scene, OURS[2:3], "RE")),
    Level(Problem.ANOTHER_SUPPLIER, lambda scene: fresh(scene, THEIRS)),
    Level(Problem.ANOTHER_SUPPLIER, lambda scene: fresh(scene, THEIRS, "RE")),
    Level(Problem.NOT_LOCATED, lambda scene: fresh(scene, LOOSE, "RE")),
    Level(Problem.NOT_LOCATED, with_device(deviceId=imei(12_345_678_901))),
)


def word(fate: dict[str, Any], level: str) -> tuple[str, str]:
    """Code and sentence at a level of the only order of a submission."""
    (found,) = fate["orders"]
    if level == "order":
        return found["orderPostStatus"], found["orderPostStatusMessage"]
    (delivery,) = found["deliveries"]
    if level == "delivery":
        return delivery["deliveryPostStatus"], delivery["deliveryPostStatusMessage"]
    assert found["orderPostStatus"] == delivery["deliveryPostStatus"] == "ERROR"
    device = delivery["devices"][0]
    return device["devicePostStatus"], device["devicePostStatusMessage"]


def test_each_code_inside_a_submission(service: Service) -> None:
    scene = Scene(service)
    account = scene.account
    account.send(order("V1", scene.customer, OURS[3:]))
    account.send(order("V1", scene.customer, None, "VD"))
    account.send(order("E1", scene.customer, OURS[3:]))
    account.send(order("E1RE", scene.customer, OURS[3:], "RE"))
    for row in INSIDE:
        before = scene.counts()[4:6], account.details("A1", "C1", "E1")["orders"]
        fate = account.send(row.make(scene))
        assert fate["statusCode"] == "ERROR", (row, fate)
        code, message = word(fate, row.problem.level)
        assert (code, fate["statusCode"]) == (errors.PROBLEMS[row.problem], "ERROR"), (row, fate)
        assert message.startswith(row.problem.sentence), (row, message)
        check_sentence(row.problem.sentence)
        assert (scene.counts()[4:6], account.details("A1", "C1", "E1")["orders"]) == before, row
    provoked = {row.problem for row in INSIDE} | {Problem.NOT_IN_CATALOGUE}
    assert provoked == set(Problem)


def test_a_serial_outside_the_catalogue_where_it_is_strict(service: Service) -> None:
    object.__setattr__(service.runtime, "settings", strict(service))
    account = service.account()
    world = service.organization("Example", account.number)
    number = world.organization.number
    fate = account.send(order("A", number, LOOSE[:1]))
    assert word(fate, "device")[0] == "DEP-ERR-DE-4301"
    assert "Nobody told" in word(fate, "device")[1]
    told = order("A", number, LOOSE[:1])
    told["deliveries"][0]["devices"][0]["productType"] = "iPhone17,1"
    assert account.send(told)["statusCode"] == "COMPLETE"
    account.send(order("A", number, None, "VD"))
    # It is known from its earlier tenure now.
    assert account.send(order("A", number, LOOSE[:1]))["statusCode"] == "COMPLETE"


def strict(service: Service) -> Any:
    import msgspec

    return msgspec.structs.replace(service.runtime.settings, catalogue="strict")


def test_codes_of_a_database_in_trouble(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(service)

    async def away(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("gone")

    good = enroll()(scene), status()(scene), details()(scene)
    monkeypatch.setattr(service.runtime.store, "read", away)
    expected = ("flat", ["GRX-50072"]), ("array", ["DEP-ERR-4005"]), ("array", ["DEP-ERR-5003"])
    for path, body, shape in zip((ENROLL, STATUS, DETAILS), good, expected, strict=True):
        response = post(scene.account, path, body)
        assert (response.status_code, codes(response.json())) == (503, shape)


def test_every_code_has_a_row() -> None:
    elsewhere = {
        "GRX-16002": test_a_wrong_content_type,
        "GRX-50038": test_who_must_be_known,
        "GRX-50072": test_codes_of_a_database_in_trouble,
        "DEP-ERR-4005": test_codes_of_a_database_in_trouble,
        "DEP-ERR-5003": test_codes_of_a_database_in_trouble,
        "DEP-ERR-3005": "test_limits",
        "DEP-ERR-3007": "test_limits",
        "DEP-ERR-5004": "test_limits",
        "DEP-ERR-4003": "test_fixtures",
        "DEP-ERR-5002": "test_fixtures",
    }
    assert {row.code for row in REQUESTS} | elsewhere.keys() == set(errors.SENTENCES)
    assert not errors.NOT_GIVEN.keys() & errors.SENTENCES.keys()
    assert set(errors.PROBLEMS) == set(Problem)
