"""Suppliers and orders: linking, unlinking, and where an order stands."""

import html
import re

import pytest

from pomona.catalogue.kinds import Kind
from tests.portal.support import Browser, Portal
from tests.support.supply import Reseller, document, flow, owned
from tests.support.worlds import World, serials


@pytest.fixture
def portal(local_portal: Portal) -> Portal:
    """What is tried here does not depend on the engine."""
    return local_portal


SUPPLIERS = "/portal/suppliers"


def order_page(browser: Browser, number: str) -> str:
    """The page of the only order with this number."""
    listed = browser.get("/portal/orders", number=number).text
    found = re.search(r'href="(/portal/orders/\d+)"', html.unescape(listed))
    assert found, listed
    return html.unescape(browser.get(found[1]).text)


def test_an_order_waits_until_its_supplier_is_linked(portal: Portal) -> None:
    reseller, ours = Reseller(portal.runtime.store), serials(3)
    reseller.send(document("A-1001", portal.world.organization.number, ours))
    browser = portal.signed_in()
    waiting = order_page(browser, "A-1001")
    assert "Waits for a link" in waiting
    assert "The reseller number 16FCE4A0 is not linked" in waiting
    answer = browser.post(SUPPLIERS, {"kind": "RESELLER", "number": " 16fce4a0 "})
    assert answer.headers["location"] == f"{SUPPLIERS}?said=supplier-linked-flowing"
    flow(portal.runtime.store, portal.world.now)
    assert owned(portal.world, ours) == ours
    here = order_page(browser, "A-1001")
    assert "Available" in here
    assert "/portal/devices?order=A-1001" in here
    device = html.unescape(browser.get(f"/portal/devices/{ours[0]}").text)
    assert "A-1001" in device
    assert "inferred" in device


def test_unlinking_keeps_what_came(portal: Portal) -> None:
    reseller, ours = Reseller(portal.runtime.store), serials(2)
    browser = portal.signed_in()
    browser.post(SUPPLIERS, {"kind": "RESELLER", "number": "16FCE4A0"})
    reseller.send(document("A1", portal.world.organization.number, ours))
    assert "Supplier 16FCE4A0" in browser.get(SUPPLIERS).text
    assert browser.post(f"{SUPPLIERS}/unlink", {"kind": "RESELLER", "number": "16FCE4A0"}).status_code == 303
    assert "No supplier yet" in browser.get(SUPPLIERS).text
    assert owned(portal.world, ours) == ours


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"kind": "", "number": "1"}, 422, "Choose whether"),
        ({"kind": "APPLE", "number": "12-34"}, 422, "no Apple Customer Number"),
        ({"kind": "RESELLER", "number": "a b"}, 422, "no supplier"),
        ({"kind": "APPLE", "number": "00777"}, 409, "is recorded already"),
    ],
)
def test_a_number_that_cannot_be_is_refused(
    portal: Portal, fields: dict[str, str], status: int, said: str
) -> None:
    browser = portal.signed_in()
    assert browser.post(SUPPLIERS, {"kind": "APPLE", "number": "0000777"}).status_code == 303
    answer = browser.post(SUPPLIERS, fields)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert f'value="{fields["number"]}"' in answer.text


def test_refused_devices_say_why_and_never_by_whom(portal: Portal) -> None:
    store, ours = portal.runtime.store, serials(2)
    other = World(store, "Somebody Else")
    reseller = Reseller(store)
    browser = portal.signed_in()
    browser.post(SUPPLIERS, {"kind": "RESELLER", "number": "16FCE4A0"})
    other.arrive(ours[:1], Kind.MAC)
    reseller.send(document("B1", portal.world.organization.number, ours))
    page = order_page(browser, "B1")
    assert "Refused" in page
    assert "Somebody Else" not in page
    assert f'href="/portal/devices/{ours[1]}"' in page
    assert f'href="/portal/devices/{ours[0]}"' not in page


def test_another_organisations_order_is_not_there(portal: Portal) -> None:
    store = portal.runtime.store
    other, reseller = World(store, "Other"), Reseller(store)
    reseller.send(document("C1", other.organization.number, serials(1)))
    browser = portal.signed_in()
    assert "No order has this number" in browser.get("/portal/orders", number="C1").text
    for id in (str(reseller.order("C1").id), "999", "x", "9" * 40):
        assert browser.get(f"/portal/orders/{id}").status_code == 404


def test_long_lists_are_paged(portal: Portal) -> None:
    reseller = Reseller(portal.runtime.store)
    number = portal.world.organization.number
    reseller.send(*(document(f"P{n:03}", number, serials(1, seed=n)) for n in range(60)))
    reseller.send(document("LONG", number, serials(130, seed=99)))
    browser = portal.signed_in()
    assert pages(browser, "/portal/orders") == [50, 11]
    long = reseller.order("LONG").id
    assert pages(browser, f"/portal/orders/{long}") == [100, 30]


def pages(browser: Browser, address: str) -> list[int]:
    """How many rows each page of a list has."""
    sizes, query = [], ""
    while True:
        text = html.unescape(browser.get(address + query).text)
        sizes.append(text.count('<th scope="row">'))
        found = re.search(r'href="[^"?]*(\?[^"]+)" rel="next"', text)
        if not found:
            return sizes
        query = found[1]
