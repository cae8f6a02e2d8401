"""Linking, changing and unlinking services, their tokens, and the default assignment."""

import time

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pomona.formats import server_token
from pomona.registry import services, tokens
from pomona.registry.services import Service
from pomona.store import Store
from tests.portal.certificates import own_certificate
from tests.portal.support import Browser, Portal


@pytest.fixture
def portal(local_portal: Portal) -> Portal:
    """What is tried here does not depend on the engine."""
    return local_portal


NEW = "/portal/services/new"


def linked(browser: Browser, name: str = "Main server") -> str:
    answer = browser.post(NEW, {"name": name}, files={"certificate": ("own.pem", own_certificate()[1])})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def found(portal: Portal, name: str) -> Service:
    return portal.runtime.store.read_sync(lambda tx: services.by_name(tx, portal.world.id, name))


def test_a_linked_service_gets_a_token_that_only_it_can_read(portal: Portal) -> None:
    browser = portal.signed_in()
    page = linked(browser)
    assert "No token yet" in browser.get(page, said="service-linked").text
    answer = browser.post(f"{page}/token")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="Main_server_Token_')
    assert answer.headers["cache-control"] == "no-store"
    key, pem = own_certificate()
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    token = server_token.read(answer.content, der, key)
    known = portal.runtime.store.read_sync(
        lambda tx: tokens.credentials(tx, token.access_token, portal.runtime.keys)
    )
    assert known.access_secret == token.access_secret
    assert known.token.state(portal.world.now) == "live"
    assert "Waits for the service" in browser.get(page).text


def test_a_pasted_certificate_does_as_well(portal: Portal) -> None:
    browser = portal.signed_in()
    answer = browser.post(NEW, {"name": "Pasted", "pem": own_certificate()[1].decode(), "may_release": "on"})
    assert answer.status_code == 303
    service = found(portal, "Pasted")
    assert service.may_release
    assert service.certificate == x509.load_pem_x509_certificate(own_certificate()[1]).public_bytes(
        Encoding.DER
    )


@pytest.mark.parametrize(
    ("fields", "file", "status", "said"),
    [
        ({"name": "Fine"}, b"", 422, "Choose the certificate"),
        ({"name": "Fine"}, b"nonsense", 422, "holds no X.509 certificate"),
        ({"name": "Fine"}, b"-----BEGIN RSA PRIVATE KEY-----\n", 422, "This is a private key"),
        ({"name": " "}, None, 422, "needs a name"),
        ({"name": "Unassigned"}, None, 422, "reserved word"),
        ({"name": "Taken"}, None, 409, "exists already"),
    ],
)
def test_what_cannot_be_linked_says_why_and_keeps_what_was_typed(
    portal: Portal, fields: dict[str, str], file: bytes | None, status: int, said: str
) -> None:
    portal.world.service("Taken")
    browser = portal.signed_in()
    body = own_certificate()[1] if file is None else file
    answer = browser.post(NEW, fields, files={"certificate": ("own.pem", body)})
    assert answer.status_code == status
    assert said in answer.text
    assert f'value="{fields["name"]}"' in answer.text
    assert names(portal.runtime.store, portal) == {"Pomona Device Management", "Taken"}


def names(store: Store, portal: Portal) -> set[str]:
    return {each.name for each in store.read_sync(lambda tx: services.of_organization(tx, portal.world.id))}


def test_a_new_token_ends_the_old_one_at_once_or_later(portal: Portal) -> None:
    browser = portal.signed_in()
    page = linked(browser)
    service = found(portal, "Main server")
    for overlap in ("", "week", ""):
        assert browser.post(f"{page}/token", {"overlap": overlap}).status_code == 200
    held = portal.runtime.store.read_sync(lambda tx: tokens.of_service(tx, service.id))
    assert [token.state(portal.runtime.clock.now()) for token in held] == ["live", "replaced", "replaced"]
    assert browser.post(f"{page}/token", {"overlap": "week"}).status_code == 200
    assert "Ends soon" in browser.get(page).text
    refused = browser.post(f"{page}/token", {"overlap": "century"})
    assert (refused.status_code, "how long the old token" in refused.text) == (422, True)


def test_revoking_locks_the_service_out(portal: Portal) -> None:
    browser = portal.signed_in()
    page = linked(browser)
    browser.post(f"{page}/token")
    assert browser.post(f"{page}/revoke").status_code == 303
    assert "Token revoked" in browser.get(page).text


def test_a_token_that_ends_soon_is_said(portal: Portal) -> None:
    browser = portal.signed_in()
    page = linked(browser)
    browser.post(f"{page}/token")
    portal.runtime.clock.offset += 330 * 86_400_000
    browser = portal.signed_in(email="later@example.com")
    assert "Token ends in 34 days" in browser.get(page).text
    portal.runtime.clock.offset += 40 * 86_400_000
    browser = portal.signed_in(email="latest@example.com")
    assert "Token ended 5 days ago" in browser.get("/portal/services").text


