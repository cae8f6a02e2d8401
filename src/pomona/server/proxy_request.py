"""What a client asks of an HTTP proxy (RFC 9110, RFC 9112): a tunnel by CONNECT, or a plain request to pass on."""

import re
from dataclasses import dataclass

_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z._-]+))(?::([0-9]{1,5}))?")
_VERSION = re.compile(r"HTTP/1\.[0-9]")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_PASSED_ON = {
    "connection",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
}


class Refusal(Exception):
    """The proxy's answer to what it does not do: a status code, a few words for the status line, and a sentence.

    Many clients show their user the status line only, so its words must already tell what was wrong.
    """

    def __init__(self, status: int, words: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.words = words
        self.sentence = sentence

    def answer(self) -> bytes:
        """Give the whole HTTP answer, after which the connection ends."""
        body = f"{self.sentence}\n".encode("ascii", "replace")
        head = f"HTTP/1.1 {self.status} {self.words}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode("ascii") + body


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """A request for `host` (without brackets) and `port`; a tunnel when `head` is None.

    Otherwise `head` is the request to pass on, in the form that origin servers take, asking for the connection to end
    after the answer.
    """

    host: str
    port: int
    head: bytes | None = None


def parse(head: bytes) -> ProxyRequest:
    """Read a request's head: request line and header fields, each line with its end, without the empty last line.

    Upper and lower case, the amount of white space and the kind of line ends do not matter. Raises Refusal.
    """
    first, *fields = head.decode("latin-1").replace("\r\n", "\n").strip("\n").split("\n")
    parts = first.split()
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or not _VERSION.fullmatch(parts[2].upper()):
        raise Refusal(
            400, "Bad Request", "This is a proxy for HTTP/1.1; the request line is not of that protocol."
        )
    method, target, version = parts
    if method.upper() == "CONNECT":
        host, port = _authority(target, None)
        return ProxyRequest(host, port)
    return _plain(method, target, version, fields)


def _plain(method: str, target: str, version: str, fields: list[str]) -> ProxyRequest:
    scheme, separator, rest = target.partition("://")
    if not separator:
        raise Refusal(
            400,
            "Bad Request: this is a proxy",
            "This is Pomona's proxy, not a web site: set HTTPS_PROXY to this address in the client.",
        )
    if scheme.lower() != "http":
        raise Refusal(400, "Bad Request: use CONNECT", f"A proxy is asked for {scheme} addresses by CONNECT.")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    host, port = _authority(authority, 80)
    path = rest[len(authority) :].partition("#")[0]
    lines = [
        f"{method} {path if path.startswith('/') else '/' + path} {version.upper()}",
        f"Host: {authority}",
        *_passed_on(fields),
        "Connection: close",
    ]
    return ProxyRequest(host, port, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


def _passed_on(fields: list[str]) -> list[str]:
    kept = []
    for line in fields:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name) or "\r" in value or "\0" in value:
            raise Refusal(400, "Bad Request", "A header field is not of the form 'name: value'.")
        if name.lower() not in _NOT_PASSED_ON:
            kept.append(f"{name}: {value.strip()}")
    return kept


def _authority(text: str, default_port: int | None) -> tuple[str, int]:
    match = _AUTHORITY.fullmatch(text)
    port = int(match[3]) if match and match[3] else default_port
    if match is None or port is None or not 0 < port < 65536:
        raise Refusal(
            400, "Bad Request: no host and port", "Expected a host and a port, as in CONNECT host:443."
        )
    return match[1] or match[2], port
