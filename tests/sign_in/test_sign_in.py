"""Signing in: right and wrong passwords, how often one may try, and what the browser is given."""

import re
from dataclasses import replace
from functools import partial

import httpx
import pytest

from pomona.registry import people, portal_sessions
from pomona.registry.people import Status
from pomona.runtime import Origins
from tests.portal.support import PASSWORD, Portal, composed
from tests.support.serving import Serve
from tests.support.worlds import ADMIN

FORM = "/portal/sign-in"


def test_the_right_password_opens_a_session(portal: Portal) -> None:
    portal.person("STAFF", "pip@example.com")
    browser = portal.browser()
    browser.get(FORM)
    answer = browser.post(FORM, {"email": " Pip@Example.com ", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal/")
    session = next(value for value in answer.headers.get_list("set-cookie") if "pomona_session=" in value)
    assert re.search(r"HttpOnly; Max-Age=43200; Path=/portal; SameSite=lax$", session)
    assert "pip@example.com" in browser.get("/portal/account").text


def test_the_store_knows_no_token(portal: Portal) -> None:
    browser = portal.signed_in("STAFF")
    token = browser.client.cookies[portal_sessions.COOKIE]
    rows = portal.runtime.store.read_sync(lambda tx: tx.rows("SELECT * FROM portal_session"))
    assert len(rows) == 1
    assert len(token) == 43
    assert token not in repr(rows)


def test_wrong_and_unknown_are_answered_alike(portal: Portal) -> None:
    portal.person("STAFF", "pip@example.com")
    retired = portal.person("STAFF", "gone@example.com")
    portal.runtime.store.write_sync(
        lambda tx: people.set_status(tx, retired, Status.INACTIVE, actor=ADMIN, now=portal.world.now)
    )
    seen = set()
    for email, password in (
        ("pip@example.com", "x" * 12),
        ("gone@example.com", PASSWORD),
        ("no@example.com", "y"),
    ):
        browser = portal.browser()
        browser.get(FORM)
        answer = browser.post(FORM, {"email": email, "password": password})
        assert answer.status_code == 403
        assert portal_sessions.COOKIE not in answer.cookies
        seen.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(seen) == 1


def test_guessing_is_slowed_down_and_waiting_helps(portal: Portal) -> None:
    portal.person("STAFF", "pip@example.com")
    browser = portal.browser()
    browser.get(FORM)
    for _ in range(portal_sessions.LIMITS["pair"]):
        assert browser.post(FORM, {"email": "pip@example.com", "password": "guess"}).status_code == 403
    refused = browser.post(FORM, {"email": "pip@example.com", "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= portal_sessions.WINDOW // 1000
    assert "Too many attempts" in refused.text
    portal.runtime.clock.offset += portal_sessions.WINDOW
    assert browser.post(FORM, {"email": "pip@example.com", "password": PASSWORD}).status_code == 303


def test_unknown_accounts_are_slowed_down_alike(portal: Portal) -> None:
    browser = portal.browser()
    browser.get(FORM)
    statuses = [
        browser.post(FORM, {"email": "no@example.com", "password": "x"}).status_code for _ in range(6)
    ]
    assert statuses == [403] * 5 + [429]


def test_a_right_password_forgives_what_came_before(portal: Portal) -> None:
    portal.person("STAFF", "pip@example.com")
    for _ in range(3):
        browser = portal.browser()
        browser.get(FORM)
        for _ in range(portal_sessions.LIMITS["pair"] - 1):
            assert browser.post(FORM, {"email": "pip@example.com", "password": "typo"}).status_code == 403
        assert browser.post(FORM, {"email": "pip@example.com", "password": PASSWORD}).status_code == 303


def test_one_address_cannot_try_everybody(portal: Portal) -> None:
    store, now = portal.runtime.store, portal.world.now
    waits = [
        store.write_sync(
            partial(portal_sessions.attempt, email=f"{n}@example.com", address="10.0.0.9", now=now)
        )
        for n in range(portal_sessions.LIMITS["address"] + 1)
    ]
    assert waits[:-1] == [0] * portal_sessions.LIMITS["address"]
    assert waits[-1] == portal_sessions.WINDOW
    assert store.write_sync(lambda tx: portal_sessions.attempt(tx, "1@example.com", "10.0.0.8", now)) == 0


def test_a_form_of_another_browser_is_refused(portal: Portal) -> None:
    portal.person("STAFF", "pip@example.com")
    ours, theirs = portal.browser(), portal.browser()
    theirs.get(FORM)
    ours.get(FORM)
    for token in (theirs.token, "", "ünfug"):
        ours.token = token
        answer = ours.post(FORM, {"email": "pip@example.com", "password": PASSWORD})
        assert answer.status_code == 403
        assert "out of date" in answer.text
    assert ours.post(FORM, {"email": "pip@example.com", "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/portal/devices?kind=MAC", "/portal/devices?kind=MAC"),
        ("https://evil.example/portal/", "/portal/"),
        ("//evil.example/portal/", "/portal/"),
        ("/portal/\\evil", "/portal/"),
        ("/portal/\r\nset-cookie: x=y", "/portal/"),
        ("/v1/orgDevices", "/portal/"),
    ],
)
def test_one_goes_on_to_our_own_pages_only(portal: Portal, target: str, leads_to: str) -> None:
    portal.person("STAFF", "pip@example.com")
    browser = portal.browser()
    browser.get(FORM, next=target)
    answer = browser.post(FORM, {"email": "pip@example.com", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


def test_what_is_no_form_is_refused(portal: Portal) -> None:
    browser = portal.browser()
    assert browser.client.post(FORM, content=b"\xff=\xff").status_code == 400
    assert browser.client.post(FORM, content=b"email=" + b"x" * 20_000).status_code == 400
    refused = browser.client.delete(FORM)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")


def test_behind_https_cookies_are_secure(portal: Portal, serve: Serve) -> None:
    portal.person("STAFF", "pip@example.com")
    secured = replace(portal.runtime, origins=Origins("https://portal.example"))
    origin = serve(composed(secured))
    given = httpx.get(origin + FORM)
    cookie = given.headers["set-cookie"]
    assert "; Secure" in cookie
    token = re.search(r'name="form_token" value="([^"]+)"', given.text)
    assert token
    answer = httpx.post(
        origin + FORM,
        data={"form_token": token[1], "email": "pip@example.com", "password": PASSWORD},
        headers={"cookie": cookie.partition(";")[0]},
    )
    assert answer.status_code == 303
    assert all(
        "; Secure" in value for value in answer.headers.get_list("set-cookie") if "pomona_session" in value
    )


def test_who_is_locked_meanwhile_gets_no_session(portal: Portal) -> None:
    person = portal.person("STAFF", "pip@example.com")
    store, now = portal.runtime.store, portal.world.now
    store.write_sync(lambda tx: people.set_status(tx, person, Status.LOCKED, actor=ADMIN, now=now))
    opened = store.write_sync(
        lambda tx: portal_sessions.open_session(tx, person.id, "t" * 43, person.email, address="", now=now)
    )
    assert opened is None
    assert store.read_sync(lambda tx: tx.rows("SELECT * FROM portal_session")) == []
