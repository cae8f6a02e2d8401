"""Assigning, unassigning and releasing: naming devices, the preview, the confirmation, the activity and its log."""

import csv
import html
import io
import re
import time
from dataclasses import replace

import pytest

from pomona.catalogue.facts import infer
from pomona.registry import activities, devices
from pomona.runtime import Settings
from pomona.store import Tx
from tests.portal.support import Browser, Portal, composed
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World, serials


def finished(browser: Browser, address: str) -> str:
    """The activity's page once it has ended."""
    for _ in range(200):
        page = browser.get(address).text
        if "In progress" not in page:
            return page
        time.sleep(0.02)
    raise AssertionError("the activity did not end")


def service_of(portal: Portal, serial: str) -> int | None:
    return portal.runtime.store.read_sync(lambda tx: devices.get(tx, portal.world.id, serial)).service_id


def confirm(browser: Browser, page: str, **more: str) -> dict[str, str]:
    """The fields of the preview's form."""
    fields = dict(re.findall(r'type="hidden" name="(serials|service)" value="([^"]*)"', page))
    return {**{name: value.replace("&#10;", "\n") for name, value in fields.items()}, **more}


def test_ticked_devices_are_previewed_then_assigned(portal: Portal) -> None:
    service = portal.world.service("Main server")
    ours = portal.world.stock(4)
    browser = portal.signed_in()
    asked = {"serial": ours[:3], "service": service.uuid}
    preview = browser.post("/portal/devices/assign/preview", asked)
    assert preview.status_code == 200
    assert "Assign 3 devices to Main server?" in preview.text
    assert service_of(portal, ours[0]) is None
    answer = browser.post("/portal/devices/assign", confirm(browser, preview.text))
    assert answer.status_code == 303
    page = finished(browser, answer.headers["location"])
    assert "Completed" in page
    assert [service_of(portal, serial) for serial in ours] == [service.id] * 3 + [None]


def test_a_pasted_list_may_be_written_in_any_way(portal: Portal) -> None:
    service = portal.world.service("Main server")
    a, b, c = portal.world.stock(3)
    stranger = serials(1, seed=9)[0]
    pasted = f'Serial Number\n{a.lower()}, {b};\t"{c}"\n{a}\nnot-a-serial {stranger}'
    browser = portal.signed_in()
    page = browser.post("/portal/devices/assign/preview", {"serials": pasted, "service": service.uuid}).text
    assert "Assign 3 devices to Main server?" in page
    assert "1 entry left out" in page
    assert "not-a-serial" in page
    assert "1 device would stay as it is" in page
    assert stranger in page
    assert "Not a device of this organisation" in page


def test_a_file_is_read_by_its_first_column(portal: Portal) -> None:
    service = portal.world.service("Main server")
    ours = portal.world.stock(3)
    body = "\ufeffserial_number,room\r\n" + "".join(f"{serial},Room 1\r\n" for serial in ours)
    browser = portal.signed_in()
    page = browser.post(
        "/portal/devices/assign/preview",
        {"service": service.uuid},
        files={"list": ("rooms.csv", body.encode())},
    ).text
    assert "Assign 3 devices to Main server?" in page
    assert "left out" not in page
    binary = browser.post(
        "/portal/devices/assign/preview",
        {"service": service.uuid},
        files={"list": ("x.xlsx", b"PK\xff\xfe\x00")},
    )
    assert (binary.status_code, "x.xlsx is no text file" in binary.text) == (422, True)