def test_a_service_is_renamed_and_gets_another_certificate(portal: Portal) -> None:
    service = portal.world.service("Old name")
    browser = portal.signed_in()
    page = f"/portal/services/{service.uuid}"
    answer = browser.post(
        page, {"name": "New name"}, files={"certificate": ("new.pem", own_certificate()[1])}
    )
    assert answer.headers["location"] == f"{page}?said=certificate-replaced"
    changed = found(portal, "New name")
    assert (changed.may_release, changed.certificate_name) == (False, "new.pem")
    portal.world.service("Taken")
    refused = browser.post(page, {"name": "Taken"})
    assert (refused.status_code, "exists already" in refused.text) == (409, True)


def test_a_service_with_devices_asks_where_they_go(portal: Portal) -> None:
    service = portal.world.service("Main server")
    portal.world.activity("ASSIGN_DEVICES", portal.world.stock(2), service)
    browser = portal.signed_in()
    page = f"/portal/services/{service.uuid}"
    refused = browser.post(f"{page}/delete")
    assert (refused.status_code, "Choose what becomes of the devices" in refused.text) == (422, True)
    assert browser.post(f"{page}/delete", {"devices_to": service.uuid}).status_code == 422
    assert browser.post(f"{page}/delete", {"devices_to": "0" * 32}).status_code == 404
    assert found(portal, "Main server").device_count == 2


@pytest.mark.parametrize("goes", ["Other server", None])
def test_a_service_is_unlinked_when_its_devices_have_gone(portal: Portal, goes: str | None) -> None:
    service, other = portal.world.service("Main server"), portal.world.service("Other server")
    portal.world.activity("ASSIGN_DEVICES", portal.world.stock(3), service)
    browser = portal.signed_in()
    page = f"/portal/services/{service.uuid}"
    answer = browser.post(f"{page}/delete", {"devices_to": other.uuid if goes else "none"})
    assert browser.get(answer.headers["location"]).status_code == 200
    end = time.monotonic() + 20
    while browser.get(page).status_code != 404:  # the portal's own worker does it
        assert time.monotonic() < end
        time.sleep(0.02)
    assert found(portal, "Other server").device_count == (3 if goes else 0)


def test_a_service_without_devices_is_unlinked_at_once(portal: Portal) -> None:
    service = portal.world.service("Main server")
    browser = portal.signed_in()
    answer = browser.post(f"/portal/services/{service.uuid}/delete")
    assert answer.headers["location"] == "/portal/services?said=service-deleted"


def test_the_built_in_service_cannot_be_changed(portal: Portal) -> None:
    built_in = portal.runtime.store.read_sync(lambda tx: services.built_in(tx, portal.world.id))
    browser = portal.signed_in()
    page = f"/portal/services/{built_in.uuid}"
    assert browser.post(page, {"name": "Mine"}).status_code == 403
    assert browser.post(f"{page}/delete").status_code == 403
    refused = browser.post(f"{page}/token")
    assert (refused.status_code, "needs no token" in refused.text) == (422, True)


def test_defaults_are_saved_as_chosen(portal: Portal) -> None:
    service = portal.world.service("Main server")
    browser = portal.signed_in()
    chosen = {"MAC": service.uuid, "IPHONE": service.uuid}
    assert browser.post("/portal/services/defaults", chosen).status_code == 303
    assert defaults(portal) == {"MAC": service.id, "IPHONE": service.id}
    assert browser.post("/portal/services/defaults", {"MAC": service.uuid}).status_code == 303
    assert defaults(portal) == {"MAC": service.id}
    refused = browser.post("/portal/services/defaults", {"MAC": "F" * 32})
    assert refused.status_code == 404
    assert defaults(portal) == {"MAC": service.id}
    told = browser.get("/portal/audit").text
    assert told.count("Default assignment changed") == 3


def defaults(portal: Portal) -> dict[str, int]:
    return portal.runtime.store.read_sync(lambda tx: services.defaults(tx, portal.world.id))


def test_a_refusal_is_shown_until_the_service_gets_in(portal: Portal) -> None:
    service = portal.world.service("Main server")
    store = portal.runtime.store
    store.write_sync(
        lambda tx: tx.execute(
            "UPDATE service SET refused_at = $1, refused_from = $2, refused_because = $3 WHERE id = $4",
            *(portal.world.now, "10.1.2.3", "its token was replaced by a newer one", service.id),
        )
    )
    browser = portal.signed_in()
    page = f"/portal/services/{service.uuid}"
    assert "its token was replaced by a newer one" in browser.get(page).text
    store.write_sync(lambda tx: tx.execute("UPDATE service SET connected_at = $1", portal.world.now + 1))
    assert "replaced by a newer one" not in browser.get(page).text


def test_what_people_write_is_never_markup(portal: Portal) -> None:
    name = "<script>alert('x')</script> & \"Sons\""
    service = portal.world.service(name)
    portal.world.activity("ASSIGN_DEVICES", portal.world.stock(1), service)
    browser = portal.signed_in()
    pages: list[httpx.Response] = [
        browser.get(path)
        for path in (
            "/portal/services",
            f"/portal/services/{service.uuid}",
            "/portal/activities",
            "/portal/audit",
        )
    ]
    for page in pages:
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;" in page.text
