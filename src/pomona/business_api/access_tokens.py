"""Access tokens: sealed, so that they are opaque to everybody else, and looked up nowhere.

What a token may do is read from its account's row with each request: a revoked key, a deleted account and changed
permissions hold from the next request on, on every node.
"""

import struct
import uuid
from functools import lru_cache
from typing import NamedTuple

from pomona.business_api.errors import unauthorised
from pomona.keys.keyring import BadSeal
from pomona.registry import api_accounts
from pomona.registry.api_accounts import ApiAccount
from pomona.runtime import Runtime
from pomona.store import Tx

LIFE = 3600
"""Seconds."""

_PURPOSE = "business-api-access-token"
_FORM = struct.Struct(">qq16s")


class Claims(NamedTuple):
    """Whose a token is, and the key it was made with."""

    account_id: int
    key_id: str


def make(runtime: Runtime, claims: Claims, now: int) -> str:
    """A token that is good for an hour from `now`."""
    plain = _FORM.pack(claims.account_id, now + LIFE * 1000, uuid.UUID(claims.key_id).bytes)
    return runtime.keys.seal_text(_PURPOSE, plain, runtime.rng)


class Tokens:
    """Reads access tokens, and remembers what the last ones said: opening a seal again would say the same."""

    def __init__(self, runtime: Runtime) -> None:
        self._keys = runtime.keys
        self._opened = lru_cache(maxsize=4096)(self._open)

    def claims_of(self, authorization: bytes | None, now: int) -> Claims:
        """What the Authorization field carries. Raises `ApiError` 401 that says what is wrong with it."""
        claims, expires_at = self._opened(authorization or b"")
        if now >= expires_at:
            raise unauthorised("The access token has expired; ask for a new one.")
        return claims

    def _open(self, authorization: bytes) -> tuple[Claims, int]:
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise unauthorised("The request needs a header field 'Authorization: Bearer <access token>'.")
        try:
            account_id, expires_at, key_id = _FORM.unpack(
                self._keys.open_text(_PURPOSE, token.strip().decode("latin-1"))
            )
        except (BadSeal, struct.error):
            raise unauthorised("The access token is not one that was issued here.") from None
        return Claims(account_id, str(uuid.UUID(bytes=key_id))), expires_at


def account_of(tx: Tx, claims: Claims) -> ApiAccount:
    """The account as it is now. Raises `ApiError` 401 when it is gone or the key was revoked."""
    account = api_accounts.authorised(tx, *claims)
    if account is None:
        raise unauthorised("The API account was deleted or the key of this token was revoked.")
    return account
