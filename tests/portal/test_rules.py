"""Rules for arriving devices in the portal: made, ordered, tried on what is here, applied with a preview."""

import html
import re
import time

import pytest

from pomona.catalogue.kinds import Kind
from pomona.registry import arrival_rules, organizational_units, supplier_units
from pomona.registry.arrival_rules import Rule
from tests.portal.support import Portal
from tests.support.supply import device, link
from tests.support.worlds import ADMIN, serials


def rules(portal: Portal) -> list[Rule]:
    return portal.runtime.store.read_sync(lambda tx: arrival_rules.of_organization(tx, portal.world.id))


def test_rules_are_made_ordered_tried_and_applied(portal: Portal) -> None:
    world = portal.world
    service, other = world.service("Main server"), world.service("Other server")
    macs, phones = serials(3), serials(2, seed=2)
    world.arrive(macs, Kind.MAC)
    world.activity("ASSIGN_DEVICES", macs[:1], other)
    browser = portal.signed_in()
    assert "No rules yet" in browser.get("/portal/rules").text
    browser.get("/portal/rules/new")
    made = browser.post(
        "/portal/rules/new", {"name": "Macs", "kind": "MAC", "source": "RESELLER", "target": service.uuid}
    )
    assert made.headers["location"] == "/portal/rules?said=rule-added"
    browser.post("/portal/rules/new", {"name": "Sales", "order": "SALES-", "target": "unassigned"})
    world.arrive(phones)
    page = browser.get("/portal/rules").text
    assert "from a reseller, Mac" in page
    assert "Left unassigned" in page
    first, second = rules(portal)
    assert (first.name, first.conditions.kind, first.service_id) == ("Macs", int(Kind.MAC), service.id)
    browser.post(f"/portal/rules/{second.uuid}/move", {"to": "up"})
    assert [rule.name for rule in rules(portal)] == ["Sales", "Macs"]
    browser.post(f"/portal/rules/{second.uuid}/move", {"to": "up"})
    browser.post(f"/portal/rules/{second.uuid}/move", {"to": "down"})
    browser.get("/portal/rules")
    tried = browser.post("/portal/rules/preview").text
    cells = [
        re.findall(r'<td class="right">([^<]*)</td>', row)
        for row in tried.partition("<tbody>")[2].split("<tr>")
    ]
    assert [row[:4] for row in cells if len(row) >= 4] == [
        ["1", "3", "0", "3"],
        ["2", "0", "0", "0"],
        ["–", "2", "–", "2"],
    ]
    browser.get(f"/portal/rules/{first.uuid}")
    seen = browser.post(f"/portal/rules/{first.uuid}/apply", {"waiting": "on"}).text
    assert "Assign 2 devices to Main server?" in seen
    [named] = re.findall(r'name="serials" value="([^"]*)"', seen)
    assert named.split() == macs[1:]
    started = browser.post("/portal/devices/assign", {"serials": named, "service": service.uuid})
    for _ in range(200):
        if "In progress" not in browser.get(started.headers["location"]).text:
            break
        time.sleep(0.02)
    assert [device(world, serial).service_id for serial in macs] == [other.id, service.id, service.id]


def test_a_rule_is_changed_switched_and_removed(portal: Portal) -> None:
    service = portal.world.service("Main server")
    browser = portal.signed_in()
    browser.get("/portal/rules/new")
    browser.post("/portal/rules/new", {"name": "All", "target": service.uuid})
    [rule] = rules(portal)
    path = f"/portal/rules/{rule.uuid}"
    assert 'value="All"' in browser.get(path).text
    browser.post(path, {"name": "Phones", "product": "iPhone", "supplier": "0123", "target": "unassigned"})
    [changed] = rules(portal)
    assert (changed.name, changed.conditions.product_type, changed.conditions.supplier) == (
        "Phones",
        "iPhone",
        "123",
    )
    assert changed.unassigned
    browser.post(f"{path}/switch", {"enabled": "no"})
    assert not rules(portal)[0].works
    assert "Disabled" in browser.get(path).text
    nothing = browser.post(f"{path}/apply", {})
    assert (nothing.status_code, "No device that is here" in nothing.text) == (422, True)
    browser.post(f"{path}/switch", {"enabled": "yes"})
    assert rules(portal)[0].works
    log = html.unescape(browser.get("/portal/audit").text)
    assert "Arrival rule changed" in log
    assert f'href="{path}"' in log
    assert "product type iPhone" in log
    browser.get(path)
    browser.post(f"{path}/remove")
    assert rules(portal) == []
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "", "target": "unassigned"}, "1 to 128"),
        ({"name": "x"}, "Choose where the devices go"),
        ({"name": "x", "target": "unassigned", "kind": "TOASTER"}, "Choose a kind of device"),
        ({"name": "x", "target": "unassigned", "source": "THEFT"}, "is no source"),
    ],
)
def test_what_cannot_be_is_said_and_the_form_shown_again(
    portal: Portal, typed: dict[str, str], said: str
) -> None:
    browser = portal.signed_in()
    browser.get("/portal/rules/new")
    answer = browser.post("/portal/rules/new", typed)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert f'value="{typed["name"]}"' in answer.text
    assert rules(portal) == []


def test_who_may(portal: Portal) -> None:
    looker = portal.signed_in("CONTENT_MANAGER")
    assert looker.get("/portal/rules").status_code == 200
    assert "Add a rule" not in looker.get("/portal/rules").text
    assert looker.get("/portal/rules/new").status_code == 403
    assert looker.post("/portal/rules/new", {"name": "x", "target": "unassigned"}).status_code == 403


def test_the_unit_that_a_supplier_delivers_to_is_chosen(portal: Portal) -> None:
    world, store = portal.world, portal.runtime.store
    link(world, "16FCE4A0")
    browser = portal.signed_in()
    assert "All units" not in browser.get("/portal/suppliers").text
    unit = store.write_sync(
        lambda tx: organizational_units.create(
            tx, world.id, "Berlin", actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    assert "All units" in browser.get("/portal/suppliers").text
    chosen = {"kind": "RESELLER", "number": "16FCE4A0", "unit": unit.uuid}
    done = browser.post("/portal/suppliers/unit", chosen)
    assert done.headers["location"] == "/portal/suppliers?said=supplier-unit"
    assert "<summary>Berlin</summary>" in browser.get("/portal/suppliers").text
    assert store.read_sync(lambda tx: supplier_units.of_organization(tx, world.id)) == {
        ("RESELLER", "16FCE4A0"): unit.uuid
    }
    assert "Unit that the supplier delivers to" in browser.get("/portal/rules/new").text
    browser.get("/portal/suppliers")
    browser.post("/portal/suppliers/unit", chosen | {"unit": ""})
    assert store.read_sync(lambda tx: supplier_units.of_organization(tx, world.id)) == {}
