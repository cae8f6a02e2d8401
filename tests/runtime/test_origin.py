"""The origin in the URLs we hand out is the one the client used."""

from typing import Any

import pytest

from pomona.runtime import Origins


def scope(
    *headers: tuple[str, str],
    scheme: str = "http",
    client: str = "10.0.0.1",
    server: Any = ("127.0.0.1", 8080),
) -> dict[str, Any]:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"type": "http", "scheme": scheme, "headers": raw, "client": (client, 5), "server": server}


ORIGINS = Origins("", ["10.0.0.9"], ["api-business.apple.com"])


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (scope(("host", "pomona.example:8443"), scheme="https"), "https://pomona.example:8443"),
        (scope(), "http://127.0.0.1:8080"),
        (scope(server=None), "http://localhost"),
        (scope(("host", "api-business.apple.com")), "https://api-business.apple.com"),
        (scope(("host", "API-Business.apple.com:443"), scheme="https"), "https://api-business.apple.com"),
        (scope(("host", "a"), ("x-forwarded-host", "evil.example")), "http://a"),
        (
            scope(
                ("host", "a"),
                ("x-forwarded-host", "b.example, c"),
                ("x-forwarded-proto", "https"),
                client="10.0.0.9",
            ),
            "https://b.example",
        ),
    ],
)
def test_of(seen: dict[str, Any], expected: str) -> None:
    assert ORIGINS.of(seen) == expected


def test_the_configured_origin_wins() -> None:
    assert Origins("https://p.example/").of(scope(("host", "a"))) == "https://p.example"


def test_the_address_for_the_audit_log() -> None:
    forwarded = ("x-forwarded-for", "1.1.1.1, 2.2.2.2")
    assert ORIGINS.client_address(scope(forwarded)) == "10.0.0.1"
    assert ORIGINS.client_address(scope(forwarded, client="10.0.0.9")) == "2.2.2.2"
    assert ORIGINS.client_address(scope(client="10.0.0.9")) == "10.0.0.9"
    assert ORIGINS.client_address({"headers": []}) is None
