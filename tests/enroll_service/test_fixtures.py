"""What suppliers' programs have seen of the original, played against the served face on both engines."""

import re

import httpx

from tests.enroll_service.service import CONTEXT, SHIP_TO, Account, Make, Service, codes, order
from tests.support.supply import link, owned
from tests.support.worlds import serials


def ready(service: Service) -> tuple[Account, str]:
    """A linked reseller and its customer's number."""
    account = service.account()
    return account, service.organization("Example", account.number).organization.number


def test_01_an_order_for_two_devices_is_accepted(service: Service) -> None:
    account, customer = ready(service)
    answer = account.enroll(order("ORDER_900123", customer, serials(2), poNumber="PO_12345"))
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}_[0-9]{13}",
        answer["deviceEnrollmentTransactionId"],
    )
    assert answer["enrollDevicesResponse"]["statusCode"] == "SUCCESS"
    assert set(answer) == {"deviceEnrollmentTransactionId", "enrollDevicesResponse"}


def test_02_an_unknown_ship_to_is_refused_flat(service: Service) -> None:
    account, customer = ready(service)
    wrong = account.enroll(
        order("A", customer, serials(1)), requestContext=CONTEXT | {"shipTo": "0000099999"}
    )
    assert codes(wrong) == ("flat", ["GRX-50025"])
    assert re.fullmatch(r"[0-9a-f-]{36}-[0-9]{13}", wrong["transactionId"])


def test_03_a_single_problem_is_an_object(service: Service) -> None:
    account, customer = ready(service)
    assert codes(account.enroll(order("A", customer, serials(1)), depResellerId=None)) == (
        "object",
        ["GRX-1056"],
    )


def test_04_three_problems_are_an_array(service: Service) -> None:
    account, _ = ready(service)
    answer = account.call("bulk-enroll-devices", {"requestContext": CONTEXT})
    assert codes(answer) == ("array", ["GRX-1056", "DEP-ERR-3003", "DEP-ERR-3001"])


def test_05_the_status_says_that_work_goes_on(make_service: Make) -> None:
    service = make_service(working=False)
    account, customer = ready(service)
    id = account.enroll(order("A", customer, serials(1)))["deviceEnrollmentTransactionId"]
    answer = account.status(id)
    assert answer["deviceEnrollmentTransactionID"] == id
    assert codes(answer) == ("array", ["DEP-ERR-4003"])
    service.work()
    assert account.status(id)["statusCode"] == "COMPLETE"


def test_06_the_status_of_what_was_done(service: Service) -> None:
    account, customer = ready(service)
    ours = serials(2)
    answer = account.send(order("ORDER_900123", customer, ours))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.pop("completedOn"))
    assert answer.pop("deviceEnrollmentTransactionID")
    assert answer == {
        "transactionId": "TXN_1",
        "statusCode": "COMPLETE",
        "orders": [
            {
                "orderNumber": "ORDER_900123",
                "orderPostStatus": "COMPLETE",
                "deliveries": [
                    {
                        "deliveryNumber": "D1.2",
                        "deliveryPostStatus": "COMPLETE",
                        "devices": [{"deviceId": id, "devicePostStatus": "COMPLETE"} for id in ours],
                    }
                ],
            }
        ],
    }


def test_07_one_bad_device_of_three(service: Service) -> None:
    account, customer = ready(service)
    ours = serials(2)
    answer = account.send(order("A", customer, [ours[0], "BAD", ours[1]]))
    assert answer["statusCode"] == "COMPLETE_WITH_ERRORS"
    (placed,) = answer["orders"]
    (delivery,) = placed["deliveries"]
    assert (placed["orderPostStatus"], delivery["deliveryPostStatus"]) == ("POSTED_WITH_ERRORS",) * 2
    words = [device["devicePostStatus"] for device in delivery["devices"]]
    assert words == ["COMPLETE", "DEP-ERR-DE-4301", "COMPLETE"]
    assert delivery["devices"][1]["devicePostStatusMessage"].count(". ") == 2
    assert account.devices("A") == sorted(ours)


def test_08_all_devices_are_another_resellers(service: Service) -> None:
    account, customer = ready(service)
    other = service.account("0A0B0C0D")
    buyer = service.organization("Buyer", other.number)
    taken = serials(2)
    other.send(order("B", buyer.organization.number, taken))
    answer = account.send(order("A", customer, taken))
    (placed,) = answer["orders"]
    assert (answer["statusCode"], placed["orderPostStatus"]) == ("ERROR", "ERROR")
    assert placed["deliveries"][0]["deliveryPostStatus"] == "ERROR"
    assert [each["devicePostStatus"] for each in placed["deliveries"][0]["devices"]] == [
        "DEP-ERR-DE-4305"
    ] * 2
    assert "Buyer" not in str(answer)
    assert owned(buyer, taken) == taken


def test_09_a_void_with_deliveries(service: Service) -> None:
    account, customer = ready(service)
    ours = serials(1)
    account.send(order("A", customer, ours))
    answer = account.send(order("A", customer, ours, "VD"))
    (placed,) = answer["orders"]
    assert (answer["statusCode"], placed["orderPostStatus"]) == ("ERROR", "DEP-ERR-OR-4113")
    assert placed["orderPostStatusMessage"]
    assert "deliveries" not in placed
    assert account.devices("A") == ours


