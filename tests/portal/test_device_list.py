"""The list of devices: search, filters, pages, the page of one device, and the list as CSV."""

import csv
import html
import io
import re
from typing import Any

import pytest

from pomona.catalogue.kinds import Kind
from pomona.registry import apple_care, device_selection, profiles
from pomona.registry.apple_care import Plan, Told
from tests.portal.support import Browser, Portal
from tests.support.supply import Reseller, document, link
from tests.support.worlds import ADMIN, World, serials

LIST = "/portal/devices"


def listed(browser: Browser, **query: str) -> list[str]:
    """The serials of all pages, following the link to the next."""
    found: list[str] = []
    answer = browser.get(LIST, **query)
    while True:
        assert answer.status_code == 200, answer.headers
        page = html.unescape(answer.text)
        found += re.findall(r'class="serial" href="/portal/devices/([A-Z0-9]+)"', page)
        following = re.search(r'href="(/portal/devices\?[^"]*after=[^"]*)"', page)
        if not following:
            return found
        answer = browser.get(following[1])


def test_all_devices_the_last_to_arrive_first(portal: Portal) -> None:
    ours = portal.world.stock(120)
    World(portal.runtime.store, "Other").stock(5, seed=3)
    browser = portal.signed_in("CONTENT_MANAGER")
    assert listed(browser) == ours[::-1]
    page = browser.get(LIST).text
    assert 'type="checkbox"' not in page.partition("<tbody>")[2]
    assert "formaction" not in page


def test_filters_are_combined_and_kept_while_paging(portal: Portal) -> None:
    store, world = portal.runtime.store, portal.world
    reseller, service = Reseller(store), world.service("Main server")
    link(world, "16FCE4A0")
    macs, phones, ordered = serials(60, seed=1), serials(5, seed=2), serials(3, seed=3)
    world.arrive(macs, Kind.MAC, source_id="MACSHOP")
    world.arrive(phones)
    reseller.send(document("A-9", world.organization.number, ordered))
    world.activity("ASSIGN_DEVICES", [*macs[:55], *phones[:2]], service)
    world.activity("RELEASE_DEVICES", phones[3:4])
    browser = portal.signed_in()
    assert listed(browser, kind="MAC", service=service.uuid) == macs[:55][::-1]
    assert listed(browser, service=service.uuid.lower(), kind="IPHONE") == phones[:2][::-1]
    assert set(macs[55:]) <= set(listed(browser, state="unassigned", kind="MAC")) <= {*macs[55:], *ordered}
    assert listed(browser, state="released") == phones[3:4]
    assert set(listed(browser, order="A-9")) == set(ordered)
    assert listed(browser, supplier="macshop", state="unassigned") == macs[55:][::-1]
    assert listed(browser, q="A-9") == listed(browser, order="A-9")
    assert set(listed(browser, added="24h", source="RESELLER")) == {*macs, *phones} - {phones[3]}
    assert listed(browser, source="APPLE") == []
    without = html.unescape(browser.get(LIST, order="A-9", kind="IPAD").text)
    assert "No device is like this" in without
    assert 'href="/portal/devices?kind=IPAD" aria-label="Without Order A-9"' in without


def test_what_a_filter_cannot_mean_is_left_out(portal: Portal) -> None:
    ours = portal.world.stock(3)
    browser = portal.signed_in()
    nonsense: dict[str, Any] = {
        "kind": "TOASTER",
        "state": "lost",
        "service": "F" * 32,
        "source": "X",
        "added": "9y",
    }
    assert listed(browser, **nonsense, after="x", before="-1") == ours[::-1]
    assert listed(browser, after="9" * 30) == ours[::-1]


def test_a_whole_serial_leads_to_the_device(portal: Portal) -> None:
    ours = portal.world.stock(2)
    browser = portal.signed_in()
    answer = browser.get(LIST, q=f" {ours[0].lower()} ")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/portal/devices/{ours[0]}")
    assert browser.get(LIST, q=ours[0][:-1]).status_code == 200


