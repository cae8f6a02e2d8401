"""People's accounts, one's own account, and API accounts with their keys."""

import html
import re

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pomona.registry import api_accounts, api_keys, people
from pomona.registry.people import Person
from tests.portal.support import PASSWORD, Portal


@pytest.fixture
def portal(local_portal: Portal) -> Portal:
    """What is tried here does not depend on the engine."""
    return local_portal


NEW = {
    "first_name": "Pip",
    "last_name": "Core",
    "email": "pip@example.com",
    "role": "STAFF",
    "password": "seed by seed",
}


def person(portal: Portal, email: str) -> Person:
    return portal.runtime.store.read_sync(lambda tx: people.find(tx, portal.world.id, email))


def test_a_new_person_can_sign_in(portal: Portal) -> None:
    answer = portal.signed_in().post("/portal/people/new", NEW)
    assert answer.status_code == 303
    made = person(portal, "pip@example.com")
    assert (made.name, made.role, made.managed) == ("Pip Core", "STAFF", False)
    assert portal.browser().sign_in("pip@example.com", "seed by seed").status_code == 303


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"role": ""}, 422, "Choose a role"),
        ({"role": "KING"}, 422, "no role"),
        ({"email": "nobody"}, 422, "no account name"),
        ({"password": "short"}, 422, "8 to 1024 characters"),
        ({"email": "administrator@example.com"}, 409, "is taken"),
        ({"managed": "on"}, 422, "no verified domain"),
    ],
)
def test_who_cannot_be_added_is_said(portal: Portal, change: dict[str, str], status: int, said: str) -> None:
    browser = portal.signed_in()
    answer = browser.post("/portal/people/new", NEW | change)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert 'value="Core"' in answer.text
    assert (NEW | change)["password"] not in answer.text


def test_only_an_administrator_makes_and_changes_administrators(portal: Portal) -> None:
    boss = portal.person("ADMINISTRATOR", "boss@example.com")
    manager = portal.signed_in("PEOPLE_MANAGER")
    assert "IT_ADMINISTRATOR" not in manager.get("/portal/people/new").text
    for role in ("ADMINISTRATOR", "IT_ADMINISTRATOR"):
        assert manager.post("/portal/people/new", NEW | {"role": role}).status_code == 403
    page = f"/portal/people/{boss.uuid}"
    assert manager.post(f"{page}/password", {"password": "mine now"}).status_code == 403
    assert manager.post(f"{page}/status", {"status": "LOCKED"}).status_code == 403
    assert portal.browser().sign_in("boss@example.com").status_code == 303


def test_locking_signs_out_and_unlocking_lets_in_again(portal: Portal) -> None:
    theirs = portal.signed_in("STAFF", "pip@example.com")
    browser = portal.signed_in()
    page = f"/portal/people/{person(portal, 'pip@example.com').uuid}"
    assert browser.post(f"{page}/status", {"status": "LOCKED"}).status_code == 303
    assert theirs.get("/portal/account").status_code == 303
    assert portal.browser().sign_in("pip@example.com").status_code == 403
    browser.post(f"{page}/status", {"status": "ACTIVE"})
    assert portal.browser().sign_in("pip@example.com").status_code == 303
    refused = browser.post(f"{page}/status", {"status": "ASLEEP"})
    assert (refused.status_code, "Choose what the account should be" in refused.text) == (422, True)


def test_nobody_locks_themselves_out(portal: Portal) -> None:
    browser = portal.signed_in()
    page = f"/portal/people/{person(portal, 'administrator@example.com').uuid}"
    assert browser.post(f"{page}/status", {"status": "LOCKED"}).status_code == 403
    assert browser.post(f"{page}/password", {"password": "a new one"}).status_code == 403
    assert browser.get("/portal/account").status_code == 200


def test_another_gives_a_new_password(portal: Portal) -> None:
    portal.person("STAFF", "pip@example.com")
    page = f"/portal/people/{person(portal, 'pip@example.com').uuid}"
    assert portal.signed_in().post(f"{page}/password", {"password": "from now on"}).status_code == 303
    assert portal.browser().sign_in("pip@example.com").status_code == 403
    assert portal.browser().sign_in("pip@example.com", "from now on").status_code == 303


