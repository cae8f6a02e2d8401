"""The start page: what waits for somebody, and nothing that does not."""

import re
from functools import partial

from pomona.registry import mails, releases, webhooks
from pomona.registry.by_hand import Asked, add
from pomona.registry.mails import Sender
from tests.portal.support import Browser, Portal, told_webhook
from tests.registry.test_tokens import issue
from tests.support.supply import Reseller, document, link
from tests.support.worlds import ADMIN, World, serials

DAY = 86_400_000


def matters(browser: Browser) -> list[tuple[str, str]]:
    """Each thing's state and what it is."""
    page = browser.get("/portal/").text
    rows = re.findall(
        r"<tr>\s*<th scope=\"row\"><a href=\"[^\"]+\">(.*?)</a></th>\s*<td><span class=\"badge \w+\">(.*?)</span>",
        page,
    )
    return [(state, what) for what, state in rows]


def test_nothing_waits_in_a_new_organisation(portal: Portal) -> None:
    page = portal.signed_in().get("/portal/")
    assert page.status_code == 200
    assert "All is well" in page.text


def test_everything_that_waits_is_there(portal: Portal) -> None:
    world, store, runtime = portal.world, portal.runtime.store, portal.runtime
    browser = portal.signed_in()
    service = world.service("Main")
    reseller = Reseller(store)
    reseller.send(
        document("A1", world.organization.number, serials(3)),
        document("A2", world.organization.number, serials(1, 2)),
    )
    stock = world.stock(4)
    world.activity("ASSIGN_DEVICES", [*stock, *serials(2, seed=9)], service)
    store.write_sync(lambda tx: releases.set_grace(tx, world.id, 24, actor=ADMIN, now=world.now))
    world.activity("RELEASE_DEVICES", stock[:1])
    told_webhook(portal)
    sender = Sender("", "example.com")
    now = runtime.clock.now()
    store.write_sync(
        lambda tx: mails.send_test(tx, world.id, "a@example.com", sender, now=now, rng=runtime.rng)
    )
    [mail] = store.write_sync(lambda tx: mails.take(tx, "w", 5, now))
    store.write_sync(lambda tx: mails.settle(tx, mail, "w", "the mail server is away", now=now))
    found = matters(browser)
    assert {(state, what.split(" on ")[0]) for state, what in found} == {
        ("Failed", "Assign devices: 2 of 6 devices without success"),
        ("Not sent", "Mails"),
        ("No token yet", "Main"),
        ("Waits for a link", "2 orders of Supplier 16FCE4A0 with 4 devices"),
        ("Does not answer", "Webhook Inventory"),
        ("Can be taken back", "1 device to be released"),
    }
    assert [state for state, _ in found][:2] in (["Failed", "Not sent"], ["Not sent", "Failed"])
    link(world, "16FCE4A0")
    issue(world, service)
    assert not {"No token yet", "Waits for a link"} & {state for state, _ in matters(browser)}


def test_what_is_provisional_is_counted(portal: Portal) -> None:
    world, store = portal.world, portal.runtime.store
    new = serials(2)
    store.write_sync(
        partial(add, organization_id=world.id, asked=[Asked(each) for each in new], where="default", actor=ADMIN,
                now=world.now, rng=world.rng)
    )  # fmt: skip
    browser = portal.signed_in()
    assert matters(browser) == []
    store.write_sync(lambda tx: tx.execute("UPDATE device SET provisional_until = $1", world.now + DAY))
    assert matters(browser) == [("Provisional", "2 devices added by hand")]


def test_each_sees_what_concerns_them(portal: Portal) -> None:
    world, store = portal.world, portal.runtime.store
    webhook, _ = told_webhook(portal)
    store.write_sync(lambda tx: webhooks.give_up(tx, webhook, "gone", actor=ADMIN, now=world.now))
    assert matters(portal.signed_in()) == [("Switched off", "Webhook Inventory")]
    assert matters(portal.signed_in("CONTENT_MANAGER")) == []
    assert portal.signed_in("PEOPLE_MANAGER").get("/portal/").headers["location"] == "/portal/people"
    other = World(store, "Other")
    assert matters(portal.signed_in(email="other@example.com", world=other)) == []
