import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oauthlib import oauth1 as oracle
from oauthlib.oauth1.rfc5849 import signature as oracle_signature

from pomona.formats import oauth1
from pomona.formats.oauth1 import Authorization, OAuthProblem

URL = "https://mdmenrollment.example.com/session"
SECRETS = st.text(min_size=1, max_size=40)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
URLS = st.sampled_from(
    [
        URL,
        "http://localhost:8080/session",
        "HTTPS://MDM.Example.COM:443/session",
        "http://[::1]:80/session",
        "http://[2001:db8::1]:8443/a%20b/session",
        "https://h/session?b=2&a=1&a=&c=x%20y%2Bz+ü&flag",
    ]
)


def theirs(url: str, key: str, secret: str, token: str, token_secret: str, realm: str | None = None) -> str:
    client = oracle.Client(
        key, secret, token, token_secret, realm=realm, timestamp="1795435200", nonce="4572616e"
    )
    header = client.sign(url)[1]["Authorization"]
    assert isinstance(header, str)
    return header


def signature_of(header: str) -> str:
    match = re.search(r'oauth_signature="([^"]+)"', header)
    assert match is not None
    return match[1]


@given(URLS, WORDS, SECRETS, WORDS, SECRETS)
def test_oauthlib_signs_the_same(url: str, key: str, secret: str, token: str, token_secret: str) -> None:
    encoded = quote(url, safe=":/?&=%+[]")
    header = theirs(encoded, key, secret, token, token_secret)
    ours = oauth1.sign_header(
        "GET", encoded, key, secret, token, token_secret, timestamp=1795435200, nonce="4572616e"
    )
    assert signature_of(ours) == signature_of(header)
    for one in (header, ours):
        read = oauth1.parse(one)
        assert (read.consumer_key, read.token, read.timestamp, read.nonce) == (
            key,
            token,
            1795435200,
            "4572616e",
        )
        assert oauth1.verify(read, "get", ["nonsense", encoded], secret, token_secret)
        assert not oauth1.verify(read, "POST", [encoded], secret, token_secret)
        assert not oauth1.verify(read, "GET", [encoded], secret + "x", token_secret)
        assert not oauth1.verify(read, "GET", [encoded], secret, token_secret + "x")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaping_is_oauthlibs(text: str) -> None:
    assert oauth1.escape(text) == oracle_signature.utils.escape(text)