def test_an_imei_stands_for_its_device_and_for_nobody_elses(portal: Portal) -> None:
    service = portal.world.service("Main server")
    other = World(portal.runtime.store, "Other")
    mine, theirs = serials(1), serials(1, seed=2)
    portal.world.arrive(mine)
    other.arrive(theirs)
    imei, foreign = infer(mine[0]).imei, infer(theirs[0]).imei
    browser = portal.signed_in()
    pasted = "\n".join([*imei[:1], *foreign[:1]])
    page = browser.post("/portal/devices/assign/preview", {"serials": pasted, "service": service.uuid}).text
    assert "Assign 1 device to Main server?" in page
    assert theirs[0] not in page


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"serials": "", "service": "SERVICE"}, 422, "Name at least one device"),
        ({"serials": "8OEWBS9D4K"}, 422, "Choose the service"),
        ({"serials": "8OEWBS9D4K", "service": "F" * 32}, 404, "There is no device management service"),
    ],
)
def test_what_is_missing_is_said(portal: Portal, fields: dict[str, str], status: int, said: str) -> None:
    service = portal.world.service("Main server")
    browser = portal.signed_in()
    asked = {name: value.replace("SERVICE", service.uuid) for name, value in fields.items()}
    for path in ("/portal/devices/assign/preview", "/portal/devices/assign"):
        answer = browser.post(path, asked)
        assert answer.status_code == status, path
        assert said in answer.text
        assert fields["serials"] in answer.text
    assert "Nothing yet" in browser.get("/portal/activities").text


def test_nothing_to_change_offers_no_button(portal: Portal) -> None:
    service = portal.world.service("Main server")
    ours = portal.world.stock(2)
    portal.world.activity("ASSIGN_DEVICES", ours, service)
    browser = portal.signed_in()
    page = browser.post("/portal/devices/assign/preview", {"serial": ours, "service": service.uuid}).text
    assert "Nothing would change" in page
    assert "Was on this service already" in page
    assert "Assign 2 devices</button>" not in page


def test_release_wants_the_number_and_the_tick(portal: Portal) -> None:
    ours = portal.world.stock(3)
    browser = portal.signed_in()
    preview = browser.post("/portal/devices/release/preview", {"serial": ours}).text
    assert "Release 3 devices?" in preview
    for more, said in (
        ({}, "Type 3, the number of devices"),
        ({"number": "2", "understood": "on"}, "Type 3, the number of devices"),
        ({"number": "3"}, "Tick that you understand"),
    ):
        refused = browser.post("/portal/devices/release", confirm(browser, preview, **more))
        assert (refused.status_code, said in refused.text) == (422, True), more
        assert "Release 3 devices?" in refused.text
    done = browser.post("/portal/devices/release", confirm(browser, preview, number="3", understood="on"))
    assert done.status_code == 303
    finished(browser, done.headers["location"])
    page = browser.get(f"/portal/devices/{ours[0]}").text
    assert "This device was released" in page
    assert "/portal/devices/assign/preview" not in page


def test_unassign_leaves_the_rest(portal: Portal) -> None:
    service = portal.world.service("Main server")
    ours = portal.world.stock(3)
    portal.world.activity("ASSIGN_DEVICES", ours[:2], service)
    browser = portal.signed_in()
    preview = browser.post("/portal/devices/unassign/preview", {"serial": ours}).text
    assert "Unassign 2 devices?" in preview
    assert "Was on no service" in preview
    answer = browser.post("/portal/devices/unassign", confirm(browser, preview))
    page = finished(browser, answer.headers["location"])
    assert "Completed with issues" in page
    assert [service_of(portal, serial) for serial in ours] == [None] * 3


