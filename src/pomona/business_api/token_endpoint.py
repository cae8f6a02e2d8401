"""`POST /auth/oauth2/token` and `…/v2/token`: OAuth 2 client credentials with a JWT client assertion (RFC 6749, 7523).

Apple answers every failure with a bare `invalid_client`; here an `error_description` says which check failed.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pomona.business_api.access_tokens import LIFE, Claims, make
from pomona.business_api.assertions import AUDIENCE, Assertion, BadAssertion
from pomona.business_api.call import Answer, encode
from pomona.business_api.limits import Limits
from pomona.registry import api_accounts
from pomona.registry.api_accounts import ApiAccount, ApiKey
from pomona.runtime import Runtime
from pomona.store import Tx

PATHS = ("/auth/oauth2/token", "/auth/oauth2/v2/token")
"""Both work; NanoAXM, go-sdk-appleservices and asbmutil post to the second."""

BODY_LIMIT = 64_000
"""Bytes of a token request's body."""

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPES = {"BUSINESS": "business.api", "SCHOOL": "school.api"}

_CLIENT_ID = re.compile(r"(?:BUSINESS|SCHOOL)API\.[0-9a-f-]{36}")
_REQUIRED = ("grant_type", "client_id", "client_assertion_type", "client_assertion", "scope")
_NO_STORE = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))


@dataclass(frozen=True, slots=True)
class _Client:
    account: ApiAccount
    keys: list[ApiKey]


class Refused(Exception):
    """An error of RFC 6749, section 5.2; always answered 400, because NanoAXM parses an error on no other status."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


class TooMany(Exception):
    """The account asks for tokens too quickly."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"go on in {seconds} s")
        self.seconds = seconds


async def answer(runtime: Runtime, limits: Limits, query: bytes, body: bytes) -> Answer:
    """Exchanges an assertion for an access token; parameters come in the query, in the body or in both."""
    try:
        return await _exchange(runtime, limits, parameters(query, body))
    except Refused as refused:
        return refusal(400, refused.error, str(refused))
    except TooMany as refused:
        denied = refusal(429, "invalid_request", "Too many requests")
        return denied._replace(headers=(*denied.headers, (b"retry-after", str(refused.seconds).encode())))


def refusal(status: int, error: str, description: str) -> Answer:
    """An error answer in the shape of OAuth 2."""
    document = {"error": error, "error_description": description}
    return Answer(status, (encode(document),), _NO_STORE)


def parameters(query: bytes, body: bytes) -> dict[str, str]:
    """What was sent, whatever its Content-Type: Apple's own example puts all of it into the query of a POST.

    Raises `Refused` when something is missing.
    """
    found: dict[str, str] = {}
    for text in (query, body):
        try:
            found |= parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=50)
        except ValueError:
            raise Refused("invalid_request", "the request has too many parameters") from None
    missing = [name for name in _REQUIRED if not found.get(name)]
    if missing:
        raise Refused("invalid_request", f"missing parameter: {', '.join(missing)}")
    return found


async def _exchange(runtime: Runtime, limits: Limits, sent: dict[str, str]) -> Answer:
    if sent["grant_type"] != "client_credentials":
        raise Refused("unsupported_grant_type", "grant_type: expected client_credentials")
    if sent["client_assertion_type"] != ASSERTION_TYPE:
        raise Refused("invalid_request", f"client_assertion_type: expected {ASSERTION_TYPE}")
    client_id = sent["client_id"]
    client = await runtime.store.read(lambda tx: _client(tx, client_id))
    if client is None:
        raise Refused("invalid_client", f"client_id: there is no API account '{client_id[:100]}'")
    if seconds := limits.wait(client.account.id, "token", runtime.clock.wall()):
        raise TooMany(seconds)
    key = _proven(runtime, client, sent["client_assertion"])
    scope = SCOPES[client.account.kind]
    if sent["scope"] != scope:
        raise Refused("invalid_scope", f"scope: expected {scope}, which is what this API account is for")
    now = runtime.clock.now()
    if api_accounts.needs_use_noted(key, now):
        await runtime.store.write(lambda tx: api_accounts.note_use(tx, key.key_id, now))
    token = make(runtime, Claims(client.account.id, key.key_id), now)
    document = {"access_token": token, "token_type": "Bearer", "expires_in": LIFE, "scope": scope}
    return Answer(200, (encode(document),), _NO_STORE)


def _client(tx: Tx, client_id: str) -> _Client | None:
    if not _CLIENT_ID.fullmatch(client_id):
        return None
    account = api_accounts.by_client_id(tx, client_id)
    return None if account is None else _Client(account, api_accounts.keys(tx, account.id))


def _proven(runtime: Runtime, client: _Client, assertion: str) -> ApiKey:
    own = runtime.settings.public_origin.rstrip("/")
    audiences = (AUDIENCE, *(own + path for path in PATHS)) if own else (AUDIENCE,)
    try:
        return Assertion(assertion).check(
            client.account.client_id, client.keys, audiences, runtime.clock.wall()
        )
    except BadAssertion as problem:
        raise Refused("invalid_client", str(problem)) from None
