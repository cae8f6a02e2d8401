from urllib.request import parse_http_list, parse_keqv_list

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats import challenges
from pomona.formats.challenges import Challenge, MalformedChallenge

URL = "https://mdm.example.com/authenticate?a=1,2&b=c"
OAUTH2 = {
    "authorization_url": "https://mdm.example.com/oauth2/authorize",
    "token_url": "https://mdm.example.com/oauth2/token",
    "redirect_url": "apple-remotemanagement-user-login:/oauth2/redirection",
    "client_id": "devices",
    "scope": "enrol manage",
}


def test_the_documented_shape() -> None:
    assert challenges.build("https://mdm.example.com/authenticate") == (
        'Bearer method="apple-as-web", url="https://mdm.example.com/authenticate"'
    )


@pytest.mark.parametrize(
    "header",
    [
        f'Bearer method="apple-as-web", url="{URL}"',
        f'Bearer method="apple-as-web" url="{URL}"',
        f'bearer  url="{URL}",method=apple-as-web , ',
        f'BEARER Method = "apple-as-web",URL= "{URL}"',
    ],
)
def test_separators(header: str) -> None:
    read = challenges.parse(header)
    assert read == Challenge("apple-as-web", {"url": URL})
    assert read.url == URL


def test_an_independent_parser_agrees() -> None:
    scheme, _, rest = challenges.build_oauth2(**OAUTH2).partition(" ")
    assert scheme == "Bearer"
    expected = {"method": "apple-oauth2"} | {name.replace("_", "-"): value for name, value in OAUTH2.items()}
    assert parse_keqv_list(parse_http_list(rest)) == expected


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1))
def test_round_trip(url: str) -> None:
    assert challenges.parse(challenges.build(url)).url == url


def test_oauth2() -> None:
    read = challenges.parse(challenges.build_oauth2(**OAUTH2))
    assert read.method == "apple-oauth2"
    assert read.parameters["redirect-url"] == OAUTH2["redirect_url"]
    assert read.url == ""


@pytest.mark.parametrize("url", ["https://a/\r\nX-Header: b", "https://ä/"])
def test_no_header_injection(url: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        challenges.build(url)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", "Bearer"),
        ('Basic realm="x"', "Bearer"),
        ("Bearer", "method '' is unknown"),
        ('Bearer method="other", url="x"', "'other' is unknown"),
        ('Bearer method="apple-as-web"', "needs url"),
        (
            'Bearer method="apple-oauth2", scope="x"',
            "needs authorization-url, token-url, redirect-url, client-id",
        ),
        ('Bearer method="apple-as-web", method="apple-as-web"', "each once"),
        ('Bearer method="apple-as-web', "parameters like"),
        ('Bearer method="apple-as-web"url="x"', "parameters like"),
    ],
)
def test_refusals(header: str, words: str) -> None:
    with pytest.raises(MalformedChallenge, match=words):
        challenges.parse(header)


@given(st.text() | st.text(alphabet='method="apple-s\\, \n', max_size=60).map(lambda tail: "Bearer " + tail))
def test_arbitrary_headers_raise_only_what_is_declared(header: str) -> None:
    with pytest.raises(MalformedChallenge):
        challenges.parse(header)