def test_the_example_of_the_rfc() -> None:
    # RFC 5849 section 1.2: fetching the photo, signed with HMAC-SHA1.
    parameters = {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    base = oauth1.base_string(
        "GET", "http://photos.example.net/photos?file=vacation.jpg&size=original", parameters
    )
    assert oauth1.signature(base, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00") == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


PAIRS = {
    "oauth_consumer_key": "CK_00fa",
    "oauth_token": "AT_O2109",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_signature": "s8ut%2FPY%3D",
    "oauth_timestamp": "137131200",
    "oauth_nonce": "2168375ea64de47f",
    "oauth_version": "1.0",
}


def header(pairs: dict[str, str], separator: str = ", ", scheme: str = "OAuth ") -> str:
    return scheme + separator.join(f'{name}="{value}"' for name, value in pairs.items())


@pytest.mark.parametrize("separator", [", ", ",", " ", " ,\t", ",,  "])
@pytest.mark.parametrize("scheme", ["OAuth ", "oauth ", "OAUTH   ", "  OAuth , "])
def test_spacing_and_order(separator: str, scheme: str) -> None:
    expected = Authorization(
        consumer_key="CK_00fa",
        token="AT_O2109",
        timestamp=137131200,
        nonce="2168375ea64de47f",
        realm=None,
        signature="s8ut/PY=",
        parameters={name: value for name, value in PAIRS.items() if name != "oauth_signature"},
    )
    assert oauth1.parse(header(PAIRS, separator, scheme)) == expected
    backwards = dict(reversed([*PAIRS.items(), ("realm", "ADM")]))
    assert oauth1.parse(header(backwards, separator, scheme) + " ,") == replace(expected, realm="ADM")
    assert oauth1.parse(header(PAIRS, separator, scheme).replace('"', "")) == expected


def test_the_realm_is_sent_but_never_signed() -> None:
    arguments = ("GET", URL, "CK", "CS", "AT", "AS")
    plain = oauth1.sign_header(*arguments, timestamp=1, nonce="n")
    with_realm = oauth1.sign_header(*arguments, timestamp=1, nonce="n", realm="ADM")
    assert signature_of(plain) == signature_of(with_realm)
    assert with_realm.startswith('OAuth realm="ADM", oauth_consumer_key="CK"')
    assert oauth1.verify(
        oauth1.parse(theirs(URL, "CK", "CS", "AT", "AS", realm="ADM")), "GET", [URL], "CS", "AS"
    )
    with pytest.raises(ValueError, match="quotes"):
        oauth1.sign_header(*arguments, timestamp=1, nonce="n", realm='"')


def test_the_repr_shows_neither_signature_nor_parameters() -> None:
    assert "s8ut" not in repr(oauth1.parse(header(PAIRS)))


@pytest.mark.parametrize(
    ("text", "problem", "words"),
    [
        ("", "parameter_absent", "scheme OAuth"),
        ("Bearer abc", "parameter_absent", "scheme OAuth"),
        ("OAuth", "parameter_absent", "oauth_consumer_key, oauth_token"),
        (
            header({k: v for k, v in PAIRS.items() if k != "oauth_nonce"}),
            "parameter_absent",
            "lacks oauth_nonce",
        ),
        (header(PAIRS | {"oauth_token": ""}), "parameter_absent", "lacks oauth_token"),
        (header(PAIRS) + ', oauth_nonce="2"', "parameter_rejected", "oauth_nonce occurs twice"),
        (header(PAIRS) + ', realm="a", realm="b"', "parameter_rejected", "realm occurs twice"),
        (header(PAIRS | {"oauth_callback": "x"}), "parameter_rejected", "oauth_callback is unknown"),
        (header(PAIRS | {"oauth_signature_method": "PLAINTEXT"}), "signature_method_rejected", "HMAC-SHA1"),
        (header(PAIRS | {"oauth_version": "2.0"}), "version_rejected", "1.0"),
        (header(PAIRS | {"oauth_timestamp": "now"}), "parameter_rejected", "seconds"),
        (header(PAIRS | {"oauth_timestamp": "-1"}), "parameter_rejected", "seconds"),
        (header(PAIRS | {"oauth_timestamp": "9" * 5000}), "parameter_rejected", "seconds"),
        (header(PAIRS | {"oauth_token": "%FF"}), "parameter_rejected", "oauth_token is not percent-encoded"),
        (header(PAIRS | {"oauth_token": "ü"}), "parameter_rejected", "ASCII"),
        (header(PAIRS) + ", =", "parameter_rejected", "parameters like"),
        (header(PAIRS) + ', oauth_nonce="', "parameter_rejected", "parameters like"),
    ],
)
def test_problems(text: str, problem: str, words: str) -> None:
    with pytest.raises(OAuthProblem, match=words) as caught:
        oauth1.parse(text)
    assert caught.value.problem == problem


@given(st.text() | st.text(alphabet='OAuth oauth_=",%\t', max_size=60).map(lambda tail: "OAuth " + tail))
def test_arbitrary_headers_raise_only_what_is_declared(text: str) -> None:
    with pytest.raises(OAuthProblem):
        oauth1.parse(text)


@pytest.mark.parametrize(
    "url", ["", "/session", "https://", "https://[", "https://h:port/", "https://h:99999/"]
)
def test_only_absolute_urls_are_signed(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        oauth1.base_string("GET", url, {})
    assert not oauth1.verify(oauth1.parse(header(PAIRS)), "GET", [url], "CS", "AS")
