"""`GET /session` as every client signs it, and headers that nobody should send."""

from typing import Any
from urllib.parse import quote

import pytest
from requests_oauthlib import OAuth1Session

from pomona.formats.oauth1 import base_string, signature
from tests.device_assignment.support import Linked, Links


def signed(linked: Linked, url: str | None = None) -> dict[str, str]:
    """The parameters of a right signature, percent-encoded."""
    token = linked.issued.token
    values = {
        "oauth_consumer_key": token.consumer_key,
        "oauth_token": token.access_token,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(linked.runtime.clock.wall() // 1000),
        "oauth_nonce": linked.runtime.rng(8).hex(),
        "oauth_version": "1.0",
    }
    base = base_string("GET", url or f"{linked.origin}/session", values)
    made = signature(base, linked.issued.consumer_secret, linked.issued.access_secret)
    return values | {"oauth_signature": quote(made, safe="")}


def nanodep(values: dict[str, str]) -> str:
    """Sorted, no realm, as NanoDEP, MicroMDM and Fleet write it."""
    return "OAuth " + ", ".join(f'{name}="{values[name]}"' for name in sorted(values))


def zentral(values: dict[str, str]) -> str:
    """A realm, in requests-oauthlib's order."""
    order = ("nonce", "timestamp", "version", "signature_method", "consumer_key", "token", "signature")
    return 'OAuth realm="ADM", ' + ", ".join(f'oauth_{name}="{values[f"oauth_{name}"]}"' for name in order)


def script(values: dict[str, str]) -> str:
    """Commas without spaces, as a shell script writes it."""
    order = ("consumer_key", "token", "signature_method", "signature", "timestamp", "nonce", "version")
    return 'OAuth realm="ADM",' + ",".join(f'oauth_{name}="{values[f"oauth_{name}"]}"' for name in order)


def documented(values: dict[str, str]) -> str:
    """The documentation's order, scheme in lower case, no version."""
    order = ("consumer_key", "token", "signature_method", "signature", "timestamp", "nonce")
    del values["oauth_version"]
    return 'oauth realm="ADM", ' + ", ".join(f'oauth_{name}="{values[f"oauth_{name}"]}"' for name in order)


@pytest.mark.parametrize("dialect", [nanodep, zentral, script])
def test_every_dialect_opens_a_session(link: Links, dialect: Any) -> None:
    linked = link()
    answer = linked.open(dialect(signed(linked)))
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["auth_session_token"]
    assert answer.headers["content-type"] == "application/json;charset=UTF8"


def test_the_version_may_be_left_out_and_is_then_not_signed(link: Links) -> None:
    linked = link()
    values = signed(linked)
    del values["oauth_version"], values["oauth_signature"]
    base = base_string("GET", f"{linked.origin}/session", values)
    made = signature(base, linked.issued.consumer_secret, linked.issued.access_secret)
    values |= {"oauth_signature": quote(made, safe=""), "oauth_version": "1.0"}
    assert linked.open(documented(values)).status_code == 200


def test_oauthlib_opens_a_session_and_no_other_header_is_needed(link: Links) -> None:
    linked = link()
    issued = linked.issued
    with OAuth1Session(
        issued.token.consumer_key,
        issued.consumer_secret,
        issued.token.access_token,
        issued.access_secret,
        realm="ADM",
    ) as client:
        client.headers = {}
        answer = client.get(f"{linked.origin}/session")
        assert answer.status_code == 200
        session = answer.json()["auth_session_token"]
    assert linked.http.get("/account", headers={"X-ADM-Auth-Session": session}).status_code == 200


def test_a_signature_is_over_what_the_client_called_us(link: Links) -> None:
    linked = link()
    for url in (
        "https://MDM.example/session",
        "http://mdm.example:80/session",
        "https://mdm.example/session",
    ):
        headers = {"Authorization": nanodep(signed(linked, url)), "Host": "mdm.example"}
        assert linked.http.get("/session", headers=headers).status_code == 200
    headers = {
        "Authorization": nanodep(signed(linked, "https://other.example/session")),
        "Host": "mdm.example",
    }
    assert linked.http.get("/session", headers=headers).text == "signature_invalid"
    headers = {"Authorization": nanodep(signed(linked)), "Host": "[:nonsense:99999"}
    assert linked.http.get("/session", headers=headers).status_code in (200, 400, 403)


def test_a_query_is_signed_along(link: Links) -> None:
    linked = link()
    header = nanodep(signed(linked, f"{linked.origin}/session?a=b%20c"))
    answer = linked.http.get("/session?a=b%20c", headers={"Authorization": header})
    assert answer.status_code == 200
    assert linked.http.get("/session?a=d", headers={"Authorization": header}).text == "signature_invalid"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"oauth_nonce": None}, "parameter_absent"),
        ({"oauth_signature": None}, "parameter_absent"),
        ({"oauth_signature_method": "PLAINTEXT"}, "signature_method_rejected"),
        ({"oauth_signature_method": "HMAC-SHA256"}, "signature_method_rejected"),
        ({"oauth_version": "2.0"}, "version_rejected"),
        ({"oauth_timestamp": "yesterday"}, "parameter_rejected"),
        ({"oauth_colour": "red"}, "parameter_rejected"),
        ({"oauth_nonce": "%00"}, "parameter_rejected"),
        ({"oauth_nonce": "x" * 257}, "parameter_rejected"),
        ({"oauth_token": "%C3%A9"}, "parameter_rejected"),
    ],
)
def test_a_header_that_cannot_be_is_a_bad_request(link: Links, change: dict[str, Any], problem: str) -> None:
    linked = link()
    values = {name: value for name, value in (signed(linked) | change).items() if value is not None}
    answer = linked.open(nanodep(values))
    assert (answer.status_code, answer.text) == (400, problem)


def test_no_header_or_another_scheme_is_a_bad_request(link: Links) -> None:
    linked = link()
    assert (linked.http.get("/session").status_code, linked.http.get("/session").text) == (
        400,
        "parameter_absent",
    )
    answer = linked.http.get("/session", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.text) == (400, "parameter_absent")


def test_only_get_opens_sessions(link: Links) -> None:
    linked = link()
    for method in ("POST", "PUT", "HEAD", "DELETE"):
        answer = linked.http.request(method, "/session")
        assert (answer.status_code, answer.text) == (405, "")
