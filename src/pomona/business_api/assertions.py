"""Client assertions (RFC 7523): the JWT by which a program proves that it has its account's private key."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from pomona.keys.keyring import BadSeal
from pomona.keys.keyring import decode as from_base64
from pomona.registry.api_accounts import ApiKey
from pomona.registry.api_keys import load_public_key

AUDIENCE = "https://account.apple.com/auth/oauth2/v2/token"
LONGEST = 180 * 86_400
"""Seconds between `iat` and `exp`; several clients use exactly as many."""

SKEW = 300
"""Seconds that a client's clock may be ahead."""

_Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e11)]
_ES256 = ec.ECDSA(hashes.SHA256())
_SIGNATURE = 64


class BadAssertion(ValueError):
    """The assertion is refused; the text says which check failed."""


class _Header(msgspec.Struct):
    alg: str
    kid: str | None = None


class _Claims(msgspec.Struct):
    sub: str
    aud: str | list[str]
    iat: _Seconds
    exp: _Seconds
    iss: str | None = None
    nbf: _Seconds | None = None


_header = msgspec.json.Decoder(_Header)
_claims = msgspec.json.Decoder(_Claims)


class Assertion:
    """A JWT, taken apart but not believed. Raises `BadAssertion` when it is none."""

    def __init__(self, text: str) -> None:
        parts = text.split(".")
        if len(parts) != 3:
            raise BadAssertion("the client assertion is no JWT: expected three parts with dots between them")
        self._signed = f"{parts[0]}.{parts[1]}".encode("latin-1", "replace")
        self._head: _Header = _decoded(parts[0], _header, "header")
        self._claims: _Claims = _decoded(parts[1], _claims, "claims")
        self._signature = _bytes(parts[2], "signature")

    @property
    def subject(self) -> str:
        """The client id it names, not yet proven."""
        return self._claims.sub

    def check(self, client_id: str, keys: Sequence[ApiKey], audiences: Sequence[str], now: int) -> ApiKey:
        """The key that signed it.

        `keys` are the account's, `audiences` the values of `aud` that are meant for us, `now` milliseconds by the wall
        clock. The `kid` is optional, because abctl never sends one, and `jti` may come again, because NanoAXM and the
        Terraform provider use an assertion for as long as it is good. Raises `BadAssertion`.
        """
        self._check_names(client_id, audiences)
        self._check_times(now // 1000)
        candidates = [key for key in keys if self._head.kid is None or key.key_id == self._head.kid.lower()]
        if not candidates:
            raise BadAssertion(
                "the client id has no active key"
                if self._head.kid is None
                else f"kid: the client id has no active key '{self._head.kid[:100]}'"
            )
        for key in candidates:
            if self._signed_by(key):
                return key
        raise BadAssertion("signature: it was not made with the private half of the key")

    def _check_names(self, client_id: str, audiences: Sequence[str]) -> None:
        if self._head.alg != "ES256":
            raise BadAssertion(f"alg: expected ES256, got '{self._head.alg[:40]}'")
        if self._claims.sub != client_id:
            raise BadAssertion("sub: expected the client id of the request")
        if self._claims.iss not in (None, client_id):
            raise BadAssertion("iss: expected the client id, which is the team id too")
        aud = [self._claims.aud] if isinstance(self._claims.aud, str) else self._claims.aud
        if not any(audience in audiences for audience in aud):
            raise BadAssertion(f"aud: expected '{AUDIENCE}'")

    def _check_times(self, now: int) -> None:
        claims = self._claims
        if claims.iat > now + SKEW:
            raise BadAssertion(
                f"iat: {claims.iat:.0f} is more than {SKEW} s in the future; the time here is {now}. Check the clock."
            )
        if claims.nbf is not None and claims.nbf > now + SKEW:
            raise BadAssertion(f"nbf: not valid before {claims.nbf:.0f}; the time here is {now}")
        if claims.exp <= now:
            raise BadAssertion(f"exp: the assertion expired at {claims.exp:.0f}; the time here is {now}")
        if claims.exp > claims.iat + LONGEST:
            raise BadAssertion("exp: expected at most 180 days after iat")

    def _signed_by(self, key: ApiKey) -> bool:
        half = _SIGNATURE // 2
        r, s = int.from_bytes(self._signature[:half]), int.from_bytes(self._signature[half:])
        try:
            load_public_key(key.public_key).verify(encode_dss_signature(r, s), self._signed, _ES256)
        except InvalidSignature:
            return False
        return len(self._signature) == _SIGNATURE


def _bytes(part: str, what: str) -> bytes:
    try:
        return from_base64(part)
    except BadSeal:
        raise BadAssertion(f"the {what} of the client assertion is not base64url") from None


def _decoded(part: str, decoder: msgspec.json.Decoder[Any], what: str) -> Any:
    try:
        return decoder.decode(_bytes(part, what))
    except msgspec.ValidationError as problem:
        raise BadAssertion(f"the {what} of the client assertion: {problem}") from None
    except (ValueError, RecursionError):
        raise BadAssertion(f"the {what} of the client assertion is no JSON object") from None
