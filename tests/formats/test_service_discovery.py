"""Service discovery documents and the redirects between them."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats.service_discovery import (
    MalformedDiscovery,
    Server,
    document,
    query,
    read,
    redirect,
    refusal,
)


def test_a_document_is_read_back_and_names_one_server() -> None:
    server = Server("mdm-byod", "https://mdm.example.com/byod")
    written = document(server)
    assert json.loads(written) == {
        "Servers": [{"Version": "mdm-byod", "BaseURL": "https://mdm.example.com/byod"}]
    }
    assert read("application/json; charset=utf-8", written) == server


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b'{"Servers":[{"Version":"mdm-byod","BaseURL":"https://x"}]}'),
        ("application/json", b""),
        ("application/json", b"[]"),
        ("application/json", b'{"Servers":[]}'),
        ("application/json", b'{"Servers":[{"Version":"mdm-byod"}]}'),
        ("application/json", b'{"Servers":[{"Version":"mdm-new","BaseURL":"https://x"}]}'),
        ("application/json", b'{"Servers":[{"Version":["mdm-byod"],"BaseURL":"https://x"}]}'),
        ("application/json", b'{"Servers":[{"Version":"mdm-byod","BaseURL":5}]}'),
        ("application/json", b"[" * 100_000),
    ],
)
def test_what_a_device_cannot_follow_is_malformed(content_type: str, body: bytes) -> None:
    with pytest.raises(MalformedDiscovery):
        read(content_type, body)


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises(MalformedDiscovery):
        read("application/json", body)


def test_a_refusal_has_the_code_devices_know() -> None:
    assert json.loads(refusal("No."))["code"] == "com.apple.well-known.failed"


@given(
    identifier=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    url=st.sampled_from(
        [
            "https://a.example/d",
            "https://a.example/d?x=1",
            "https://bücher.example/ä?ö=ü",
            "https://a.example",
        ]
    ),
)
def test_a_redirect_adds_both_parameters_in_letters_for_a_header(identifier: str, url: str) -> None:
    location = redirect(url, identifier, "Mac")
    location.encode("ascii")
    asked = parse_qs(urlsplit(location).query, keep_blank_values=True)
    assert asked["user-identifier"] == [identifier]
    assert asked["model-family"] == ["Mac"]
    assert ("x" in asked) == ("x=1" in url)
    assert location.endswith(query(identifier, "Mac"))
