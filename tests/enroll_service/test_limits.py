"""How large a request may be, and what happens to one that is larger: refused before it costs anything."""

from typing import Any

import msgspec
import pytest

from pomona.store import ScanDeadline
from tests.enroll_service.service import CONTEXT, Service, codes, order
from tests.support.worlds import serials


def limited(service: Service, **limits: int) -> None:
    object.__setattr__(
        service.runtime, "settings", msgspec.structs.replace(service.runtime.settings, **limits)
    )


def test_devices_and_orders_in_a_transaction(service: Service) -> None:
    limited(service, order_device_limit=3, order_limit=2)
    account = service.account()
    customer = service.organization("Example", account.number).organization.number
    four = [order("A", customer, serials(2)), order("B", customer, serials(2, seed=2))]
    assert codes(account.enroll(*four)) == ("object", ["DEP-ERR-3005"])
    three = [order(number, customer, serials(1)) for number in "ABC"]
    assert codes(account.enroll(*three)) == ("object", ["DEP-ERR-3007"])
    assert codes(account.enroll(*three, *four)) == ("array", ["DEP-ERR-3007", "DEP-ERR-3005"])
    assert account.send(order("A", customer, serials(3)))["statusCode"] == "COMPLETE"


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large(service: Service, declared: bool) -> None:
    limited(service, order_body_limit=100_000, body_limit=10_000)
    account = service.account()

    def body(size: int) -> Any:
        return b" " * size if declared else iter([b" " * 1000] * (size // 1000))

    kind = {"Content-Type": "application/json"}
    answer = account.http.post("bulk-enroll-devices", content=body(101_000), headers=kind).json()
    assert codes(answer) == ("object", ["DEP-ERR-3005"])
    assert "100000 bytes" in answer["enrollDeviceErrorResponse"]["errorMessage"]
    for path in ("check-transaction-status", "show-order-details"):
        answer = account.http.post(path, content=body(11_000), headers=kind).json()
        assert codes(answer) == ("flat", ["GRX-16001"])
    # The connection is good for another request.
    assert codes(account.http.post("show-order-details", json={}).json()) == ("flat", ["GRX-50020"])


def test_an_order_of_many_chunks(service: Service) -> None:
    account = service.account()
    world = service.organization("Example", account.number)
    ours = serials(5_000)
    parts = [
        {
            "deliveryNumber": f"D{n}",
            "shipDate": "2014-10-10T05:10:00Z",
            "devices": [{"deviceId": id} for id in part],
        }
        for n, part in enumerate((ours[:1_500], [*ours[1_500:4_100], "BAD"], ours[4_100:]))
    ]
    fate = account.send(order("A", world.organization.number, deliveries=parts))
    assert fate["statusCode"] == "COMPLETE_WITH_ERRORS"
    sizes = [(each["deliveryPostStatus"], len(each["devices"])) for each in fate["orders"][0]["deliveries"]]
    assert sizes == [("COMPLETE", 1_500), ("POSTED_WITH_ERRORS", 2_601), ("COMPLETE", 900)]
    bad = fate["orders"][0]["deliveries"][1]["devices"][-1]
    assert (bad["deviceId"], bad["devicePostStatus"]) == ("BAD", "DEP-ERR-DE-4301")
    shown = account.details("A")["orders"][0]["deliveries"]
    assert [(each["deliveryNumber"], len(each["devices"])) for each in shown] == [
        ("D0", 1_500),
        ("D1", 2_600),
        ("D2", 900),
    ]
    assert account.devices("A") != []


def test_details_that_take_too_long(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    account = service.account()
    customer = service.organization("Example", account.number).organization.number
    account.send(order("A", customer, serials(2_500)))

    async def slow(*_: Any, **__: Any) -> Any:
        raise ScanDeadline("too slow")

    monkeypatch.setattr(service.runtime.store, "scan", slow)
    request = {"requestContext": CONTEXT, "depResellerId": account.number, "orderNumbers": ["A"]}
    response = account.http.post("show-order-details", json=request)
    assert (response.status_code, codes(response.json())) == (503, ("array", ["DEP-ERR-5004"]))