def test_a_search_that_is_not_at_its_end_says_so(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_selection, "WINDOW", 4)
    world = portal.world
    rare = serials(1, seed=9)
    world.arrive(rare, Kind.VISION, source_id="FIRST")
    world.stock(10)
    browser = portal.signed_in()
    page = browser.get(LIST, supplier="FIRST").text
    assert "None so far" in page
    assert "Look further" in page
    assert listed(browser, supplier="FIRST") == rare


def test_the_list_is_downloaded_as_it_is_filtered(portal: Portal) -> None:
    world = portal.world
    service = world.service("@Home")
    ours = world.stock(30)
    world.arrive(serials(2, seed=4))
    world.activity("ASSIGN_DEVICES", ours[:4], service)
    answer = portal.signed_in().get("/portal/devices.csv", service=service.uuid)
    assert re.fullmatch(
        r'attachment; filename="devices-\d{4}-\d\d-\d\d.csv".*', answer.headers["content-disposition"]
    )
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["serial_number"] for row in rows] == ours[:4][::-1]
    assert {(row["service"], row["state"], row["inferred"]) for row in rows} == {("'@Home", "assigned", "no")}
    everything = list(
        csv.DictReader(io.StringIO(portal.signed_in(email="b@example.com").get("/portal/devices.csv").text))
    )
    assert len(everything) == 32
    assert [row["inferred"] for row in everything[:3]] == ["yes", "yes", "no"]


def test_an_empty_organisation_is_told_how_devices_come(portal: Portal) -> None:
    page = portal.signed_in().get(LIST).text
    assert "No devices yet" in page
    assert portal.world.organization.number in page


def test_a_device_page_tells_its_whole_story(portal: Portal) -> None:
    world, store = portal.world, portal.runtime.store
    main, lab = world.service("Main server"), world.service("Lab server")
    world.default("IPHONE", main)
    serial = serials(1)[0]
    world.arrive([serial])
    for step, service in (("ASSIGN_DEVICES", lab), ("UNASSIGN_DEVICES", None), ("ASSIGN_DEVICES", main)):
        world.tick()
        world.activity(step, [serial], service)
    profile = store.write_sync(
        lambda tx: profiles.define(
            tx, world.id, main.id, "School profile", b"{}", actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    store.write_sync(
        lambda tx: tx.execute(
            "UPDATE device_state SET profile_id = $1, profile_status = 2, profile_assigned_at = $2,"
            " profile_pushed_at = $2, migration_deadline = $3",
            *(profile.id, world.now, world.now + 86_400_000),
        )
    )
    page = html.unescape(portal.signed_in().get(f"/portal/devices/{serial.lower()}").text)
    story = re.findall(r"<li>(.*?)<small>", page)
    told = [re.sub(r"<[^>]+>", "", line).strip() for line in story]
    assert told == [
        "Assigned to Main server",
        "Taken off Lab server",
        "Moved from Main server to Lab server",
        "Assigned to Main server on arrival",
        "Added: Reseller 16FCE4A0",
    ]
    for text in (
        "School profile",
        "Profile fetched by the device",
        "To be migrated by",
        "in 1 day",
        "inferred",
    ):
        assert text in page
    assert page.count('class="guess"') > 5


def test_the_page_of_a_device_that_nobody_has(portal: Portal) -> None:
    answer = portal.signed_in().get("/portal/devices/NOSUCH123")
    assert answer.status_code == 404
    assert "There is no device" in answer.text


def test_a_device_page_says_what_covers_it(portal: Portal) -> None:
    world = portal.world
    [serial, other] = world.stock(2)
    told = [
        Told(serial, Plan.LIMITED_WARRANTY, world.now - 400 * 86_400_000),
        Told(serial, Plan.APPLECARE_PLUS, world.now - 5, world.now + 86_400_000 * 9, "AG-77"),
    ]
    world.store.write_sync(lambda tx: apple_care.record(tx, world.id, told, actor=ADMIN, now=world.now))
    browser = portal.signed_in()
    page = browser.get(f"/portal/devices/{serial}").text
    assert (
        page.index("Limited Warranty")
        < page.index("Not active")
        < page.index("AppleCare+")
        < page.index("AG-77")
    )
    assert "AppleCare plan recorded" in page
    assert "Coverage" not in browser.get(f"/portal/devices/{other}").text
