"""Orders as an administrator follows them in a browser, from their submission to their end. Each page is kept as a picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from pomona.registry.order_documents import OrderDocument, OrderedDelivery
from tests.portal.support import PASSWORD, Portal
from tests.support.supply import ORDERED, SHIPPED, Reseller, document, flow, owned
from tests.support.worlds import World, serials

_LOOK = (Path(__file__).parent / "accessibility.js").read_text().partition("\n")[2].strip().rstrip(";")
A, B, C, D, E = serials(5, seed=11)
DAY = 86_400_000


class Walk:
    """An administrator's browser beside a reseller's program."""

    def __init__(self, portal: Portal, page: Page, pictures: Path) -> None:
        self.portal, self.page = portal, page
        self.reseller = Reseller(portal.runtime.store)
        self.customer = portal.world.organization.number
        self._pictures = pictures
        portal.person("ADMINISTRATOR", "admin@example.com")
        page.goto("/portal/orders")
        page.get_by_label("Mail address").fill("admin@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    def seen(self, name: str, address: str, *texts: str) -> None:
        """Opens a page, which has to say these and be readable by everybody; keeps a picture."""
        self.page.goto(address)
        for text in texts:
            expect(self.page.get_by_role("main")).to_contain_text(text)
        assert self.page.evaluate(_LOOK) == [], name
        self.page.screenshot(path=self._pictures / f"{name}.png", full_page=True)

    def open(self, number: str) -> None:
        """From the list of orders to one of them."""
        self.page.goto("/portal/orders")
        self.page.get_by_role("link", name=number, exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(f"Order {number}")

    def badges(self) -> list[str]:
        """The states of an order's devices by serial."""
        rows = self.page.get_by_role("table", name="Devices of the order").get_by_role("row").all()[1:]
        return [row.locator(".badge").first.inner_text() for row in rows]

    def state(self) -> list[str]:
        """The badges in an order's heading."""
        return self.page.locator(".page-head .badge").all_inner_texts()

    def picture(self, name: str) -> None:
        """Keeps a picture of the open page."""
        assert self.page.evaluate(_LOOK) == [], name
        self.page.screenshot(path=self._pictures / f"{name}.png", full_page=True)


@pytest.fixture
def walk(chromium: Browser, local_portal: Portal, tmp_path: Path) -> Iterator[Walk]:
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    context = chromium.new_context(base_url=local_portal.origin, viewport={"width": 1280, "height": 860})
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("console", note)
    yield Walk(local_portal, page, tmp_path)
    context.close()
    assert complaints == []


def delivery(number: str, ids: Sequence[str]) -> OrderedDelivery:
    return OrderedDelivery(number, SHIPPED, list(ids))


def test_an_order_from_its_submission_to_its_end(walk: Walk) -> None:
    reseller, page = walk.reseller, walk.page
    order = OrderDocument("A-1001", "OR", walk.customer, "PO-7", ORDERED,
                          [delivery("D1", [A, B]), delivery("D2", [C, D])])  # fmt: skip
    reseller.submit(order)
    walk.seen("1-submitted", "/portal/orders", "Submitted, being worked off", "A-1001")
    walk.seen("1-why", f"/portal/orders?number={A.lower()}", f"Why {A} is not here", "being worked off")

    reseller.work()
    walk.seen("2-pending", "/portal/orders", "Waits for a link")
    walk.open("A-1001")
    assert walk.state() == ["Waits for a link"]
    assert walk.badges() == ["Waits for a link"] * 4
    expect(page.get_by_role("main")).to_contain_text("The reseller number 16FCE4A0 is not linked")
    expect(page.get_by_role("table", name="Deliveries")).to_contain_text("2 waiting for a link")
    walk.picture("2-pending-order")

    page.get_by_role("main").get_by_role("link", name="Suppliers").click()
    page.get_by_label("Number", exact=True).fill("16FCE4A0")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    flow(walk.portal.runtime.store, walk.portal.world.now)
    walk.open("A-1001")
    assert (walk.state(), walk.badges()) == (["Available"], ["Here"] * 4)
    deliveries = page.get_by_role("table", name="Deliveries")
    expect(deliveries).to_contain_text("D1")
    expect(deliveries).to_contain_text("2 here")
    walk.picture("3-available")

    ret = document("A-1001RE", walk.customer, [D], "RE", ordered_at=ORDERED + DAY // 2, delivery="SELF")
    reseller.send(ret)
    walk.open("A-1001")
    assert sorted(walk.badges()) == ["Here", "Here", "Here", "Returned"]
    expect(deliveries).to_contain_text("1 returned")
    expect(page.get_by_role("table", name="Devices of the order")).to_contain_text("with A-1001RE")
    walk.picture("4-returned")
    walk.open("A-1001RE")
    assert (walk.state(), walk.badges()) == (["Return"], ["Taken back"])

    reseller.send(document("A-1001RE", walk.customer, type="VD"))
    walk.open("A-1001")
    assert walk.badges() == ["Here"] * 4
    reseller.send(OrderDocument("A-1001", "OV", walk.customer, "PO-7", ORDERED, [delivery("D1", [A, B, C])]))
    walk.open("A-1001")
    assert walk.state() == ["Available", "Overridden"]
    assert sorted(walk.badges()) == ["Here", "Here", "Here", "Left out by an override"]
    history = page.locator(".history").first
    expect(history).to_contain_text("Override")
    walk.picture("5-overridden")
    walk.seen(
        "5-why", f"/portal/devices?q={D}", f"Why {D} is not here", "was overridden by a list without it"
    )

    reseller.send(document("A-1001", walk.customer, type="VD"))
    walk.open("A-1001")
    assert walk.state() == ["Voided"]
    assert sorted(set(walk.badges())) == ["Left out by an override", "Voided"]
    walk.picture("6-voided")
    assert owned(walk.portal.world, [A, B, C, D]) == []


def test_refused_and_moved_away(walk: Walk) -> None:
    store = walk.portal.runtime.store
    buyer = World(store, "Secret Buyer")
    page = walk.page
    page.goto("/portal/suppliers")
    page.get_by_label("Number", exact=True).fill("16FCE4A0")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    walk.reseller.send(document("B-1", walk.customer, [A, B]))
    walk.reseller.send(document("B-2", walk.customer, [B, C]))
    walk.open("B-2")
    assert sorted(walk.badges()) == ["Here", "Refused"]
    expect(page.get_by_role("main")).to_contain_text("DEP-ERR-DE-4303")
    walk.picture("7-refused")
    walk.reseller.send(document("B-1", buyer.organization.number, [A, B], "OV"))
    walk.seen("8-moved", "/portal/orders", "Overridden, and no longer yours", "B-1")
    expect(page.get_by_role("link", name="B-1", exact=True)).to_have_count(0)
    walk.seen("8-found", "/portal/orders?number=B-1", "Overridden, and no longer yours")
    walk.seen("8-why", f"/portal/devices?q={A}", "which was overridden and is not yours any more")
    assert "Secret" not in page.content()
    assert buyer.organization.number not in page.content()
    walk.seen("9-unknown", f"/portal/devices?q={E}", "Nothing is known of it")
    # Once more ours, it is an order like any other.
    walk.reseller.send(document("B-1", walk.customer, [A, B], "OV"))
    page.goto("/portal/orders")
    expect(page.get_by_role("main")).not_to_contain_text("no longer yours")
    walk.open("B-1")
    assert walk.state() == ["Available", "Overridden"]