def test_10_a_foreign_reseller_id_on_status(service: Service) -> None:
    account, customer = ready(service)
    service.account("0A0B0C0D")
    answer = account.call(
        "check-transaction-status",
        {"requestContext": CONTEXT, "depResellerId": "0A0B0C0D", "deviceEnrollmentTransactionId": "x"},
    )
    assert codes(answer) == ("flat", ["GRX-90004"])
    assert customer


def test_11_one_known_and_one_unknown_order(service: Service) -> None:
    account, customer = ready(service)
    ours = serials(2)
    devices = [{"deviceId": ours[0], "assetTag": "A123456"}, {"deviceId": ours[1], "assetTag": None}]
    deliveries = [{"deliveryNumber": "D1.2", "shipDate": "2014-10-10T05:10:00Z", "devices": devices}]
    account.send(order("ORDER_900123", customer, poNumber="PO_12345", deliveries=deliveries))
    answer = account.details("ORDER_900123", "nope")
    assert answer["statusCode"] == "COMPLETE"
    known, unknown = answer["orders"]
    assert known == {
        "orderNumber": "ORDER_900123",
        "orderDate": "2014-08-28T10:10:10Z",
        "orderType": "OR",
        "customerId": customer,
        "poNumber": "PO_12345",
        "deliveries": [
            {
                "deliveryNumber": "D1.2",
                "shipDate": "2014-10-10T05:10:00Z",
                "devices": sorted(
                    [{"deviceId": ours[0], "assetTag": "A123456"}, {"deviceId": ours[1]}],
                    key=lambda device: device["deviceId"],
                ),
            }
        ],
    }
    assert (unknown["orderNumber"], unknown["showOrderStatusCode"]) == ("nope", "DEP-ERR-5002")
    assert unknown["showOrderStatusMessage"]


def test_12_an_empty_body(service: Service) -> None:
    account = service.account()
    for path in ("bulk-enroll-devices", "check-transaction-status", "show-order-details"):
        assert codes(account.http.post(path, content=b"").json()) == ("flat", ["GRX-16001"])


def test_13_members_in_any_case(service: Service) -> None:
    account, customer = ready(service)
    ours = serials(2)
    request = {
        "RequestContext": {"shipto": SHIP_TO, "TIMEZONE": "-60", "langcode": "zf"},
        "transactionID": "T",
        "depResellerID": account.number.lower(),
        "erpRevision": 7,
        "Orders": [
            {
                "ordernumber": " A ",
                "orderDate": "2014-08-28T10:10:10Z",
                "ordertype": "or",
                "customerID": f" {customer} ",
                "poNumber": None,
                "deliveries": [
                    {
                        "deliverynumber": "SELF",
                        "shipdate": "2014-10-10T05:10:00Z",
                        "Devices": [{"deviceID": f" {ours[0].lower()} ", "x": []}, {"deviceid": ours[1]}],
                    }
                ],
            }
        ],
    }
    accepted = account.call("bulk-enroll-devices", request)
    fate = account.status(accepted["deviceEnrollmentTransactionId"])
    while "statusCode" not in fate:
        fate = account.status(accepted["deviceEnrollmentTransactionId"])
    assert fate["statusCode"] == "COMPLETE"
    assert account.devices("A") == sorted(ours)


def test_14_an_override_with_a_shorter_list(service: Service) -> None:
    account = service.account()
    world = service.organization("Example", account.number)
    ours = serials(5)
    account.send(order("A", world.organization.number, ours))
    assert account.send(order("A", world.organization.number, ours[:1], "OV"))["statusCode"] == "COMPLETE"
    assert account.devices("A") == ours[:1]
    assert owned(world, ours) == ours[:1]


def test_15_a_return_and_its_void(service: Service) -> None:
    account = service.account()
    world = service.organization("Example", account.number)
    ours = serials(2)
    number = world.organization.number
    account.send(order("A", number, ours))
    assert account.send(order("ARE", number, ours[:1], "RE"))["statusCode"] == "COMPLETE"
    assert (account.devices("A"), account.devices("ARE"), owned(world, ours)) == (
        ours[1:],
        ours[:1],
        ours[1:],
    )
    voided = account.send(order("ARE", number, None, "VD", deliveries=[]))
    assert voided["statusCode"] == "COMPLETE"
    assert "deliveries" not in voided["orders"][0]
    assert owned(world, ours) == ours
    shown = account.details("ARE")["orders"][0]
    assert (shown["orderType"], shown["deliveries"]) == ("VD", [])


def test_16_an_order_of_a_reseller_that_is_not_linked(service: Service) -> None:
    account = service.account()
    world = service.organization("Example")
    ours = serials(2)
    assert account.send(order("A", world.organization.number, ours))["statusCode"] == "COMPLETE"
    assert (account.devices("A"), owned(world, ours)) == (sorted(ours), [])
    assert link(world, account.number) == 1
    assert owned(world, ours) == ours


def test_what_is_not_there(service: Service) -> None:
    account = service.account()
    for path in (
        "/enroll-service/1.0/nothing",
        "/enroll-service/1.0/bulk-enroll-devices/",
        "/enroll-service/2.0/show-order-details",
    ):
        response = httpx.post(service.origin + path, json={})
        assert (response.status_code, codes(response.json())) == (404, ("flat", ["GRX-16001"]))
    response = account.http.get("bulk-enroll-devices")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert codes(response.json()) == ("flat", ["GRX-16001"])
