"""A search for a device that is not there says why."""

import html

import pytest

from tests.portal.support import Portal
from tests.support.supply import Reseller, document
from tests.support.worlds import World, serials

SERIAL = serials(1)[0]


@pytest.fixture
def portal(local_portal: Portal) -> Portal:
    """What is tried here does not depend on the engine."""
    return local_portal


@pytest.mark.parametrize(("page", "name"), [("/portal/devices", "q"), ("/portal/orders", "number")])
def test_why_it_is_not_here(portal: Portal, page: str, name: str) -> None:
    browser = portal.signed_in()

    def shown(text: str = SERIAL) -> str:
        return html.unescape(browser.get(page, **{name: text}).text)

    assert "Nothing is known of it" in shown(SERIAL.lower())
    reseller = Reseller(portal.runtime.store)
    reseller.send(document("A-1001", portal.world.organization.number, [SERIAL]))
    waiting = shown()
    assert "Order A-1001 of reseller Supplier 16FCE4A0 (16FCE4A0) names it and waits" in waiting
    assert 'href="/portal/orders/1"' in waiting
    assert 'href="/portal/suppliers">Link a supplier' in waiting
    assert f'Why <span class="mono">{SERIAL}</span> is not here' in waiting
    other = Reseller(portal.runtime.store, "0A0B0C0D")
    buyer = World(portal.runtime.store, "Secret Buyer")
    buyer.arrive([SERIAL])
    other.send(document("B", portal.world.organization.number, [SERIAL]))
    taken = shown()
    assert "Another organisation has it" in taken
    assert "Secret" not in taken
    assert "is not here" not in shown("A-9999")
    assert "is not here" not in shown("<script>")
