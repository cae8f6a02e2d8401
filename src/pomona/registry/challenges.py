"""Challenges: the single-use secrets in enrolment profiles that a device turns into an identity certificate.

Each remembers for which enrolment it was handed out: the kind, the device where it is known, and the account.
"""

from dataclasses import dataclass
from typing import Literal

from pomona.keys.keyring import encode, token_hash
from pomona.keys.randomness import Rng
from pomona.store import Tx

EnrollmentKind = Literal["ade", "manual", "adde", "byod"]
"""Automated, by a downloaded profile, account-driven device enrolment, account-driven user enrolment."""


def is_mac(product_type: str) -> bool:
    """Whether a product type (`Mac16,10`, `MacBookPro18,1`, `iMac21,1`) is a Mac's."""
    return "mac" in product_type.lower()


def shows_token(kind: str, product_type: str) -> bool:
    """Whether each request of such a device carries its user's sign-in: account-driven ones, but for a Mac's own channel."""
    return kind in ("adde", "byod") and not is_mac(product_type)


LIVES: dict[EnrollmentKind, int] = {
    "ade": 3_600_000,
    "manual": 7 * 86_400_000,
    "adde": 3_600_000,
    "byod": 3_600_000,
}
"""Milliseconds in which a challenge must be used: a downloaded profile may lie about before it is installed."""


_PURPOSE = "organization_id, kind, serial, udid, product_type, account_id"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a challenge was handed out for. What is not known beforehand is None, or empty for the product type."""

    organization_id: int
    kind: EnrollmentKind
    serial: str | None = None
    udid: str | None = None
    product_type: str = ""
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge as the store knows it: by its hash."""

    hash: bytes
    purpose: Purpose
    used: bool


def issue(tx: Tx, purpose: Purpose, *, now: int, rng: Rng) -> str:
    """A new challenge (URL-safe letters); only its hash is kept. Those that ran out unused go away."""
    challenge = encode(rng(24))
    tx.execute("DELETE FROM scep_challenge WHERE used_at IS NULL AND expires_at <= $1", now)
    tx.execute(
        "INSERT INTO scep_challenge (challenge_hash, organization_id, kind, serial, udid, product_type, account_id,"
        " created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        *(token_hash(challenge), purpose.organization_id, purpose.kind, purpose.serial, purpose.udid),
        *(purpose.product_type, purpose.account_id, now, now + LIVES[purpose.kind]),
    )
    return challenge


def find(tx: Tx, organization_id: int, challenge: str, now: int) -> Challenge | None:
    """The challenge with this text, if it is the organisation's and was used or still may be."""
    hash = token_hash(challenge)
    row = tx.row(
        f"SELECT {_PURPOSE}, used_at FROM scep_challenge"
        " WHERE challenge_hash = $1 AND organization_id = $2 AND (used_at IS NOT NULL OR expires_at > $3)",
        *(hash, organization_id, now),
    )
    return None if row is None else Challenge(hash, Purpose(*row[:6]), row[6] is not None)


def answered(tx: Tx, hash: bytes) -> Purpose:
    """What the challenge behind a certificate was for; one that brought a certificate stays as long as that."""
    row = tx.row(f"SELECT {_PURPOSE} FROM scep_challenge WHERE challenge_hash = $1", hash)
    assert row is not None
    return Purpose(*row)


def use(tx: Tx, challenge: Challenge, now: int) -> bool:
    """Uses a challenge up; False when somebody else did or it ran out."""
    changed = tx.execute(
        "UPDATE scep_challenge SET used_at = $1 WHERE challenge_hash = $2 AND used_at IS NULL AND expires_at > $1",
        *(now, challenge.hash),
    )
    return changed == 1
