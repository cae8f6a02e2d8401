"""Who gets in, what they may do, and that a form is theirs: for every address of the site map."""

import re
from collections.abc import Iterator

import httpx
import pytest

from pomona.portal import site_map
from pomona.portal.door import Step
from pomona.portal.permissions import ROLES, of_role
from pomona.registry import organizations, portal_sessions
from pomona.registry.people import Role
from tests.portal.support import Browser, Portal, furnished
from tests.support.worlds import ADMIN, World

NOWHERE = "00000000-0000-4000-8000-00000000dead"


def steps(method: str) -> Iterator[tuple[str, Step]]:
    for path, by_method in site_map.PAGES.items():
        if method in by_method:
            yield re.sub(r"\{\w+\}", NOWHERE, path), by_method[method]


def test_without_a_session_everything_leads_to_the_sign_in(portal: Portal) -> None:
    browser = portal.browser()
    for path, _ in steps("GET"):
        answer = browser.get(path, q="x")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/portal/sign-in?next=")
    for path, _ in steps("POST"):
        answer = browser.post(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/portal/sign-in")


def test_the_way_back_after_signing_in_is_kept(portal: Portal) -> None:
    answer = portal.browser().get("/portal/activities", before="7")
    assert answer.headers["location"] == "/portal/sign-in?next=/portal/activities%3Fbefore%3D7"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_its_table_says_and_no_more(portal: Portal, role: Role) -> None:
    browser = portal.signed_in(role)
    allowed = of_role(role)
    for path, step in steps("GET"):
        refused = browser.get(path).status_code == 403
        assert refused == (step.needs is not None and step.needs not in allowed), path
    for path, step in steps("POST"):
        if path == "/portal/sign-out" or step.needs in allowed or step.needs is None:
            continue
        answer = browser.post(path)
        assert answer.status_code == 403, path
        assert "Your role does not allow this" in answer.text


def test_every_page_opens(portal: Portal) -> None:
    addresses = furnished(portal)
    browser = portal.signed_in()
    assert len(addresses) > 20
    for address in addresses:
        assert browser.get(address).status_code == 200, address


def test_every_role_has_its_permissions() -> None:
    assert set(ROLES) == set(Role)
    assert of_role("NOBODY") == frozenset()


def test_no_form_works_without_its_token(portal: Portal) -> None:
    browser, other = portal.signed_in(email="a@example.com"), portal.signed_in(email="b@example.com")
    before = events(portal)
    for path, _ in steps("POST"):
        for token in ("", other.token, browser.token[:-1] + "A", "ünfug"):
            answer = browser.client.post(path, data={"form_token": token})
            assert answer.status_code == 403, path
            assert "out of date" in answer.text
    assert events(portal) == before


def events(portal: Portal) -> int:
    return int(portal.runtime.store.read_sync(lambda tx: tx.value("SELECT count(*) FROM audit_event")))


def test_what_is_another_organisations_is_not_there(portal: Portal) -> None:
    theirs = World(portal.runtime.store, "Theirs")
    serial = theirs.stock(3)[0]
    service = theirs.service("Their server")
    activity = theirs.activity("ASSIGN_DEVICES", [serial], service)
    person = portal.person("STAFF", "they@example.com", theirs)
    browser = portal.signed_in()
    for path in (
        f"/portal/devices/{serial}",
        f"/portal/services/{service.uuid}",
        f"/portal/activities/{activity.uuid}",
        f"/portal/activities/{activity.uuid}/log.csv",
        f"/portal/people/{person.uuid}",
    ):
        answer = browser.get(path)
        unknown = browser.get(path.replace(path.split("/")[3], NOWHERE))
        assert (answer.status_code, unknown.status_code) == (404, 404)
        assert "Their server" not in answer.text
    for path, fields in (
        (f"/portal/services/{service.uuid}/token", {}),
        (f"/portal/services/{service.uuid}/delete", {}),
        (f"/portal/services/{service.uuid}", {"name": "Ours now"}),
        (f"/portal/activities/{activity.uuid}/stop", {}),
        (f"/portal/people/{person.uuid}/status", {"status": "LOCKED"}),
        ("/portal/devices/assign", {"serials": "8OEWBS9D4K", "service": service.uuid}),
    ):
        assert browser.post(path, fields).status_code == 404, path
    assert theirs.reread(service).name == "Their server"


def test_a_session_ends_after_twelve_quiet_hours_and_slides_while_used(portal: Portal) -> None:
    browser = portal.signed_in("STAFF")
    clock = portal.runtime.clock
    clock.offset += portal_sessions.RENEW_AFTER - 60_000
    assert "set-cookie" not in browser.get("/portal/account").headers
    clock.offset += 11 * 3_600_000
    renewed = browser.get("/portal/account")
    assert "Max-Age=43200" in renewed.headers["set-cookie"]
    assert "set-cookie" not in browser.get("/portal/account").headers
    clock.offset += portal_sessions.LIFE - 1_000
    assert browser.get("/portal/account").status_code == 200
    clock.offset += portal_sessions.LIFE
    assert browser.get("/portal/account").status_code == 303


def test_signing_out_ends_the_session_on_the_server(portal: Portal) -> None:
    browser = portal.signed_in("STAFF")
    token = browser.client.cookies[portal_sessions.COOKIE]
    answer = browser.post("/portal/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal/sign-in")
    assert not browser.client.cookies.get(portal_sessions.COOKIE)
    kept = httpx.get(f"{portal.origin}/portal/account", cookies={portal_sessions.COOKIE: token})
    assert kept.status_code == 303


def test_pages_are_kept_to_themselves(portal: Portal) -> None:
    browser = portal.signed_in()
    for answer in (
        browser.get("/portal/services"),
        browser.get("/portal/nowhere"),
        browser.get("/portal/sign-in"),
    ):
        headers = answer.headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "style=" not in answer.text
        assert "onclick" not in answer.text


def test_static_files_are_named_by_their_content(portal: Portal) -> None:
    browser = portal.browser()
    page = browser.get("/portal/sign-in").text
    addresses = set(re.findall(r'"(/portal/static/[^"]+)"', page))
    assert len(addresses) == 2
    for address in addresses:
        answer = browser.client.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert browser.client.get("/portal/static/portal.000000000000.css").status_code == 404
    assert browser.client.get("/portal/static/..%2froutes.py").status_code == 404


def test_other_methods_and_addresses_have_a_page_too(portal: Portal) -> None:
    browser = portal.signed_in()
    refused = browser.client.put("/portal/services")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    missing = browser.get("/portal/no/such/page")
    assert missing.status_code == 404
    assert "There is no page at this address" in missing.text
    assert browser.client.head("/portal/services").status_code == 200
    assert browser.get("/portal").headers["location"] == "/portal/"


def test_the_start_leads_to_what_a_role_may_see(portal: Portal) -> None:
    def start(browser: Browser) -> str:
        return browser.get("/portal/").headers["location"]

    assert start(portal.signed_in("STAFF")) == "/portal/account"
    assert start(portal.signed_in("PEOPLE_MANAGER")) == "/portal/people"


def test_a_form_too_large_or_unreadable_changes_nothing(portal: Portal) -> None:
    browser = portal.signed_in()
    large = browser.post("/portal/suppliers", {"kind": "RESELLER", "number": "1" * 1_000_000})
    assert large.status_code == 413
    garbled = browser.client.post("/portal/suppliers", content=b"form_token=\xff")
    assert garbled.status_code == 400
    broken = browser.client.post(
        "/portal/services/new", content=b"--x\r\nnonsense", headers={"content-type": "multipart/form-data"}
    )
    assert broken.status_code == 400
    assert "No supplier yet" in browser.get("/portal/suppliers").text


def test_new_terms_are_said_on_every_page_until_an_administrator_accepts_them(portal: Portal) -> None:
    store, world = portal.runtime.store, portal.world
    store.write_sync(
        lambda tx: organizations.set_terms_pending(tx, world.id, True, actor=ADMIN, now=world.now)
    )
    helper = portal.signed_in("IT_ADMINISTRATOR")
    page = helper.get("/portal/services").text
    assert "New terms wait to be accepted" in page
    assert "Accept the terms" not in page
    assert helper.post("/portal/terms").status_code == 403
    boss = portal.signed_in()
    assert "Accept the terms" in boss.get("/portal/audit").text
    answer = boss.post("/portal/terms")
    assert answer.headers["location"] == "/portal/?said=terms-accepted"
    shown = boss.get(answer.headers["location"]).text
    assert "The terms were accepted" in shown
    assert "New terms wait" not in shown
