"""How a reseller's mistakes are corrected: each recipe over the wire, until the customer has what it bought and nothing else."""

from typing import Any

import pytest

from tests.enroll_service.service import Account, Service, order
from tests.support.supply import counted, device, owned
from tests.support.worlds import World, serials

A, B, C, D = serials(4)
LATER = "2014-09-15T00:00:00Z"


class Trade:
    """A reseller, its customer, and somebody else who buys of it."""

    def __init__(self, service: Service) -> None:
        self.account: Account = service.account()
        self.customer: World = service.organization("Customer", self.account.number)
        self.other: World = service.organization("Other", self.account.number)
        self.mdm = self.customer.service("MDM")

    def order(self, number: str, ids: list[str] | None, type: str = "OR", **more: Any) -> dict[str, Any]:
        """An order of the customer's."""
        return order(number, self.customer.organization.number, ids, type, poNumber="PO-1", **more)

    def sent(self, *orders: dict[str, Any]) -> None:
        """Submits what has to succeed."""
        fate = self.account.send(*orders)
        assert fate["statusCode"] == "COMPLETE", fate

    def assigned(self, *ids: str) -> None:
        """The customer assigns devices to its service."""
        self.customer.activity("ASSIGN_DEVICES", ids, self.mdm)

    def service_of(self, serial: str) -> int | None:
        """The internal id of the service that a device of the customer's is on."""
        return device(self.customer, serial).service_id

    def ends_with(self, *ids: str, **orders: list[str]) -> None:
        """The customer owns these devices and none else, the other nothing; the orders hold what is said."""
        assert owned(self.customer, [A, B, C, D]) == list(ids)
        assert owned(self.other, [A, B, C, D]) == []
        for number, held in orders.items():
            assert self.account.devices(number) == sorted(held)
        counted(self.customer.store)


@pytest.fixture
def trade(service: Service) -> Trade:
    return Trade(service)


def test_a_wrong_organisation_id(trade: Trade) -> None:
    trade.sent(order("X", trade.other.organization.number, [A, B], poNumber="PO-1"))
    assert owned(trade.other, [A, B]) == [A, B]
    trade.sent(trade.order("X", [A, B], "OV"))
    trade.ends_with(A, B, X=[A, B])
    assert trade.account.details("X")["orders"][0]["customerId"] == trade.customer.organization.number
    assert device(trade.customer, A).order_number == "X"


def test_a_wrong_organisation_id_that_nobody_has(trade: Trade) -> None:
    fate = trade.account.send(order("X", "1", [A, B], poNumber="PO-1"))
    assert fate["orders"][0]["orderPostStatus"] == "DEP-ERR-OR-4102"
    # Nothing was kept of it, so it is simply sent again.
    trade.sent(trade.order("X", [A, B]))
    trade.ends_with(A, B, X=[A, B])


def test_a_wrong_order_number(trade: Trade) -> None:
    trade.sent(trade.order("WRONG", [A, B]))
    trade.assigned(A)
    trade.sent(trade.order("WRONG", None, "VD"))
    assert owned(trade.customer, [A, B]) == []
    trade.sent(trade.order("RIGHT", [A, B]))
    trade.ends_with(A, B, WRONG=[], RIGHT=[A, B])
    assert device(trade.customer, A).order_number == "RIGHT"
    # The customer must assign them anew, as resellers are told.
    assert trade.service_of(A) is None
    trade.assigned(A)
    assert trade.service_of(A) == trade.mdm.id


def test_a_wrong_order_number_corrected_in_one_transaction(trade: Trade) -> None:
    trade.sent(trade.order("WRONG", [A, B]))
    trade.sent(trade.order("WRONG", None, "VD"), trade.order("RIGHT", [A, B]))
    trade.ends_with(A, B, WRONG=[], RIGHT=[A, B])


WRONG_DETAILS = [
    {"poNumber": "PO-2"},
    {"orderDate": "2014-08-01T00:00:00Z"},
    {
        "deliveries": [
            {"deliveryNumber": "D9", "shipDate": LATER, "devices": [{"deviceId": A}, {"deviceId": B}]}
        ]
    },
    {
        "deliveries": [
            {"deliveryNumber": "D1", "shipDate": LATER, "devices": [{"deviceId": A, "assetTag": "T1"}]},
            {"deliveryNumber": "D2", "shipDate": LATER, "devices": [{"deviceId": B, "assetTag": "T2"}]},
        ]
    },
]


