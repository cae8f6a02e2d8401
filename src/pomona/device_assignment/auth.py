"""Who calls: the OAuth signature that opens a session, and the sealed text that is one.

A session names its organisation, service and token and lives thirty minutes. Nothing is stored for it, so any number of
them live side by side, on every node and across restarts.
"""

import struct
from typing import NamedTuple

from pomona.device_assignment.errors import Refused, forbidden, unauthorized
from pomona.formats import oauth1
from pomona.keys.keyring import BadSeal, KeyRing
from pomona.keys.randomness import Rng
from pomona.registry import tokens
from pomona.registry.errors import NotFound
from pomona.registry.tokens import Credentials
from pomona.store import Tx

LIFE = 30 * 60_000
"""Milliseconds a session lives. One client keeps its session for three minutes and never looks at a 401."""

WINDOW = 5 * 60_000
"""How far a signature's timestamp may be from the present, either way, in ms."""

_PURPOSE = "assignment-session"
_LAYOUT = struct.Struct(">QQQQQ")
_LONGEST = 256
_REMEMBERED = 1_000


class Session(NamedTuple):
    """What a session says: internal ids, when its token was issued, and its own beginning in ms.

    The token's date tells it from one that has its number in a database that was set back.
    """

    organization_id: int
    service_id: int
    token_id: int
    issued_at: int
    opened_at: int


class Sessions:
    """Makes and opens sessions. One that was opened before is known by its text."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._opened: dict[bytes, Session] = {}

    def seal(self, session: Session, rng: Rng) -> str:
        """The text that the client shows with each request."""
        return self._keys.seal_text(_PURPOSE, _LAYOUT.pack(*session), rng)

    def open(self, text: bytes, now: int) -> Session:
        """The session a client shows: 403 FORBIDDEN for none of ours, 401 UNAUTHORIZED for one that has ended."""
        session = self._opened.get(text) or self._unsealed(text)
        if now - session.opened_at >= LIFE:
            raise unauthorized()
        return session

    def _unsealed(self, text: bytes) -> Session:
        try:
            session = Session(*_LAYOUT.unpack(self._keys.open_text(_PURPOSE, text.decode("ascii"))))
        except (BadSeal, UnicodeDecodeError, struct.error):
            raise forbidden() from None
        if len(self._opened) >= _REMEMBERED:
            self._opened.clear()
        self._opened[text] = session
        return session


def parse(header: str | None) -> oauth1.Authorization:
    """The Authorization header of `GET /session`. Refuses 400 with the name of the problem."""
    if not header:
        raise Refused(400, "parameter_absent")
    try:
        signed = oauth1.parse(header)
    except oauth1.OAuthProblem as problem:
        raise Refused(400, problem.problem) from None
    for value in (signed.consumer_key, signed.token, signed.nonce):
        if len(value) > _LONGEST or not (value.isascii() and value.isprintable()):
            raise Refused(400, "parameter_rejected")
    return signed


def verify(tx: Tx, keys: KeyRing, signed: oauth1.Authorization, urls: list[str], query: str) -> Credentials:
    """The credentials that made a signature.

    Refuses 401 `consumer_key_unknown` or `token_rejected` for credentials that were never issued, 403
    `signature_invalid` for a wrong signature. The token may have ended; that is told only to whoever has its secret.
    """
    try:
        known = tokens.credentials(tx, signed.token, keys)
    except NotFound:
        known = None
    if known is None or known.token.consumer_key != signed.consumer_key:
        unknown = not tokens.knows_consumer(tx, signed.consumer_key)
        raise Refused(401, "consumer_key_unknown" if unknown else "token_rejected")
    addresses = [f"{url}/session{query}" for url in urls]
    if not oauth1.verify(signed, "GET", addresses, known.consumer_secret, known.access_secret):
        raise Refused(403, "signature_invalid")
    return known
