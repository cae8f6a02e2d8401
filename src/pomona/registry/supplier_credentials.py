"""What a supplier proves itself with: a TLS client certificate, or a token for the laboratory.

Both are looked up by a hash. One credential may be good for several suppliers: those that it was made for by number, or
all numbers of a sold-to account, later ones too. A certificate is kept, for its owner to find it again; of a token nothing is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pomona.keys.keyring import encode, token_hash
from pomona.keys.randomness import Rng
from pomona.registry import audit, suppliers
from pomona.registry.actors import Actor
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.registry.suppliers import ACTIONS, INSTALLATION, ShipTo, Supplier, canonical_sold_to
from pomona.store import Row, Tx

CredentialKind = Literal["TOKEN", "CERTIFICATE"]
Trouble = Literal["UNKNOWN", "REVOKED", "EXPIRED"]

_WHOLE_ACCOUNT = 0
"""Stands for the supplier of a credential that is bound to a sold-to account."""

_LEAST_ID = 8
_COLUMNS = (
    "c.hash, c.supplier_id, c.sold_to, c.ship_tos, c.kind, c.name, c.own, c.created_at, c.expires_at, c.revoked_at,"
    " coalesce(s.number, '')"
)
_SELECT = f"SELECT {_COLUMNS} FROM supplier_credential c LEFT JOIN supplier s ON s.id = c.supplier_id"


@dataclass(frozen=True, slots=True)
class Credential:
    """What is known of one, without the secret. Times are milliseconds; `expires_at` None for one that does not.

    `id` are the hexadecimal digits of its hash, of a certificate its SHA-256 fingerprint. It is good for the supplier
    `number` or for all of the account `sold_to`; with `ship_tos` under those ship-to numbers only. `own`: a certificate
    that the supplier brought, not one of ours.
    """

    id: str
    supplier_id: int
    sold_to: str
    ship_tos: tuple[str, ...]
    kind: CredentialKind
    name: str
    own: bool
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    number: str

    def state(self, now: int) -> Literal["GOOD", "REVOKED", "EXPIRED"]:
        """Whether it may be used at a time."""
        if self.revoked_at is not None:
            return "REVOKED"
        return "EXPIRED" if self.expires_at is not None and self.expires_at <= now else "GOOD"


@dataclass(frozen=True, slots=True)
class Bounds:
    """For what a credential is good: suppliers, or a whole sold-to account; with `ship_tos` under those only."""

    suppliers: Sequence[Supplier] = ()
    sold_to: str = ""
    ship_tos: Sequence[str] = ()


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
    add(tx, Bounds(of), "TOKEN", token_hash(token), name=name, expires_at=expires_at, actor=actor, now=now)
    return token


def add(
    tx: Tx,
    bounds: Bounds,
    kind: CredentialKind,
    hash: bytes,
    *,
    name: str = "",
    certificate: bytes | None = None,
    own: bool = False,
    expires_at: int | None = None,
    actor: Actor,
    now: int,
) -> None:
    """Keeps a credential by its hash: a token's, or the SHA-256 of a certificate's DER, which comes along.

    Raises `Invalid` for bounds that are none or name ship-to numbers that cannot be, `Duplicate` for what is registered.
    """
    if not bounds.suppliers and not bounds.sold_to:
        raise Invalid("A credential is for at least one supplier or for a sold-to account.", field="number")
    sold_to = canonical_sold_to(bounds.sold_to) if bounds.sold_to else ""
    ship_tos = " ".join(sorted({suppliers.canonical_ship_to(each) for each in bounds.ship_tos}))
    tx.lock(INSTALLATION)
    if tx.row("SELECT 1 FROM supplier_credential WHERE hash = $1", hash) is not None:
        raise Duplicate("This certificate is registered already.", field="certificate")
    subjects = {supplier.id: supplier.subject for supplier in bounds.suppliers}
    if sold_to:
        subjects[_WHOLE_ACCOUNT] = audit.Subject("SOLD_TO", sold_to, sold_to)
    for supplier_id, subject in subjects.items():
        account = "" if supplier_id else sold_to
        tx.execute(
            "INSERT INTO supplier_credential (hash, supplier_id, sold_to, ship_tos, kind, name, certificate, own, created_at,"
            " expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            *(hash, supplier_id, account, ship_tos, kind, name, certificate, int(own), now, expires_at),
        )
        audit.record(tx, INSTALLATION, "SUPPLIER_CREDENTIAL_ADDED", actor, subject, now=now,
                     after={"kind": kind, "name": name, **({"id": hash.hex()} if certificate else {})})  # fmt: skip


def revoke(tx: Tx, supplier: Supplier, kind: CredentialKind, *, actor: Actor, now: int) -> int:
    """Ends all credentials of a kind that a supplier has by its number; gives how many there were."""
    count = tx.execute(
        "UPDATE supplier_credential SET revoked_at = $1 WHERE supplier_id = $2 AND kind = $3 AND revoked_at IS NULL",
        *(now, supplier.id, kind),
    )
    if count:
        audit.record(tx, INSTALLATION, "SUPPLIER_CREDENTIAL_REVOKED", actor, supplier.subject, now=now,
                     before={"kind": kind})  # fmt: skip
    return count


def revoke_one(tx: Tx, id: str, *, actor: Actor, now: int) -> Credential:
    """Ends one credential, for whomever it is good. `id` may be its first digits, at least eight.

    Raises `NotFound`, and `Invalid` for what is too short or fits several.
    """
    found = find(tx, id)
    hash = bytes.fromhex(found.id)
    if found.revoked_at is None:
        tx.execute("UPDATE supplier_credential SET revoked_at = $1 WHERE hash = $2", now, hash)
        kind, name = ("SUPPLIER", found.number) if found.number else ("SOLD_TO", found.sold_to)
        audit.record(tx, INSTALLATION, "SUPPLIER_CREDENTIAL_REVOKED", actor, audit.Subject(kind, name, name), now=now,
                     before={"kind": found.kind, "name": found.name, "id": found.id})  # fmt: skip
    return replace(found, revoked_at=found.revoked_at or now)


def find(tx: Tx, id: str) -> Credential:
    """By the first digits of its id; of one that is good for several suppliers, as the first's. See `revoke_one`."""
    digits = id.replace(":", "").strip().lower()
    if len(digits) < _LEAST_ID or set(digits) - set("0123456789abcdef"):
        raise Invalid(
            f"'{id[:80]}' is no credential's id; expected its first eight hexadecimal digits.", field="id"
        )
    low, high = bytes.fromhex(digits.ljust(64, "0")[:64]), bytes.fromhex(digits.ljust(64, "f")[:64])
    found = [
        _credential(row)
        for row in tx.rows(
            f"{_SELECT} WHERE c.hash >= $1 AND c.hash <= $2 ORDER BY c.hash, c.supplier_id", low, high
        )
    ]
    if not found:
        raise NotFound("credential", id)
    if len({each.id for each in found}) > 1:
        raise Invalid(f"Several credentials begin with '{digits}'; give more of its digits.", field="id")
    return found[0]


