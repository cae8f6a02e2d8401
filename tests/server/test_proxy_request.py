"""What the proxy reads: tunnels and plain requests in every spelling, and refusals that say what was wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.server.proxy_request import ProxyRequest, Refusal, parse


@pytest.mark.parametrize(
    ("head", "host", "port"),
    [
        (
            b"CONNECT mdmenrollment.apple.com:443 HTTP/1.1\r\nHost: mdmenrollment.apple.com:443\r\n",
            "mdmenrollment.apple.com",
            443,
        ),
        (b"connect MDMenrollment.apple.com:443 http/1.1\r\n", "MDMenrollment.apple.com", 443),
        (b"CONNECT  localhost:8443   HTTP/1.0 \r\n", "localhost", 8443),
        (b"CONNECT\tlocalhost:8443\tHTTP/1.1\n", "localhost", 8443),
        (b"\r\n\r\nCONNECT localhost:1 HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n", "localhost", 1),
        (b"CONNECT [::1]:65535 HTTP/1.1\r\n", "::1", 65535),
        (b"CONNECT [::ffff:127.0.0.1]:443 HTTP/1.1\r\n", "::ffff:127.0.0.1", 443),
    ],
)
def test_tunnels(head: bytes, host: str, port: int) -> None:
    assert parse(head) == ProxyRequest(host, port)


def test_a_plain_request_is_passed_on_in_the_form_of_origin_servers() -> None:
    head = (
        b"POST http://Account.apple.com/auth/oauth2/token?a=b#c HTTP/1.1\r\nhost: elsewhere.example\r\n"
        b"Proxy-Connection: keep-alive\r\nConnection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\n"
        b"Content-Length:  3\r\nX-Name: caf\xe9 \r\nUpgrade: h2c\r\n"
    )
    request = parse(head)
    assert (request.host, request.port) == ("Account.apple.com", 80)
    assert request.head == (
        b"POST /auth/oauth2/token?a=b HTTP/1.1\r\nHost: Account.apple.com\r\nContent-Length: 3\r\nX-Name: caf\xe9\r\n"
        b"Connection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("target", "host", "port", "path"),
    [
        (b"http://localhost:8080", "localhost", 8080, b"/"),
        (b"HTTP://[::1]:8080?q", "::1", 8080, b"/?q"),
        (b"http://localhost/a//b/../c", "localhost", 80, b"/a//b/../c"),
        (b"http://localhost?next=http://b/", "localhost", 80, b"/?next=http://b/"),
    ],
)
def test_plain_targets(target: bytes, host: str, port: int, path: bytes) -> None:
    request = parse(b"GET " + target + b" HTTP/1.1\r\n")
    assert (request.host, request.port) == (host, port)
    assert request.head is not None
    assert request.head.startswith(b"GET " + path + b" HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "Bad Request"),
        (b"CONNECT localhost:443\r\n", "Bad Request"),
        (b"CONNECT localhost:443 HTTP/2.0\r\n", "Bad Request"),
        (b"CONN(CT localhost:443 HTTP/1.1\r\n", "Bad Request"),
        (b"\x16\x03\x01\x02\x00\x01\xfc", "Bad Request"),
        (b"CONNECT localhost HTTP/1.1\r\n", "Bad Request: no host and port"),
        (b"CONNECT localhost:0 HTTP/1.1\r\n", "Bad Request: no host and port"),
        (b"CONNECT localhost:65536 HTTP/1.1\r\n", "Bad Request: no host and port"),
        (b"CONNECT localhost:\xb2 HTTP/1.1\r\n", "Bad Request: no host and port"),
        (b"CONNECT :443 HTTP/1.1\r\n", "Bad Request: no host and port"),
        (b"CONNECT ::1:443 HTTP/1.1\r\n", "Bad Request: no host and port"),
        (b"CONNECT user@localhost:443 HTTP/1.1\r\n", "Bad Request: no host and port"),
        (b"GET http://user:secret@localhost/ HTTP/1.1\r\n", "Bad Request: no host and port"),
        (b"GET http:/// HTTP/1.1\r\n", "Bad Request: no host and port"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8081\r\n", "Bad Request: this is a proxy"),
        (b"OPTIONS * HTTP/1.1\r\n", "Bad Request: this is a proxy"),
        (b"GET https://account.apple.com/ HTTP/1.1\r\n", "Bad Request: use CONNECT"),
        (b"GET http://localhost/ HTTP/1.1\r\nNo colon\r\n", "Bad Request"),
        (b"GET http://localhost/ HTTP/1.1\r\nA: b\r\n folded\r\n", "Bad Request"),
        (b"GET http://localhost/ HTTP/1.1\r\nA : b\r\n", "Bad Request"),
        (b"GET http://localhost/ HTTP/1.1\r\nA: b\rX: y\r\n", "Bad Request"),
    ],
)
def test_refusals_say_what_was_wrong(head: bytes, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse(head)
    assert (caught.value.status, caught.value.words) == (400, words)
    start, _, body = caught.value.answer().partition(b"\r\n\r\n")
    assert start.startswith(b"HTTP/1.1 400 " + words.encode() + b"\r\n")
    assert f"Content-Length: {len(body)}".encode() in start
    assert b"secret" not in caught.value.answer()


METHODS = st.sampled_from(["GET", "POST", "CONNECT", "connect", "\x00", ""])
TARGETS = st.one_of(
    st.text(st.characters(codec="latin-1"), max_size=40),
    st.builds(
        "http://{}{}".format,
        st.text(st.characters(codec="latin-1"), max_size=30),
        st.text("/?#a:@", max_size=9),
    ),
    st.builds("{}:{}".format, st.sampled_from(["localhost", "[::1]", "a b", "ä"]), st.integers(-1, 70_000)),
)
FIELDS = st.lists(st.text(st.characters(codec="latin-1"), max_size=30), max_size=4)


@given(METHODS, TARGETS, FIELDS, st.sampled_from(["\r\n", "\n"]))
def test_whatever_comes_is_read_or_refused(method: str, target: str, fields: list[str], end: str) -> None:
    try:
        request = parse(end.join([f"{method} {target} HTTP/1.1", *fields]).encode("latin-1"))
    except Refusal as refusal:
        answer = refusal.answer()
    else:
        answer = b""
        _check(request)
    assert answer.isascii()


def _check(request: ProxyRequest) -> None:
    assert 0 < request.port < 65536
    assert request.host.isascii()
    assert request.host
    if request.head is not None:
        lines = request.head.split(b"\r\n")
        assert lines[1].startswith(b"Host: ")
        assert lines[-3:] == [b"Connection: close", b"", b""]
        assert not any(b"\n" in line or b"\r" in line for line in lines)
