"""Blueprints, configurations, groups and units in the portal: what is shown, made, changed and refused."""

from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import pytest

from pomona.registry import (
    blueprint_contents,
    blueprints,
    configurations,
    organizational_units,
    organizations,
    user_groups,
)
from pomona.registry.smart_groups import Rule
from pomona.store import Tx
from tests.portal.collected import collected
from tests.portal.support import Browser, Portal
from tests.support.collections import app, configuration, employ, group, join_unit, package, unit
from tests.support.profiles import profile
from tests.support.worlds import ADMIN, serials

T = TypeVar("T")


@pytest.fixture
def portal(local_portal: Portal) -> Portal:
    """What is tried here does not depend on the engine."""
    return local_portal


def read(portal: Portal, look: Callable[[Tx], T]) -> T:
    return portal.runtime.store.read_sync(look)


def upload(browser: Browser, file: str, content: str, name: str = "") -> httpx.Response:
    browser.get("/portal/configurations/new")
    files = {"profile": (file, content.encode(), "application/x-apple-aspen-config")}
    return browser.post("/portal/configurations/new", {"name": name}, files)


def test_a_profile_is_added_downloaded_and_deleted(portal: Portal) -> None:
    browser, text = portal.signed_in(), profile("com.apple.dock").replace("\n", "\r\n")
    answer = upload(browser, "Dock.mobileconfig", text)
    assert answer.status_code == 303, answer.text
    [made] = read(portal, lambda tx: configurations.of_organization(tx, portal.world.id))
    assert (made.name, made.filename, made.platforms) == ("Dock", "Dock.mobileconfig", ["PLATFORM_MACOS"])
    page = f"/portal/configurations/{made.uuid}"
    assert answer.headers["location"].startswith(page)
    assert "macOS" in browser.get(page).text
    file = browser.get(f"{page}/profile.mobileconfig")
    assert file.content == text.encode()
    assert file.headers["content-type"].startswith("application/x-apple-aspen-config")
    assert 'filename="Dock.mobileconfig"' in file.headers["content-disposition"]
    assert "Dock" in browser.get("/portal/configurations").text
    browser.get(page)
    assert browser.post(f"{page}/delete").status_code == 303
    assert read(portal, lambda tx: configurations.of_organization(tx, portal.world.id)) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("", "", "Choose the profile"),
        ("x.mobileconfig", "nonsense", "no property list"),
        ("x.mobileconfig", profile(PayloadVersion=2), "PayloadVersion"),
        ("x.mobileconfig", profile() + " " * 1_000_000, "bytes"),
    ],
)
def test_what_is_no_profile_is_said(portal: Portal, name: str, content: str, said: str) -> None:
    answer = upload(portal.signed_in(), name, content, name="Office")
    assert (answer.status_code, said in answer.text, 'value="Office"' in answer.text) == (422, True, True)
    assert read(portal, lambda tx: configurations.of_organization(tx, portal.world.id)) == []


def test_a_file_with_another_ending_is_named_by_its_id(portal: Portal) -> None:
    assert upload(portal.signed_in(), "wifi.xml", profile(), name="Wi-Fi").status_code == 303
    [made] = read(portal, lambda tx: configurations.of_organization(tx, portal.world.id))
    assert (made.name, made.filename) == ("Wi-Fi", f"{made.uuid}.mobileconfig")