def test_the_log_is_csv_that_no_spreadsheet_runs(portal: Portal) -> None:
    service = portal.world.service("=cmd|'/c calc'!A1, \"quoted\"")
    ours = portal.world.stock(2_500)
    activity = portal.world.activity("ASSIGN_DEVICES", [*ours, *serials(1, seed=9)], service)
    answer = portal.signed_in().get(f"/portal/activities/{activity.uuid}/log.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["serial_number", "result", "detail", "service_before", "service", "changed_by"]
    unknown = serials(1, seed=9)
    lines = {row[0]: row[1:] for row in rows[1:]}
    # A large activity is done, and so logged, in the order of the serials.
    assert list(lines) == sorted([*ours, *unknown])
    assert lines[ours[0]] == ["SUCCESS", "", "", "'=cmd|'/c calc'!A1, \"quoted\"", ""]
    assert lines[unknown[0]][:2] == ["FAILED", "DEVICE_NOT_FOUND"]


def test_a_long_activity_is_paged_and_can_be_stopped(portal: Portal) -> None:
    ours = portal.world.stock(250)
    activity = portal.world.activity("UNASSIGN_DEVICES", ours)
    browser = portal.signed_in()
    page = f"/portal/activities/{activity.uuid}"
    shown: list[str] = []
    address: str | None = page
    while address:
        text = browser.get(address).text.partition('card-head"><h2>Devices</h2>')[2]
        shown += re.findall(r'class="serial"[^>]*>([A-Z0-9]+)<', text)
        found = re.search(r'href="[^"]*(\?after=\d+)" rel="next"', text)
        address = page + found[1] if found else None
    assert shown == ours
    answer = browser.post(f"{page}/stop")
    assert answer.headers["location"] == f"{page}?said=stopped"
    assert "Manually stopped" not in browser.get(page).text.partition("<section")[2]


def test_an_activity_that_goes_on_is_followed_and_stopped(portal: Portal) -> None:
    ours = portal.world.stock(3)
    now = portal.world.now

    def held_elsewhere(tx: Tx) -> str:
        made = activities.create(
            tx, portal.world.id, "UNASSIGN_DEVICES", ours, actor=ADMIN, now=now, rng=portal.world.rng
        )
        tx.execute("UPDATE activity SET leased_by = 'elsewhere', leased_until = $1", now + activities.LEASE)
        return made.uuid

    page = f"/portal/activities/{portal.runtime.store.write_sync(held_elsewhere)}"
    browser = portal.signed_in()
    shown = browser.get(page).text
    assert "data-follow" in shown
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in shown
    assert 'value="0" max="3"' in shown
    browser.post(f"{page}/stop")
    ended = browser.get(page).text
    assert "Manually stopped" in ended
    assert "data-follow" not in ended


def test_a_list_beyond_the_limit_is_refused(portal: Portal, serve: Serve) -> None:
    service = portal.world.service("Main server")
    portal.person("ADMINISTRATOR", "admin@example.com")
    browser = Browser(serve(composed(replace(portal.runtime, settings=Settings(activity_limit=3)))))
    browser.sign_in("admin@example.com")
    four = {"serials": " ".join(serials(4)), "service": service.uuid}
    for path in ("/portal/devices/assign/preview", "/portal/devices/assign"):
        answer = browser.post(path, four)
        assert (answer.status_code, "4 devices are too many" in answer.text) == (422, True)
    browser.client.close()


def test_devices_are_added_by_hand_and_each_is_accounted_for(portal: Portal) -> None:
    service = portal.world.service("Main server")
    known, foreign = portal.world.stock(1), World(portal.runtime.store, "Other").stock(1, seed=5)
    fresh = serials(2, seed=6)
    lines = f"serial, product\n{fresh[0].lower()}, iPhone 16 Pro\n\n{fresh[1]}\n{known[0]}\n{foreign[0]}"
    browser = portal.signed_in()
    page = browser.post("/portal/devices/add", {"devices": lines, "where": service.uuid}).text
    assert "<h1>2 devices added</h1>" in page
    assert "Was here already" in page
    assert "Belongs to another organisation" in page
    assert "Other" not in page.partition("<main")[2].replace("another", "")
    first = portal.runtime.store.read_sync(lambda tx: devices.get(tx, portal.world.id, fresh[0]))
    assert (first.model, first.inferred, first.source, first.service_id) == (
        "iPhone 16 Pro",
        False,
        "MANUALLY_ADDED",
        service.id,
    )
    again = browser.post("/portal/devices/add", {"devices": lines, "where": "default"}).text
    assert "<h1>0 devices added</h1>" in again
    assert "Added by hand" in browser.get(f"/portal/devices/{fresh[1]}").text


@pytest.mark.parametrize(
    ("lines", "where", "status", "said"),
    [
        ("", "none", 422, "Name at least one device"),
        ("\n \n", "none", 422, "Name at least one device"),
        ("Model,Tag\nx,y", "none", 422, "No column holds serial numbers"),
        ("OK12345678", "F" * 32, 404, "There is no device management service"),
    ],
)
def test_a_form_that_names_nothing_is_shown_again(
    portal: Portal, lines: str, where: str, status: int, said: str
) -> None:
    browser = portal.signed_in()
    answer = browser.post("/portal/devices/add", {"devices": lines, "where": where})
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert "No devices yet" in browser.get("/portal/devices").text


def test_a_file_is_checked_and_then_added_and_its_report_is_a_file(portal: Portal) -> None:
    browser = portal.signed_in()
    ours = serials(2, seed=6)
    text = f"\r\nSeriennummer;Model\r\n{ours[0]};iPhone17,1\r\nno;\r\n{ours[1]};iToaster\r\n"
    file = {"list": ("list.csv", text.encode("utf-16"))}
    browser.get("/portal/devices/add")
    checked = browser.post("/portal/devices/add/check", {"where": "none", "devices": ""}, files=file).text
    assert "<h1>1 device would be added</h1>" in checked
    assert "2 lines of 3 would change nothing." in checked
    assert "No devices yet" in browser.get("/portal/devices").text
    [carried] = re.findall(r'<textarea name="devices"[^>]*>(.*?)</textarea>', checked, re.DOTALL)
    done = browser.post("/portal/devices/add", {"where": "none", "devices": html.unescape(carried)[1:]}).text
    assert "<h1>1 device added</h1>" in done
    assert "the serial number &#x27;NO&#x27; has 2 characters" in done.replace("The", "the")
    [report] = re.findall(r'<textarea name="report"[^>]*>(.*?)</textarea>', done, re.DOTALL)
    saved = browser.post("/portal/devices/add/report", {"report": html.unescape(report)[1:]})
    assert saved.headers["content-disposition"].startswith('attachment; filename="devices-added-')
    rows = list(csv.reader(io.StringIO(saved.text)))
    assert [(row[0], row[3]) for row in rows[1:]] == [
        ("3", "ADDED"), ("4", "INVALID_SERIAL"), ("5", "UNKNOWN_PRODUCT"),
    ]  # fmt: skip
    both = browser.post("/portal/devices/add", {"where": "none", "devices": ours[0]}, files=file)
    assert (both.status_code, "not both" in both.text) == (422, True)


def test_a_strict_catalogue_wants_to_know_what_a_device_is(portal: Portal, serve: Serve) -> None:
    portal.person("ADMINISTRATOR", "admin@example.com")
    browser = Browser(serve(composed(replace(portal.runtime, settings=Settings(catalogue="strict")))))
    browser.sign_in("admin@example.com")
    refused = browser.post("/portal/devices/add", {"devices": "OK12345678", "where": "none"})
    assert "<h1>0 devices added</h1>" in refused.text
    assert "the catalogue is strict" in refused.text
    told = browser.post("/portal/devices/add", {"devices": "OK12345678, Mac mini", "where": "placeholder"})
    assert "<h1>1 device added</h1>" in told.text
    browser.client.close()


def test_a_unit_takes_the_place_of_a_repaired_device(portal: Portal) -> None:
    service = portal.world.service("Main server")
    [old] = portal.world.stock(1)
    portal.world.activity("ASSIGN_DEVICES", [old], service)
    unit = serials(1, seed=8)[0]
    browser = portal.signed_in()
    assert f"/portal/devices/{old}/replace" in browser.get(f"/portal/devices/{old}").text
    assert "to Main server" in browser.get(f"/portal/devices/{old}/replace").text
    refused = browser.post(f"/portal/devices/{old}/replace", {"unit": "x"})
    assert (refused.status_code, "has 1 characters" in refused.text) == (422, True)
    done = browser.post(f"/portal/devices/{old}/replace", {"unit": unit.lower()})
    assert done.headers["location"].startswith(f"/portal/devices/{unit}")
    assert f'href="/portal/devices/{old}"' in browser.get(f"/portal/devices/{unit}").text
    gone = browser.get(f"/portal/devices/{old}").text
    assert f'href="/portal/devices/{unit}"' in gone
    assert "took its place" in gone
    assert browser.get(f"/portal/devices/{old}/replace").status_code == 404
    assert portal.signed_in("CONTENT_MANAGER").get(f"/portal/devices/{unit}/replace").status_code == 403