def holders(tx: Tx, hash: bytes, now: int) -> list[Supplier]:
    """The suppliers that a credential is good for now, each with the ship-to numbers that it may name.

    None for a credential that is unknown, expired or revoked.
    """
    rows = tx.rows(
        "SELECT supplier_id, sold_to, ship_tos FROM supplier_credential WHERE hash = $1 AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > $2)",
        *(hash, now),
    )
    bounds = {row[0]: row[2] for row in rows if row[0] != _WHOLE_ACCOUNT}
    for _, sold_to, ship_tos in (row for row in rows if row[0] == _WHOLE_ACCOUNT):
        members = tx.rows("SELECT id FROM supplier WHERE sold_to = $1 AND sold_to <> ''", sold_to)
        bounds = {id: ship_tos for (id,) in members} | bounds
    found = suppliers.of_ids(tx, sorted(bounds)) if bounds else []
    return [_bounded(supplier, bounds[supplier.id].split()) for supplier in found]


def trouble(tx: Tx, hash: bytes, now: int) -> tuple[Trouble, int] | None:
    """Why a credential is good for nobody, and since when (milliseconds, 0 for one nobody knows); None for a good one."""
    row = tx.row(
        "SELECT max(revoked_at), max(expires_at), count(*) FROM supplier_credential WHERE hash = $1", hash
    )
    assert row is not None
    revoked_at, expires_at, known = row
    if not known:
        return "UNKNOWN", 0
    if revoked_at is not None:
        return "REVOKED", revoked_at
    return ("EXPIRED", expires_at) if expires_at is not None and expires_at <= now else None


def of_supplier(tx: Tx, supplier_id: int) -> list[Credential]:
    """All that a supplier has or had, its sold-to account's among them, oldest first."""
    rows = tx.rows(
        f"{_SELECT} WHERE c.supplier_id = $1 OR (c.supplier_id = 0 AND c.sold_to ="
        " (SELECT sold_to FROM supplier WHERE id = $1)) ORDER BY c.created_at, c.hash",
        supplier_id,
    )
    return [_credential(row) for row in rows]


def all_of_them(tx: Tx, kind: CredentialKind = "CERTIFICATE", *, limit: int = 1000) -> list[Credential]:
    """Every supplier's credentials of a kind, newest first; one for several suppliers stands once for each."""
    sql = f"{_SELECT} WHERE c.kind = $1 ORDER BY c.created_at DESC, c.hash, c.supplier_id LIMIT $2"
    return [_credential(row) for row in tx.rows(sql, kind, limit)]


def _bounded(supplier: Supplier, ship_tos: Sequence[str]) -> Supplier:
    if not ship_tos:
        return supplier
    if not supplier.ship_tos:
        return replace(supplier, ship_tos=tuple(ShipTo(each, True, ACTIONS) for each in ship_tos))
    allowed = tuple(each for each in supplier.ship_tos if each.number in ship_tos)
    # Of an account that has none of them left nothing may be named: an empty tuple would allow everything.
    return replace(supplier, ship_tos=allowed or (ShipTo("", False, ()),))


def _credential(row: Row) -> Credential:
    hash, supplier_id, sold_to, ship_tos, kind, name, own, *rest = row
    values = (bytes(hash).hex(), supplier_id, sold_to, tuple(ship_tos.split()), kind, name, bool(own), *rest)
    return Credential(*values)
