"""Sessions of people signed in to the portal, and how often a password may be tried.

A session's token is known to the browser alone; the store keeps its hash. A session slides: each use within its life
prolongs it, written down at most once an hour. Attempts are counted before a password is looked at, so that many at once
are no way around the limits, and in the store, so that several processes share one count.
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from pomona.keys.keyring import encode, token_hash
from pomona.keys.randomness import Rng
from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.store import Tx

COOKIE = "pomona_session"
"""The name of the cookie that carries the token: whoever opens a session and whoever reads it agree on it here."""


def cookie_name(*, secure: bool) -> str:
    """The cookie's name over HTTPS, or without.

    They differ, because a browser that has a secure cookie lets no plain answer of the same host replace it: signing in
    over HTTPS once would lock a person out of the plain port.
    """
    return f"__Secure-{COOKIE}" if secure else COOKIE


LIFE = 12 * 3_600_000
"""Milliseconds that a session lives without being used."""

RENEW_AFTER = 3_600_000
"""Milliseconds of use after which a session's end is moved."""

WINDOW = 15 * 60_000
"""Milliseconds over which attempts to sign in are counted."""

LIMITS = {"pair": 5, "address": 40, "email": 60}
"""Attempts in a window: with one mail address from one network address, from one network address, with one mail address.

The last is high, so that a stranger can hardly lock a person out; the first is what stops guessing.
"""

_ACTIVE = "ACTIVE"


class Credentials(NamedTuple):
    """What an attempt to sign in is judged by."""

    account_id: int
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """One of a person's sessions; `current` is the one that asks."""

    current: bool
    address: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in. `key` is the token's hash; times are milliseconds."""

    key: bytes
    account_id: int
    organization_id: int
    account_uuid: str
    email: str
    name: str
    role: str
    created_at: int
    expires_at: int

    @property
    def actor(self) -> Actor:
        """The person, as the audit log names them."""
        return Actor("USER", self.account_uuid, self.email)

    def due(self, now: int) -> bool:
        """Whether its end should be moved."""
        return self.expires_at - now < LIFE - RENEW_AFTER


def credentials(tx: Tx, email: str) -> Credentials | None:
    """The account that may sign in by this mail address (in any case), or None."""
    row = tx.row(
        "SELECT id, password_hash FROM account WHERE email = $1 AND status = $2",
        *(email.strip().lower(), _ACTIVE),
    )
    return None if row is None else Credentials(row[0], row[1])


def attempt(tx: Tx, email: str, address: str, now: int) -> int:
    """Counts an attempt to sign in; gives the milliseconds to wait if there were too many, else 0.

    An attempt that is refused is not counted again, so that waiting helps.
    """
    tx.lock(0)
    # One that lies ahead was made while the clock was wrong, and would keep people out until then.
    tx.execute("DELETE FROM sign_in_attempt WHERE since <= $1 OR since > $2", *(now - WINDOW, now + WINDOW))
    buckets = _buckets(email, address)
    for bucket, limit in buckets:
        row = tx.row("SELECT attempts, since FROM sign_in_attempt WHERE bucket = $1", bucket)
        if row is not None and row[0] >= limit:
            return max(1, int(row[1]) + WINDOW - now)
    for bucket, _ in buckets:
        tx.execute(
            "INSERT INTO sign_in_attempt (bucket, attempts, since) VALUES ($1, 1, $2)"
            " ON CONFLICT (bucket) DO UPDATE SET attempts = sign_in_attempt.attempts + 1",
            *(bucket, now),
        )
    return 0


def open_session(
    tx: Tx, account_id: int, token: str, email: str, *, address: str, now: int
) -> Session | None:
    """Keeps a session for a person whose password was right; None when the account went away meanwhile.

    `token` is fresh (see `new_token`). The attempt no longer counts, nor do this person's earlier ones from `address`.
    """
    tx.execute("DELETE FROM portal_session WHERE expires_at <= $1", now)
    tx.execute(
        "INSERT INTO portal_session (token_hash, account_id, created_at, expires_at, address)"
        " VALUES ($1, $2, $3, $4, $5)",
        *(token_hash(token), account_id, now, now + LIFE, address),
    )
    session = find(tx, token, now)
    if session is None:
        tx.execute("DELETE FROM portal_session WHERE token_hash = $1", token_hash(token))
        return None
    forgive(tx, email, address)
    _record(tx, session, "SIGNED_IN", session.actor.at(address), now)
    return session


def new_token(rng: Rng) -> str:
    """256 random bits in URL-safe letters."""
    return encode(rng(32))


def find(tx: Tx, token: str, now: int) -> Session | None:
    """The live session of a token, if its account may still sign in."""
    row = tx.row(
        "SELECT s.token_hash, a.id, a.organization_id, a.uuid, a.email, a.first_name, a.last_name, a.role,"
        " s.created_at, s.expires_at FROM portal_session s JOIN account a ON a.id = s.account_id"
        " WHERE s.token_hash = $1 AND s.expires_at > $2 AND a.status = $3",
        *(token_hash(token), now, _ACTIVE),
    )
    if row is None:
        return None
    name = f"{row[5]} {row[6]}".strip() or row[4]
    values = (bytes(row[0]), *row[1:5], name, *row[7:])
    return Session(*values)


def extend(tx: Tx, session: Session, now: int) -> None:
    """Moves a session's end to a full life from now."""
    tx.execute("UPDATE portal_session SET expires_at = $1 WHERE token_hash = $2", now + LIFE, session.key)


def close(tx: Tx, session: Session, actor: Actor, now: int) -> None:
    """Ends one session: the person signs out."""
    tx.execute("DELETE FROM portal_session WHERE token_hash = $1", session.key)
    _record(tx, session, "SIGNED_OUT", actor, now)


def close_others(tx: Tx, session: Session, actor: Actor, now: int) -> int:
    """Ends all other sessions of the same person; gives how many there were."""
    closed = tx.execute(
        "DELETE FROM portal_session WHERE account_id = $1 AND token_hash <> $2",
        *(session.account_id, session.key),
    )
    if closed:
        _record(tx, session, "SIGNED_OUT_ELSEWHERE", actor, now)
    return closed


def of_account(tx: Tx, session: Session, now: int) -> list[Place]:
    """Where the person of a session is signed in, the latest first."""
    rows = tx.rows(
        "SELECT token_hash, address, created_at, expires_at FROM portal_session"
        " WHERE account_id = $1 AND expires_at > $2 ORDER BY created_at DESC LIMIT 50",
        *(session.account_id, now),
    )
    return [Place(bytes(key) == session.key, *rest) for key, *rest in rows]


def _buckets(email: str, address: str) -> list[tuple[bytes, int]]:
    email = email.strip().lower()
    said = {"pair": f"{email}\0{address}", "address": address, "email": email}
    return [
        (hashlib.sha256(f"{kind}\0{said[kind]}".encode()).digest(), limit) for kind, limit in LIMITS.items()
    ]


def forgive(tx: Tx, email: str, address: str) -> None:
    """The password was right: the attempt no longer counts, nor do this person's earlier ones from `address`."""
    (pair, _), *others = _buckets(email, address)
    tx.execute("DELETE FROM sign_in_attempt WHERE bucket = $1", pair)
    for bucket, _ in others:
        tx.execute("UPDATE sign_in_attempt SET attempts = attempts - 1 WHERE bucket = $1", bucket)


def _record(tx: Tx, session: Session, type: str, actor: Actor, now: int) -> None:
    subject = audit.Subject("USER", session.account_uuid, session.email)
    audit.record(tx, session.organization_id, type, actor, subject, now=now)
