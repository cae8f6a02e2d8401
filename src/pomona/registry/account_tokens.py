"""What a device shows for its user in account-driven enrolment: a bearer token that a sign-in gave it.

A token belongs to an account and, from its first check-in on, to one enrolment. It can be taken back at any time; the
device then asks its user to sign in again.
"""

from dataclasses import dataclass

from pomona.keys.keyring import encode, token_hash
from pomona.keys.randomness import Rng
from pomona.registry.people import Person, Status
from pomona.store import Tx

LIFE = 30 * 86_400_000
"""Milliseconds that a sign-in on a device lasts."""


@dataclass(frozen=True, slots=True)
class AccountToken:
    """A live token of an active account."""

    hash: bytes
    organization_id: int
    account_id: int
    email: str
    enrollment_id: int | None


def issue(tx: Tx, person: Person, *, now: int, rng: Rng) -> str:
    """A new token (URL-safe letters) for somebody who just signed in; only its hash is kept."""
    token = encode(rng(32))
    tx.execute("DELETE FROM account_token WHERE expires_at <= $1", now - LIFE)
    tx.execute(
        "INSERT INTO account_token (token_hash, organization_id, account_id, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        *(token_hash(token), person.organization_id, person.id, now, now + LIFE),
    )
    return token


def find(tx: Tx, organization_id: int, token: str, now: int) -> AccountToken | None:
    """The token, if it is the organisation's, has not run out, and its account may sign in."""
    row = tx.row(
        "SELECT t.account_id, a.email, t.enrollment_id FROM account_token t JOIN account a ON a.id = t.account_id"
        " WHERE t.token_hash = $1 AND t.organization_id = $2 AND t.expires_at > $3 AND a.status = $4",
        *(token_hash(token), organization_id, now, Status.ACTIVE.value),
    )
    return None if row is None else AccountToken(token_hash(token), organization_id, *row)


def bind(tx: Tx, token: AccountToken, enrollment_id: int) -> bool:
    """Makes a token belong to an enrolment; False when it belongs to another already."""
    if token.enrollment_id == enrollment_id:
        return True
    changed = tx.execute(
        "UPDATE account_token SET enrollment_id = $1 WHERE token_hash = $2 AND enrollment_id IS NULL",
        *(enrollment_id, token.hash),
    )
    return changed == 1


def revoke_of_enrollment(tx: Tx, account_id: int, enrollment_id: int) -> None:
    """Takes back what an enrolment signed in with."""
    sql = "DELETE FROM account_token WHERE account_id = $1 AND enrollment_id = $2"
    tx.execute(sql, account_id, enrollment_id)
