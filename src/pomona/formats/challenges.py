"""The challenge of account-driven enrolment: `WWW-Authenticate: Bearer method="apple-as-web", url="…"`.

Apple's documentation parts the parameters with commas; some services send only spaces and devices take both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

APPLE_AS_WEB = "apple-as-web"
APPLE_OAUTH2 = "apple-oauth2"

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = re.compile(rf'[\s,]*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|({_TOKEN}))(?=[\s,]|$)', re.DOTALL)
_REQUIRED = {
    APPLE_AS_WEB: ("url",),
    APPLE_OAUTH2: ("authorization-url", "token-url", "redirect-url", "client-id", "scope"),
}


class MalformedChallenge(ValueError):
    """The header is no challenge that a device could answer."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the device has to do: `method` is apple-as-web or apple-oauth2, `parameters` the rest by their lower-case names."""

    method: str
    parameters: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where the web session of apple-as-web starts; empty for apple-oauth2."""
        return self.parameters.get("url", "")


def build(url: str) -> str:
    """The header value that sends a device through the web session at `url` (https), documented with commas."""
    return _header(APPLE_AS_WEB, {"url": url})


def build_oauth2(
    *, authorization_url: str, token_url: str, redirect_url: str, client_id: str, scope: str
) -> str:
    """The header value that makes a device an OAuth 2 client; all five parameters are required by the device."""
    values = (authorization_url, token_url, redirect_url, client_id, scope)
    return _header(APPLE_OAUTH2, dict(zip(_REQUIRED[APPLE_OAUTH2], values, strict=True)))


def _header(method: str, parameters: Mapping[str, str]) -> str:
    for name, value in parameters.items():
        if not value.isascii() or not value.isprintable():
            raise ValueError(f"{name} must be printable ASCII to travel in a header")
    quoted = [f'{name}="{_quoted(value)}"' for name, value in {"method": method, **parameters}.items()]
    return f"Bearer {', '.join(quoted)}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def parse(header: str) -> Challenge:
    """Read a challenge with parameters in any order, parted by commas or spaces. Raises MalformedChallenge."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise MalformedChallenge("expected a Bearer challenge")
    parameters, at = {}, 0
    rest = rest.rstrip(" \t,")
    while at < len(rest):
        match = _PARAMETER.match(rest, at)
        if match is None or match[1].lower() in parameters:
            raise MalformedChallenge('expected parameters like method="apple-as-web", each once')
        quoted = match[2]
        parameters[match[1].lower()] = (
            match[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
        )
        at = match.end()
    method = parameters.pop("method", "")
    if method not in _REQUIRED:
        raise MalformedChallenge(f"method {method[:40]!r} is unknown; expected {' or '.join(_REQUIRED)}")
    if missing := [name for name in _REQUIRED[method] if not parameters.get(name)]:
        raise MalformedChallenge(f"{method} needs {', '.join(missing)}")
    return Challenge(method, MappingProxyType(parameters))