def test_a_blueprint_is_made_shown_and_deleted(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    stock, kept = world.stock(130), configuration(world)
    ann = employ(world, "ann")
    staff, agent, pages = group(world, "Staff"), package(world), app(world)
    browser.get("/portal/blueprints/new")
    sent: dict[str, Any] = {
        "name": "Sales iPads",
        "description": "For sales",
        "apps": [pages.adam_id],
        "configurations": [kept.uuid],
        "packages": [agent.uuid],
        "groups": [staff.uuid],
        "people": f" {ann.email}\n",
        "serials": "\n".join([*stock, "ONOTTHERE12"]),
    }
    assert browser.post("/portal/blueprints/new", sent).status_code == 303
    [made] = read(portal, lambda tx: blueprints.of_organization(tx, world.id))
    counts = read(portal, lambda tx: blueprint_contents.counts(tx, made.id))
    assert counts == {
        "apps": 1, "configurations": 1, "packages": 1, "devices": 130, "users": 1, "groups": 1,
    }  # fmt: skip
    address = f"/portal/blueprints/{made.uuid}"
    shown = browser.get(address).text
    for word in ("Sales iPads", "For sales", "Pages", "Guest Wi-Fi", "Agent", ann.email, "Staff", stock[9]):
        assert word in shown
    assert stock[10] not in shown
    assert f"{address}?kind=devices" in shown
    first = browser.get(address, kind="devices").text
    assert stock[99] in first
    assert stock[100] not in first
    last = blueprint_contents.page
    number = read(portal, lambda tx: last(tx, made.id, blueprint_contents.KINDS["devices"], limit=100))[-1].id
    assert f"after={number}" in first
    second = browser.get(address, kind="devices", after=number).text
    assert stock[129] in second
    assert stock[99] not in second
    assert "Sales iPads” has this" in browser.get(f"/portal/configurations/{kept.uuid}").text
    assert browser.post(f"/portal/configurations/{kept.uuid}/delete").status_code == 409
    browser.get(address)
    assert browser.post(f"{address}/delete").status_code == 303
    assert read(portal, lambda tx: blueprints.of_organization(tx, world.id)) == []
    assert browser.get(address).status_code == 404


def test_a_blueprint_is_changed(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    first, second = world.stock(2)
    ids = collected(world, [first])
    page = f"/portal/blueprints/{ids['blueprints']}"
    extra = configuration(world, "VPN", "com.apple.vpn.managed")

    def contents(kind: str) -> list[str]:
        found = read(portal, lambda tx: blueprints.get(tx, world.id, ids["blueprints"]))
        listed = read(
            portal, lambda tx: blueprint_contents.page(tx, found.id, blueprint_contents.KINDS[kind])
        )
        return [each.public_id for each in listed]

    assert "VPN" in browser.get(f"{page}/add").text
    sent = {"configurations": [extra.uuid], "serials": f"{second} {first}"}
    assert browser.post(f"{page}/add", sent).status_code == 303
    assert contents("devices") == [first, second]
    assert contents("configurations") == [ids["configurations"], extra.uuid]
    assert browser.post(f"{page}/remove", {"kind": "devices", "id": first}).status_code == 303
    assert contents("devices") == [second]
    for change in ({}, {"serials": "no!"}):
        assert browser.post(f"{page}/add", change).status_code == 422
    assert browser.post(f"{page}/remove", {"kind": "things", "id": first}).status_code == 422
    assert browser.post(page, {"name": "Trade", "description": "For trade"}).status_code == 303
    found = read(portal, lambda tx: blueprints.get(tx, world.id, ids["blueprints"]))
    assert (found.name, found.description) == ("Trade", "For trade")
    answer = browser.post(page, {"name": " ", "description": "Kept as typed"})
    assert (answer.status_code, "Kept as typed" in answer.text) == (422, True)


def test_a_configuration_is_changed(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    kept = configuration(world)
    page = f"/portal/configurations/{kept.uuid}"
    browser.get(page)
    assert browser.post(page, {"name": "Office"}).status_code == 303
    found = read(portal, lambda tx: configurations.get(tx, world.id, kept.uuid))
    assert (found.name, found.platforms, found.version) == ("Office", kept.platforms, 2)
    text = profile("com.apple.dock")
    files = {"profile": ("Dock.mobileconfig", text.encode(), "application/x-apple-aspen-config")}
    assert browser.post(page, {"name": "Dock"}, files).status_code == 303
    found = read(portal, lambda tx: configurations.get(tx, world.id, kept.uuid))
    assert (found.name, found.filename, found.platforms) == ("Dock", kept.filename, ["PLATFORM_MACOS"])
    assert browser.get(f"{page}/profile.mobileconfig").text == text
    files = {"profile": ("x", b"nonsense", "application/x-apple-aspen-config")}
    assert browser.post(page, {"name": "Broken"}, files).status_code == 422
    assert browser.get(f"{page}/profile.mobileconfig").text == text


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"name": ""}, 422, "1 to 128 characters"),
        ({"apps": []}, 422, "needs a resource"),
        ({"serials": ""}, 422, "needs a resource"),
        ({"serials": "no!"}, 422, "No serial numbers: no!"),
        ({"people": "eve@example.com"}, 404, "no person"),
    ],
)
def test_what_is_no_blueprint_is_said(portal: Portal, change: dict[str, Any], status: int, said: str) -> None:
    app(portal.world, "7")
    browser = portal.signed_in()
    browser.get("/portal/blueprints/new")
    sent = {"name": "Sales iPads", "apps": ["7"], "serials": serials(1)[0]} | change
    answer = browser.post("/portal/blueprints/new", sent)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert read(portal, lambda tx: blueprints.of_organization(tx, portal.world.id)) == []


def test_the_switch_is_told_of(portal: Portal) -> None:
    browser, world = portal.signed_in(), portal.world
    assert "switched off" not in browser.get("/portal/blueprints").text
    portal.runtime.store.write_sync(
        lambda tx: organizations.set_management(tx, world.id, False, actor=ADMIN, now=world.now)
    )
    assert "switched off" in browser.get("/portal/blueprints").text