def test_ones_own_password_needs_the_old_one(portal: Portal) -> None:
    browser = portal.signed_in("STAFF")
    page = "/portal/account/password"
    wrong = browser.post(page, {"current": "no idea", "fresh": "fresh and new"})
    assert (wrong.status_code, "That is not your password" in wrong.text) == (422, True)
    short = browser.post(page, {"current": PASSWORD, "fresh": "new"})
    assert (short.status_code, "8 to 1024 characters" in short.text) == (422, True)
    done = browser.post(page, {"current": PASSWORD, "fresh": " blanks count "})
    assert (done.status_code, done.headers["location"]) == (303, "/portal/sign-in")
    assert browser.get("/portal/account").status_code == 303
    assert portal.browser().sign_in("staff@example.com", " blanks count ").status_code == 303


def test_the_old_password_cannot_be_guessed_here_either(portal: Portal) -> None:
    browser = portal.signed_in("STAFF")
    said = [
        browser.post("/portal/account/password", {"current": "guess", "fresh": "fresh and new"}).text
        for _ in range(6)
    ]
    assert ["Too many attempts" in page for page in said] == [False] * 5 + [True]


def test_other_sessions_can_be_ended(portal: Portal) -> None:
    here = portal.signed_in("STAFF", "pip@example.com")
    there = portal.browser()
    there.sign_in("pip@example.com")
    assert "Sign out everywhere else" in here.get("/portal/account").text
    here.post("/portal/account/sign-out-others")
    assert there.get("/portal/account").status_code == 303
    assert "Sign out everywhere else" not in here.get("/portal/account").text


def test_an_api_account_gets_a_key_once(portal: Portal) -> None:
    browser = portal.signed_in()
    answer = browser.post(
        "/portal/api-accounts/new", {"name": "Robot", "kind": "BUSINESS", "permission": "assign"}
    )
    page = answer.headers["location"].partition("?")[0]
    key = browser.post(f"{page}/keys/generate", {"key_form": "pkcs8"})
    assert key.headers["content-type"] == "application/x-pem-file"
    private = load_pem_private_key(key.content, None)
    account = portal.runtime.store.read_sync(
        lambda tx: api_accounts.get(tx, portal.world.id, page.rsplit("/", 1)[1])
    )
    assert account.permissions == {"read", "assign"}
    known = portal.runtime.store.read_sync(lambda tx: api_accounts.keys(tx, account.id))
    assert [api_keys.load_public_key(each.public_key) for each in known] == [private.public_key()]
    assert f"{known[0].key_id}.pem" in key.headers["content-disposition"]
    shown = browser.get(page).text
    assert known[0].key_id in shown
    assert f"{portal.origin}/auth/oauth2/token" in html.unescape(shown)
    assert "PRIVATE KEY" not in shown


def test_an_api_account_is_changed_and_its_keys_end(portal: Portal) -> None:
    browser = portal.signed_in()
    made = browser.post("/portal/api-accounts/new", {"name": "Robot", "kind": "SCHOOL"})
    page = made.headers["location"].partition("?")[0]
    public = api_keys.generate("sec1", portal.runtime.rng).public
    assert browser.post(f"{page}/keys", {"public_key": public}).status_code == 303
    key_id = re.search(r'name="key_id" value="([^"]+)"', browser.get(page).text)
    assert key_id
    assert browser.post(f"{page}/keys/revoke", {"key_id": key_id[1]}).status_code == 303
    assert "Without a key the program cannot sign in" in browser.get(page).text
    assert browser.post(f"{page}/keys/revoke", {"key_id": key_id[1]}).status_code == 404
    assert browser.post(page, {"name": "Android", "permission": ["release", "services"]}).status_code == 303
    assert "Android" in browser.get("/portal/api-accounts").text
    assert browser.post(f"{page}/delete").status_code == 303
    assert browser.get(page).status_code == 404


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("new", {"name": "", "kind": "BUSINESS"}, "needs a name"),
        ("new", {"name": "Robot", "kind": "KITCHEN"}, "Choose which API"),
        ("new", {"name": "Robot", "kind": "BUSINESS", "permission": "fly"}, "no permission"),
        ("PAGE/keys", {"public_key": "nonsense"}, "no public key"),
        ("PAGE/keys/generate", {"key_form": "runes"}, "Choose how the private key"),
    ],
)
def test_what_an_api_account_cannot_be_is_said(
    portal: Portal, path: str, fields: dict[str, str], said: str
) -> None:
    browser = portal.signed_in()
    made = browser.post("/portal/api-accounts/new", {"name": "First", "kind": "BUSINESS"})
    client_id = made.headers["location"].partition("?")[0].rsplit("/", 1)[1]
    answer = browser.post(f"/portal/api-accounts/{path.replace('PAGE', client_id)}", fields)
    assert (answer.status_code, said in answer.text) == (422, True)
