"""OAuth 1.0a with HMAC-SHA1 (RFC 5849), as device management services sign `GET /session` with their server token."""

import base64
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, unquote, urlsplit

METHOD = "HMAC-SHA1"

_PAIR = re.compile(r"""[\s,]*([A-Za-z0-9_.%~-]+)\s*=\s*(?:"([^"]*)"|([^\s",]*))(?=[\s,]|$)""")
_REQUIRED = ("consumer_key", "token", "signature_method", "signature", "timestamp", "nonce")
_KNOWN = {"realm", "oauth_version", *(f"oauth_{name}" for name in _REQUIRED)}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class OAuthProblem(ValueError):
    """An unusable Authorization header. `problem` is the word the OAuth Problem Reporting extension has for it."""

    def __init__(self, problem: str, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Authorization:
    """The parts of an `Authorization: OAuth …` header, decoded; `timestamp` is in seconds since the epoch.

    `parameters` are all that the signature covers: every one but the signature and the realm.
    """

    consumer_key: str
    token: str
    timestamp: int
    nonce: str
    realm: str | None
    signature: str = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)


def parse(header: str) -> Authorization:
    """Read an Authorization header: parameters in any order, parted by commas, spaces or both, the realm optional.

    Raises OAuthProblem with `parameter_absent`, `parameter_rejected` (unknown, twice, or malformed),
    `signature_method_rejected` or `version_rejected`.
    """
    scheme, _, rest = header.strip().partition(" ")
    if not header.isascii():
        raise OAuthProblem(
            "parameter_rejected", "the Authorization header must be ASCII, values percent-encoded"
        )
    if scheme.lower() != "oauth":
        raise OAuthProblem("parameter_absent", "expected an Authorization header of the scheme OAuth")
    found = _pairs(rest.rstrip(" \t,"))
    if missing := [f"oauth_{name}" for name in _REQUIRED if not found.get(f"oauth_{name}")]:
        raise OAuthProblem("parameter_absent", f"the Authorization header lacks {', '.join(missing)}")
    if found["oauth_signature_method"] != METHOD:
        raise OAuthProblem("signature_method_rejected", f"the only signature method offered is {METHOD}")
    if found.get("oauth_version", "1.0") != "1.0":
        raise OAuthProblem("version_rejected", "oauth_version must be 1.0 or absent")
    if not _TIMESTAMP.fullmatch(found["oauth_timestamp"]):
        raise OAuthProblem("parameter_rejected", "oauth_timestamp must be seconds since the epoch")
    covered = {name: value for name, value in found.items() if name not in {"oauth_signature", "realm"}}
    return Authorization(
        consumer_key=found["oauth_consumer_key"],
        token=found["oauth_token"],
        timestamp=int(found["oauth_timestamp"]),
        nonce=found["oauth_nonce"],
        realm=found.get("realm"),
        signature=found["oauth_signature"],
        parameters=MappingProxyType(covered),
    )


def _pairs(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(rest):
        match = _PAIR.match(rest, at)
        if match is None:
            raise OAuthProblem(
                "parameter_rejected", 'expected parameters like oauth_nonce="4572", parted by commas'
            )
        name, quoted, bare = match.groups()
        if name not in _KNOWN or name in found:
            reason = "occurs twice" if name in found else "is unknown"
            raise OAuthProblem("parameter_rejected", f"the parameter {name[:40]} {reason}")
        raw = bare if quoted is None else quoted
        try:
            found[name] = raw if name == "realm" else unquote(raw, errors="strict")
        except UnicodeDecodeError:
            raise OAuthProblem("parameter_rejected", f"{name} is not percent-encoded UTF-8") from None
        at = match.end()
    return found


def escape(text: str) -> str:
    """Percent-encode everything but RFC 3986's unreserved characters, upper-case hex."""
    return quote(text, safe="~")


def base_string(method: str, url: str, parameters: Mapping[str, str]) -> str:
    """The signature base string (RFC 5849 section 3.4.1) of a request without a form body.

    `url` is absolute and may carry a query, which is signed along. Raises ValueError when it is not absolute.
    """
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if not scheme or not host:
        raise ValueError("the URL to sign must be absolute, like https://host/session")
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    authority = host if port is None or port == _DEFAULT_PORTS.get(scheme) else f"{host}:{port}"
    pairs = [*parameters.items(), *parse_qsl(parts.query, keep_blank_values=True)]
    normalized = "&".join(
        f"{name}={value}" for name, value in sorted((escape(k), escape(v)) for k, v in pairs)
    )
    return "&".join(
        escape(part) for part in (method.upper(), f"{scheme}://{authority}{parts.path or '/'}", normalized)
    )


def signature(base: str, consumer_secret: str, token_secret: str) -> str:
    """The base64 HMAC-SHA1 of a base string under both secrets."""
    key = f"{escape(consumer_secret)}&{escape(token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), "sha1")).decode()


def verify(
    authorization: Authorization, method: str, urls: Iterable[str], consumer_secret: str, token_secret: str
) -> bool:
    """Whether the header signs `method` on one of the absolute `urls` under both secrets.

    Several URLs because a service behind proxies cannot always know which of its names the client used. All of them are
    tried and compared in constant time; one that is no absolute URL (a Host header can be anything) fits nothing.
    Timestamp and nonce are the caller's to judge.
    """
    presented = authorization.signature.encode()
    fits = False
    for url in urls:
        try:
            base = base_string(method, url, authorization.parameters)
        except ValueError:
            continue
        fits |= hmac.compare_digest(signature(base, consumer_secret, token_secret).encode(), presented)
    return fits


def sign_header(
    method: str,
    url: str,
    consumer_key: str,
    consumer_secret: str,
    token: str,
    token_secret: str,
    *,
    timestamp: int,
    nonce: str,
    realm: str | None = None,
) -> str:
    """The Authorization header of a client: `timestamp` in seconds since the epoch, `realm` sent but never signed.

    Raises ValueError when `url` is not absolute or the realm has a quote in it.
    """
    if realm is not None and '"' in realm:
        raise ValueError("a realm cannot contain quotes")
    parameters = {
        "oauth_consumer_key": consumer_key,
        "oauth_token": token,
        "oauth_signature_method": METHOD,
        "oauth_timestamp": str(timestamp),
        "oauth_nonce": nonce,
        "oauth_version": "1.0",
    }
    signed = signature(base_string(method, url, parameters), consumer_secret, token_secret)
    pairs = [f'{name}="{escape(value)}"' for name, value in {**parameters, "oauth_signature": signed}.items()]
    return "OAuth " + ", ".join([f'realm="{realm}"', *pairs] if realm is not None else pairs)