@pytest.mark.parametrize("right", WRONG_DETAILS, ids=["po", "date", "delivery", "tag"])
def test_wrong_details(trade: Trade, right: dict[str, Any]) -> None:
    trade.sent(trade.order("X", [A, B]))
    trade.assigned(A, B)
    # Sent again as OR it is refused, and nothing changes.
    if "deliveries" not in right:
        fate = trade.account.send(trade.order("X", [A, B]) | right)
        assert fate["orders"][0]["orderPostStatus"] == "DEP-ERR-OR-4110"
    trade.sent(trade.order("X", [A, B], "OV") | right)
    trade.ends_with(A, B, X=[A, B])
    (shown,) = trade.account.details("X")["orders"]
    expected = trade.order("X", [A, B], "OV") | right
    assert {key: shown[key] for key in ("orderDate", "poNumber")} == {
        key: expected[key] for key in ("orderDate", "poNumber")
    }
    assert shown["deliveries"] == [
        each | {"devices": sorted(each["devices"], key=lambda found: str(found["deviceId"]))}
        for each in expected["deliveries"]
    ]
    # What stays, stays where it is assigned.
    assert (trade.service_of(A), trade.service_of(B)) == (trade.mdm.id, trade.mdm.id)
    if "T1" in str(right):
        assert [device(trade.customer, each).asset_tag for each in (A, B)] == ["T1", "T2"]


def test_forgotten_devices(trade: Trade) -> None:
    trade.sent(trade.order("X", [A, B]))
    trade.assigned(A)
    trade.sent(trade.order("X", [C]))
    trade.ends_with(A, B, C, X=[A, B, C])
    assert trade.service_of(A) == trade.mdm.id
    (shown,) = trade.account.details("X")["orders"]
    assert [each["deliveryNumber"] for each in shown["deliveries"]] == ["D1.2"]


def test_too_many_devices(trade: Trade) -> None:
    trade.sent(trade.order("X", [A, B, C]))
    trade.assigned(A, C)
    trade.sent(trade.order("XRE", [C], "RE", orderDate=LATER))
    trade.ends_with(A, B, X=[A, B], XRE=[C])
    assert trade.service_of(A) == trade.mdm.id
    # Sold to somebody else, as surplus is.
    trade.sent(order("Y", trade.other.organization.number, [C]))
    assert owned(trade.other, [C]) == [C]


def test_a_wrong_device_in_a_return(trade: Trade) -> None:
    trade.sent(trade.order("X", [A, B, C]))
    trade.assigned(B)
    trade.sent(trade.order("XRE", [B], "RE", orderDate=LATER))
    assert owned(trade.customer, [A, B, C]) == [A, C]
    trade.sent(trade.order("XRE", None, "VD", orderDate=LATER))
    trade.sent(trade.order("XRE2", [C], "RE", orderDate=LATER))
    trade.ends_with(A, B, X=[A, B], XRE=[], XRE2=[C])
    # It is back, and has to be assigned anew.
    assert trade.service_of(B) is None
    trade.assigned(B)
    assert trade.service_of(B) == trade.mdm.id


def test_a_wrong_device_in_a_return_corrected_in_one_transaction(trade: Trade) -> None:
    trade.sent(trade.order("X", [A, B, C]))
    trade.sent(trade.order("XRE", [B], "RE", orderDate=LATER))
    trade.sent(
        trade.order("XRE", None, "VD", orderDate=LATER), trade.order("XRE2", [C], "RE", orderDate=LATER)
    )
    trade.ends_with(A, B, X=[A, B], XRE=[], XRE2=[C])


def test_a_list_that_is_too_short_in_an_override(trade: Trade) -> None:
    trade.sent(trade.order("X", [A, B, C]))
    trade.sent(trade.order("X", [A], "OV"))
    assert owned(trade.customer, [A, B, C]) == [A]
    trade.sent(trade.order("X", [A, B, C], "OV"))
    trade.ends_with(A, B, C, X=[A, B, C])


@pytest.mark.parametrize("recipe", ["OV", "VD", "RE", "OR"])
def test_a_correction_sent_twice_is_one(trade: Trade, recipe: str) -> None:
    trade.sent(trade.order("X", [A, B]))
    corrections = {
        "OV": (trade.order("X", [A, C], "OV"), (A, C)),
        "VD": (trade.order("X", None, "VD"), ()),
        "RE": (trade.order("XRE", [B], "RE", orderDate=LATER), (A,)),
        "OR": (trade.order("X", [C]), (A, B, C)),
    }
    correction, expected = corrections[recipe]
    request = trade.account.request(correction)
    ids = {
        trade.account.call("bulk-enroll-devices", request)["deviceEnrollmentTransactionId"] for _ in range(2)
    }
    assert len(ids) == 1
    while "statusCode" not in trade.account.status(*ids):
        pass
    trade.ends_with(*expected)
