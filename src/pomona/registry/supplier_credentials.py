"""What a supplier proves itself with: a token for the laboratory; later certificates, which are kept the same way.

Only hashes are kept. One credential may be good for several suppliers: an account that acts under several numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pomona.keys.keyring import encode, token_hash
from pomona.keys.randomness import Rng
from pomona.registry import audit, suppliers
from pomona.registry.actors import Actor
from pomona.registry.suppliers import INSTALLATION, Supplier
from pomona.store import Tx

CredentialKind = Literal["TOKEN", "CERTIFICATE"]


@dataclass(frozen=True, slots=True)
class Credential:
    """What is known of one, without the secret. Times are milliseconds; `expires_at` None for one that does not."""

    supplier_id: int
    kind: CredentialKind
    name: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None


def issue_token(
    tx: Tx,
    of: Sequence[Supplier],
    *,
    name: str = "",
    expires_at: int | None = None,
    replace: bool = False,
    actor: Actor,
    now: int,
    rng: Rng,
) -> str:
    """Makes a token that is good for the suppliers `of`; gives it, and nobody can ask for it again.

    With `replace` their earlier tokens are revoked.
    """
    token = encode(rng(24))
    if replace:
        for supplier in of:
            revoke(tx, supplier, "TOKEN", actor=actor, now=now)
    add(tx, of, "TOKEN", token_hash(token), name=name, expires_at=expires_at, actor=actor, now=now)
    return token


def add(
    tx: Tx,
    of: Sequence[Supplier],
    kind: CredentialKind,
    hash: bytes,
    *,
    name: str = "",
    expires_at: int | None = None,
    actor: Actor,
    now: int,
) -> None:
    """Keeps a credential by its hash (a token's, or SHA-256 of a certificate's DER) for the suppliers `of`."""
    for supplier in of:
        tx.execute(
            "INSERT INTO supplier_credential (hash, supplier_id, kind, name, created_at, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            *(hash, supplier.id, kind, name, now, expires_at),
        )
        audit.record(tx, INSTALLATION, "SUPPLIER_CREDENTIAL_ADDED", actor, supplier.subject, now=now,
                     after={"kind": kind, "name": name})  # fmt: skip


def revoke(tx: Tx, supplier: Supplier, kind: CredentialKind, *, actor: Actor, now: int) -> int:
    """Ends all credentials of a kind that a supplier has; gives how many there were."""
    count = tx.execute(
        "UPDATE supplier_credential SET revoked_at = $1 WHERE supplier_id = $2 AND kind = $3 AND revoked_at IS NULL",
        *(now, supplier.id, kind),
    )
    if count:
        audit.record(tx, INSTALLATION, "SUPPLIER_CREDENTIAL_REVOKED", actor, supplier.subject, now=now,
                     before={"kind": kind})  # fmt: skip
    return count


def holders(tx: Tx, hash: bytes, now: int) -> list[Supplier]:
    """The suppliers that a credential is good for now; none for one that is unknown, expired or revoked."""
    rows = tx.rows(
        "SELECT supplier_id FROM supplier_credential WHERE hash = $1 AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > $2)",
        *(hash, now),
    )
    return suppliers.of_ids(tx, [row[0] for row in rows]) if rows else []


def of_supplier(tx: Tx, supplier_id: int) -> list[Credential]:
    """All that a supplier has or had, oldest first."""
    rows = tx.rows(
        "SELECT supplier_id, kind, name, created_at, expires_at, revoked_at FROM supplier_credential"
        " WHERE supplier_id = $1 ORDER BY created_at, hash",
        supplier_id,
    )
    return [Credential(*row) for row in rows]