def test_a_group_is_made_filled_and_deleted(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    ann = employ(world, "ann")
    browser.get("/portal/groups/new")
    assert browser.post("/portal/groups/new", {"name": "Staff"}).status_code == 303
    [made] = read(portal, lambda tx: user_groups.of_organization(tx, world.id))
    page = f"/portal/groups/{made.uuid}"
    browser.get(page)
    assert browser.post(f"{page}/add", {"email": "eve@example.com"}).status_code == 404
    assert browser.post(f"{page}/add", {"email": ann.email}).status_code == 303
    assert ann.email in browser.get(page).text
    assert browser.post(f"{page}/remove", {"person": ann.uuid}).status_code == 303
    assert "Nobody is in it" in browser.get(page).text
    assert browser.post("/portal/groups/new", {"name": "Staff"}).status_code == 409
    assert browser.post(f"{page}/delete").status_code == 303
    assert browser.get(page).status_code == 404


def test_a_group_with_a_rule(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    ann = employ(world, "ann", "PEOPLE_MANAGER")
    sales = unit(world, "Sales", ann, role="CONTENT_MANAGER")
    browser.get("/portal/groups/new")
    sent = {
        "name": "Leads",
        "unit": sales.uuid,
        "roles": ["CONTENT_MANAGER"],
        "statuses": ["ACTIVE"],
        "in_unit": sales.uuid,
    }
    assert browser.post("/portal/groups/new", sent).status_code == 303
    [made] = read(portal, lambda tx: user_groups.of_organization(tx, world.id))
    assert (made.kind, made.unit, made.member_count) == ("SMART", sales.uuid, 1)
    assert made.rule == Rule(("CONTENT_MANAGER",), ("ACTIVE",), sales.uuid)
    shown = browser.get(f"/portal/groups/{made.uuid}").text
    assert "Content manager, Active, in Sales" in shown
    assert ann.email in shown
    assert "Put a person in" not in shown
    page = f"/portal/groups/{made.uuid}"
    assert browser.post(f"{page}/add", {"email": ann.email}).status_code == 403
    assert browser.post(f"{page}/remove", {"person": ann.uuid}).status_code == 403


def test_a_unit_is_made_filled_and_deleted(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    ann = employ(world, "ann")
    browser.get("/portal/units/new")
    assert browser.post("/portal/units/new", {"name": "Sales", "description": "Sells"}).status_code == 303
    root, made = read(portal, lambda tx: organizational_units.of_organization(tx, world.id))
    page = f"/portal/units/{made.uuid}"
    assert "Sells" in browser.get(page).text
    assert browser.post(f"{page}/add", {"email": ann.email, "role": ""}).status_code == 422
    assert browser.post(f"{page}/add", {"email": ann.email, "role": "CONTENT_MANAGER"}).status_code == 303
    assert "Content manager" in browser.get(page).text
    assert browser.post(f"{page}/remove", {"person": ann.uuid}).status_code == 303
    assert "Nobody is in it" in browser.get(page).text
    first = browser.get(f"/portal/units/{root.uuid}").text
    assert (ann.email in first, "Put a person in" in first) == (True, False)
    assert browser.post(f"/portal/units/{root.uuid}/delete").status_code == 403
    group(world, "Staff", unit=made)
    assert browser.post(f"{page}/delete").status_code == 409
    assert browser.post("/portal/units/new", {"name": "Sales"}).status_code == 409


def test_only_an_administrator_gives_an_administrators_role_in_a_unit(portal: Portal) -> None:
    world = portal.world
    ann, sales = employ(world, "ann"), unit(world, "Sales")
    page = f"/portal/units/{sales.uuid}"
    manager = portal.signed_in("PEOPLE_MANAGER")
    sent = {"email": ann.email, "role": "IT_ADMINISTRATOR"}
    assert manager.post(f"{page}/add", sent).status_code == 403
    join_unit(world, sales, ann)
    assert portal.signed_in("ADMINISTRATOR").post(f"{page}/add", sent).status_code == 303


def test_who_may_not(portal: Portal) -> None:
    content, device = portal.signed_in("CONTENT_MANAGER"), portal.signed_in("DEVICE_ENROLLMENT_MANAGER")
    people = portal.signed_in("PEOPLE_MANAGER")
    for folder in ("blueprints", "configurations"):
        for path in (f"/portal/{folder}", f"/portal/{folder}/new"):
            assert [each.get(path).status_code for each in (content, people, device)] == [403, 403, 200]
    for folder in ("groups", "units"):
        for path in (f"/portal/{folder}", f"/portal/{folder}/new"):
            assert [each.get(path).status_code for each in (content, people, device)] == [403, 200, 403]


def test_lists_page_by_page(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    for n in range(101):
        group(world, f"G{n:03}")
        unit(world, f"U{n:03}")
    for folder, last in (("groups", "G100"), ("units", "U100")):
        first = browser.get(f"/portal/{folder}").text
        assert ("?after=" in first, last in first) == (True, False)
        after = first.rpartition("?after=")[2].partition('"')[0]
        second = browser.get(f"/portal/{folder}", after=after).text
        assert (last in second, f"{last[0]}000" in second) == (True, False)
