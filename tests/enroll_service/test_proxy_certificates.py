"""A trusted proxy says whose certificate a client showed it; nobody else may."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from pomona.enroll_service.client_certificates import Issued
from pomona.registry.supplier_credentials import Bounds
from pomona.store import Store
from tests.enroll_service.service import CONTEXT, codes
from tests.enroll_service.tls import Door, door

REQUEST = {"requestContext": CONTEXT, "depResellerId": "16FCE4A0", "orderNumbers": ["A"]}


class Scene:
    """A supplier, and two certificates of which one was revoked."""

    def __init__(self, at: Door) -> None:
        self.door = at
        supplier = Bounds([at.supplier("16FCE4A0")])
        self.good = at.issue("good", supplier)
        self.revoked = at.issue("revoked", supplier)
        at.revoke(self.revoked.credential.id)

    def ask(self, *values: str, shown: str = "", token: str = "") -> str:
        """The code that show-order-details answers with, empty for an answer; `values` are Client-Cert headers."""
        headers = [("Client-Cert", value) for value in values]
        headers += [("Authorization", f"Bearer {token}")] if token else []
        context = self.door.pair(shown) if shown else self.door.anonymous()
        with httpx.Client(verify=context, timeout=20) as http:
            answer = http.post(
                f"{self.door.origin}/enroll-service/1.0/show-order-details", json=REQUEST, headers=headers
            ).json()
        self.said = answer.get("errorMessage", "")
        return "" if "statusCode" in answer else codes(answer)[1][0]


@pytest.fixture
def proxied(any_store: Store, tmp_path: Path) -> Iterator[Scene]:
    with door(any_store, tmp_path, ("127.0.0.1",)) as at:
        yield Scene(at)


@pytest.fixture
def direct(store: Store, tmp_path: Path) -> Iterator[Scene]:
    with door(store, tmp_path, ("192.0.2.1",)) as at:
        yield Scene(at)


def rfc9440(issued: Issued) -> str:
    return f":{base64.b64encode(issued.certificate).decode()}:"


def escaped(issued: Issued) -> str:
    return quote(issued.pem.decode(), safe="")


SPELLINGS: tuple[Callable[[Issued], str], ...] = (
    rfc9440,
    lambda issued: f"{rfc9440(issued)};note=1",
    escaped,
    lambda issued: quote(issued.pem.decode(), safe="/ ").replace("%0A", "%0a"),
)


def test_what_a_trusted_proxy_says(proxied: Scene) -> None:
    for spell in SPELLINGS:
        assert proxied.ask(spell(proxied.good)) == ""
        assert proxied.ask(spell(proxied.revoked)) == "GRX-50038"
        assert "revoked at" in proxied.said
    assert proxied.ask() == "GRX-50038"
    assert proxied.ask("") == "GRX-50038"
    # What the client showed the proxy counts, not what the proxy shows us.
    assert proxied.ask(rfc9440(proxied.revoked), shown="good") == "GRX-50038"


@pytest.mark.parametrize(
    "value", ["nonsense", ":nonsense", ":!!!:", "-----BEGIN CERTIFICATE-----", ":aGVsbG8=", "%3A%3A"]
)
def test_a_header_that_cannot_be_read(proxied: Scene, value: str) -> None:
    assert proxied.ask(value) == "GRX-50038"
    assert "Client-Cert cannot be read" in proxied.said


def test_two_headers_are_none(proxied: Scene) -> None:
    assert proxied.ask(rfc9440(proxied.revoked), rfc9440(proxied.good)) == "GRX-50038"
    assert "came twice" in proxied.said


def test_a_header_from_anybody_else_is_not_looked_at(direct: Scene) -> None:
    for spell in SPELLINGS:
        assert direct.ask(spell(direct.good)) == "GRX-50038"
        assert "Client-Cert" not in direct.said
    assert direct.ask(rfc9440(direct.revoked), shown="good") == ""
    assert direct.ask(rfc9440(direct.good), shown="revoked") == "GRX-50038"


def test_a_proxy_on_this_machine_is_not_believed_beside_our_own(store: Store, tmp_path: Path) -> None:
    # Certificates are no secret, and through our CONNECT proxy everybody comes from this machine.
    with door(store, tmp_path, ("127.0.0.1",), proxy_port=8081) as at:
        scene = Scene(at)
        assert scene.ask(rfc9440(scene.good)) == "GRX-50038"
        assert scene.ask(rfc9440(scene.revoked), shown="good") == ""
