"""Activities in the portal: found, undone; migrations, releases that are put off, and devices in repair."""

import re
from datetime import UTC, datetime

from pomona.catalogue.kinds import Kind
from pomona.registry import releases
from tests.portal.support import Browser, Portal
from tests.portal.test_device_changes import finished
from tests.support.worlds import ADMIN, World, serials

DAY = 86_400_000


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a confirmation."""
    found = dict(re.findall(r'type="hidden" name="(serials|service|deadline)" value="([^"]*)"', page))
    return {name: value.replace("&#10;", "\n") for name, value in found.items()}


def listed(browser: Browser, query: str = "") -> list[str]:
    return re.findall(
        r'<th scope="row"><a href="/portal/activities/([^"]+)"',
        browser.get(f"/portal/activities{query}").text,
    )


def typed(at: int) -> str:
    """A time as the field for it sends it."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M}"


def test_activities_are_found(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    a, b = world.service("A"), world.service("B")
    ours = world.stock(60)
    first = world.activity("ASSIGN_DEVICES", ours[:1], a)
    second = world.activity("ASSIGN_DEVICES", [*ours[:2], *serials(1, seed=9)], b)
    third = world.activity("RELEASE_DEVICES", ours[1:2])
    everything = [third.uuid, second.uuid, first.uuid]
    assert listed(browser) == everything
    assert listed(browser, "?type=RELEASE_DEVICES") == [third.uuid]
    assert listed(browser, "?state=COMPLETED_WITH_ISSUES") == [second.uuid]
    assert listed(browser, f"?service={a.uuid}") == [first.uuid]
    assert listed(browser, f"?device={ours[0].lower()}") == [second.uuid, first.uuid]
    assert listed(browser, f"?device={ours[1]}&by=admin@example.com") == [third.uuid, second.uuid]
    assert listed(browser, "?begun=1h") == everything
    assert listed(browser, "?type=PAINT&state=soon&service=x&begun=y") == everything, (
        "what means nothing is left out"
    )
    for query in ("?device=%2525", "?by=nobody", "?device=x"):
        assert listed(browser, query) == []
        assert "Nothing found" in browser.get(f"/portal/activities{query}").text
    for serial in ours[:50]:
        world.activity("UNASSIGN_DEVICES", [serial])
    older = re.search(
        r'href="(/portal/activities\?[^"]+)" rel="next"',
        browser.get("/portal/activities?by=admin@example.com").text,
    )
    assert older is not None
    assert listed(browser, older[1].replace("&amp;", "&").partition("activities")[2]) == everything


def test_an_activity_is_undone(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    a, b = world.service("A"), world.service("B")
    ours = world.stock(3)
    world.activity("ASSIGN_DEVICES", ours, a)
    mistake = world.activity("ASSIGN_DEVICES", ours, b)
    since = world.activity("UNASSIGN_DEVICES", ours[:1])
    address = f"/portal/activities/{mistake.uuid}"
    assert ">Undo</button>" in browser.get(address).text
    preview = browser.post(f"{address}/undo/preview")
    assert preview.status_code == 200
    assert "Put 2 devices back?" in preview.text
    assert "1 device would stay as it is" in preview.text
    assert world.device(ours[1]).service_id == b.id
    answer = browser.post(f"{address}/undo")
    assert answer.status_code == 303
    done = finished(browser, answer.headers["location"])
    assert f'href="/portal/activities/{since.uuid}">by this</a>' in done
    assert f'It undoes <a href="/portal/activities/{mistake.uuid}">' in done
    assert [world.device(serial).service_id for serial in ours] == [None, a.id, a.id]
    page = browser.get(address).text
    assert ">Undo</button>" not in page
    assert answer.headers["location"] in page
    refused = browser.post(f"{address}/undo")
    assert (refused.status_code, "undone already" in refused.text) == (409, True)


def test_who_may_undo(portal: Portal) -> None:
    world, other = portal.world, World(portal.runtime.store, "Other")
    other.now = world.now
    theirs = other.activity("UNASSIGN_DEVICES", other.stock(2))
    mine = world.activity("ASSIGN_DEVICES", world.stock(1), world.service("A"))
    assert portal.signed_in().post(f"/portal/activities/{theirs.uuid}/undo").status_code == 404
    looker = portal.signed_in("CONTENT_MANAGER")
    assert ">Undo</button>" not in looker.get(f"/portal/activities/{mine.uuid}").text
    for path in ("undo", "undo/preview"):
        assert looker.post(f"/portal/activities/{mine.uuid}/{path}").status_code == 403


def test_devices_go_over_and_back(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    a, b = world.service("A"), world.service("B")
    ours = serials(2)
    world.arrive(ours, Kind.MAC)
    world.set_up(a, ours[:1])
    deadline = world.now + DAY
    page = browser.get(f"/portal/devices/{ours[0]}").text
    assert "Migrate without erasing to" in page
    assert "Migrate without erasing to" not in browser.get(f"/portal/devices/{ours[1]}").text
    asked = {"serial": ours, "service": b.uuid, "deadline": typed(deadline)}
    preview = browser.post("/portal/devices/migrate/preview", asked)
    assert "Migrate 1 device to B?" in preview.text
    assert "Cannot be migrated" in preview.text
    answer = browser.post("/portal/devices/migrate", fields(preview.text))
    assert "To go over" in finished(browser, answer.headers["location"])
    assert world.device(ours[0]).migration_deadline == deadline // 60_000 * 60_000
    page = browser.get(f"/portal/devices/{ours[0]}").text
    assert "Cancel the migration" in page
    later = {"serial": ours[:1], "deadline": typed(deadline + DAY)}
    preview = browser.post("/portal/devices/deadline/preview", later)
    assert "Change the deadline of 1 device?" in preview.text
    finished(browser, browser.post("/portal/devices/deadline", fields(preview.text)).headers["location"])
    assert world.device(ours[0]).migration_deadline == (deadline + DAY) // 60_000 * 60_000
    preview = browser.post("/portal/devices/cancel-migration/preview", {"serial": ours[:1]})
    finished(
        browser, browser.post("/portal/devices/cancel-migration", fields(preview.text)).headers["location"]
    )
    assert world.device(ours[0]).service_id == a.id
    for text, said in (
        ("", "Say until when"),
        ("soon", "Say until when"),
        (typed(deadline + 100 * DAY), "90 days"),
    ):
        refused = browser.post("/portal/devices/migrate/preview", {**asked, "deadline": text})
        assert (refused.status_code, said in refused.text) == (422, True), text
    assert '<input id="deadline"' in browser.get("/portal/devices/migrate").text


def test_a_release_is_put_off_and_taken_back(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    [serial] = ours = world.stock(1)
    for hours, status in (("-1", 422), ("x", 422), ("99999", 422), ("72", 303)):
        assert browser.post("/portal/devices/release/grace", {"hours": hours}).status_code == status
    assert portal.runtime.store.read_sync(lambda tx: releases.grace(tx, world.id)) == 72
    assert 'value="72"' in browser.get("/portal/devices/release").text
    preview = browser.post("/portal/devices/release/preview", {"serial": ours})
    assert "final after 72 hours" in preview.text
    sent = fields(preview.text) | {"number": "1", "understood": "on"}
    finished(browser, browser.post("/portal/devices/release", sent).headers["location"])
    page = browser.get(f"/portal/devices/{serial}").text
    assert "about to be released" in page
    assert "Release put off" in page
    preview = browser.post("/portal/devices/keep/preview", {"serial": ours})
    assert "Keep 1 device?" in preview.text
    finished(browser, browser.post("/portal/devices/keep", fields(preview.text)).headers["location"])
    page = browser.get(f"/portal/devices/{serial}").text
    assert "about to be released" not in page
    assert world.device(serial).release_at is None
    looker = portal.signed_in("CONTENT_MANAGER")
    assert looker.post("/portal/devices/release/grace", {"hours": "1"}).status_code == 403


def test_undoing_a_release_takes_the_right_to_release(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    store = portal.runtime.store
    store.write_sync(lambda tx: releases.set_grace(tx, world.id, 1, actor=ADMIN, now=world.now))
    released = world.activity("RELEASE_DEVICES", world.stock(2))
    answer = browser.post(f"/portal/activities/{released.uuid}/undo")
    assert "Back where it was" in finished(browser, answer.headers["location"])


def test_a_device_in_repair_is_marked_and_warned_of(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    [serial] = ours = world.stock(1)
    answer = browser.post(f"/portal/devices/{serial}/repair")
    assert answer.headers["location"].startswith(f"/portal/devices/{serial}")
    assert "In repair since" in browser.get(f"/portal/devices/{serial}").text
    preview = browser.post("/portal/devices/release/preview", {"serial": ours}).text
    assert "the unit that comes instead is not added" in preview
    browser.post(f"/portal/devices/{serial}/repair", {"back": "1"})
    assert "In repair since" not in browser.get(f"/portal/devices/{serial}").text
    other = World(portal.runtime.store, "Other")
    theirs = other.stock(1, seed=8)[0]
    assert browser.post(f"/portal/devices/{theirs}/repair").status_code == 404


def test_a_long_history_has_pages(portal: Portal) -> None:
    world, browser = portal.world, portal.signed_in()
    a, b = world.service("A"), world.service("B")
    [serial] = ours = world.stock(1)
    for n in range(101):
        world.tick()
        world.activity("ASSIGN_DEVICES", ours, b if n % 2 else a)
    page = browser.get(f"/portal/devices/{serial}").text
    assert page.count("Moved from") == 100
    older = re.search(r'href="(/portal/devices/[^"]+)" rel="next"', page)
    assert older is not None
    rest = browser.get(older[1]).text
    assert (rest.count("Moved from"), rest.count("Assigned to A"), "Added: " in rest) == (0, 1, True)
