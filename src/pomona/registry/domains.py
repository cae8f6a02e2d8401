"""Domains of an organisation: its reserved one, and those it has shown to be its own.

Managed Apple Accounts live in them, and account-driven enrolment finds the organisation by them. Several organisations
may verify the same domain.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from pomona.keys.keyring import encode
from pomona.keys.randomness import Rng
from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.registry.errors import Duplicate, Forbidden, InUse, Invalid, NotFound
from pomona.store import Row, Tx

PROOF_LIFE = 14 * 86_400_000
"""Milliseconds within which a domain must be verified; after that its proof is made anew."""

TXT_PREFIX = "apple-domain-verification="

RESERVED_SUFFIX = "pomona.test"
"""What stands for the registry's own domain of reserved domains; `test` names resolve nowhere (RFC 2606)."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_COLUMNS = "name, organization_id, reserved, proof, proof_expires_at, added_at, verified_at, verified_by"


@dataclass(frozen=True, slots=True)
class Domain:
    """`name` is lower-case ASCII. `verified_by` is `dns`, `operator` or `reserved`; times are milliseconds."""

    name: str
    organization_id: int
    reserved: bool
    proof: str
    proof_expires_at: int
    added_at: int
    verified_at: int | None
    verified_by: str | None

    @property
    def txt(self) -> str:
        """The TXT record that has to stand at the domain."""
        return TXT_PREFIX + self.proof


def canonical(text: str) -> str:
    """A domain's one spelling: lower case, international names in their ASCII form. Raises `Invalid`."""
    name = text.strip().rstrip(".").lower()
    try:
        name = name.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Invalid(f"'{text[:100]}' is no domain name; expected one like example.com.", field="name")
    return name


def of_identifier(identifier: str) -> tuple[str, str]:
    """A user identifier parted at its last `@`: what stands before, and the canonical domain. Raises `Invalid`."""
    local, at, domain = identifier.strip().rpartition("@")
    if not at or not local:
        raise Invalid(f"'{identifier[:100]}' is no account name; expected one like name@example.com.",
                      field="email")  # fmt: skip
    return local, canonical(domain)


def add(tx: Tx, organization_id: int, text: str, *, actor: Actor, now: int, rng: Rng) -> Domain:
    """Adds a domain to be verified; one that waits already gets a fresh proof once its old one ran out.

    Raises `Invalid` for what is no domain name and `Duplicate` for one that is verified.
    """
    tx.lock(organization_id)
    name = canonical(text)
    known = _find(tx, organization_id, name)
    if known is not None and known.verified_at is not None:
        raise Duplicate(f"The domain {name} is verified already.", field="name")
    if known is not None and known.proof_expires_at > now:
        return known
    tx.execute(
        "INSERT INTO domain (name, organization_id, proof, proof_expires_at, added_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (organization_id, name) DO UPDATE SET proof = excluded.proof,"
        " proof_expires_at = excluded.proof_expires_at, warned_days = NULL",
        *(name, organization_id, encode(rng(18)), now + PROOF_LIFE, now),
    )
    _record(tx, organization_id, "DOMAIN_ADDED", name, actor, now)
    return get(tx, organization_id, name)


def reserve(tx: Tx, organization_id: int, slug: str, *, now: int, rng: Rng) -> Domain:
    """Gives a new organisation its reserved domain, which needs no proof and never goes."""
    name = f"{slug}.{RESERVED_SUFFIX}"
    tx.execute(
        "INSERT INTO domain (name, organization_id, reserved, proof, proof_expires_at, added_at, verified_at,"
        " verified_by) VALUES ($1, $2, 1, $3, $4, $4, $4, 'reserved')",
        *(name, organization_id, encode(rng(18)), now),
    )
    return get(tx, organization_id, name)


def verify(
    tx: Tx, organization_id: int, text: str, records: Collection[str], *, actor: Actor, now: int
) -> Domain:
    """Verifies a domain by the TXT `records` that a name server gave for it.

    Does nothing to one that is verified. Raises `NotFound`, and `Invalid` when the proof is not among the records
    (code `PROOF_NOT_FOUND`) or ran out (`PROOF_EXPIRED`).
    """
    domain = get(tx, organization_id, text)
    if domain.verified_at is not None:
        return domain
    if domain.proof_expires_at <= now:
        raise Invalid(
            f"The proof for {domain.name} ran out; add the domain again for a new one.", code="PROOF_EXPIRED"
        )
    if domain.txt not in {record.strip() for record in records}:
        raise Invalid(
            f"No TXT record of {domain.name} is '{domain.txt}'; a new record may take hours to be seen everywhere.",
            code="PROOF_NOT_FOUND",
        )
    return _verified(tx, domain, "dns", actor, now)


def vouch(tx: Tx, organization_id: int, text: str, *, actor: Actor, now: int) -> Domain:
    """Takes an operator's word that a domain is the organisation's; the audit log keeps that it was no more than that."""
    domain = get(tx, organization_id, text)
    if domain.verified_at is not None:
        return domain
    return _verified(tx, domain, "operator", actor, now)


def remove(tx: Tx, organization_id: int, text: str, *, actor: Actor, now: int) -> None:
    """Gives a domain up. Raises `NotFound`, `Forbidden` for the reserved one, `InUse` while accounts are in it."""
    tx.lock(organization_id)
    domain = get(tx, organization_id, text)
    if domain.reserved:
        raise Forbidden(f"{domain.name} is the organisation's reserved domain and stays.")
    used = tx.value(
        "SELECT email FROM account WHERE organization_id = $1 AND managed = 1 AND email LIKE $2 LIMIT 1",
        *(organization_id, f"%@{domain.name}"),
    )
    if used is not None:
        raise InUse(f"{domain.name} has accounts, such as {used}; rename or delete them first.")
    tx.execute("DELETE FROM domain WHERE organization_id = $1 AND name = $2", organization_id, domain.name)
    _record(tx, organization_id, "DOMAIN_REMOVED", domain.name, actor, now)


def get(tx: Tx, organization_id: int, text: str) -> Domain:
    """By name. Raises `NotFound` or `Invalid`."""
    name = canonical(text)
    domain = _find(tx, organization_id, name)
    if domain is None:
        raise NotFound("domain", name)
    return domain


def of_organization(tx: Tx, organization_id: int, *, after: str = "", limit: int = 1000) -> list[Domain]:
    """Domains by name, a page at a time."""
    sql = f"SELECT {_COLUMNS} FROM domain WHERE organization_id = $1 AND name > $2 ORDER BY name LIMIT $3"
    return [_domain(row) for row in tx.rows(sql, organization_id, after, limit)]


def is_verified(tx: Tx, organization_id: int, name: str) -> bool:
    """Whether a canonical name is a verified domain of the organisation."""
    domain = _find(tx, organization_id, name)
    return domain is not None and domain.verified_at is not None


def holders(tx: Tx, name: str) -> list[int]:
    """The organisations that verified a canonical name, the first one to do so first."""
    rows = tx.rows(
        "SELECT organization_id FROM domain WHERE name = $1 AND verified_at IS NOT NULL"
        " ORDER BY verified_at, organization_id",
        name,
    )
    return [int(row[0]) for row in rows]


def _verified(tx: Tx, domain: Domain, how: str, actor: Actor, now: int) -> Domain:
    tx.execute(
        "UPDATE domain SET verified_at = $1, verified_by = $2 WHERE organization_id = $3 AND name = $4",
        *(now, how, domain.organization_id, domain.name),
    )
    after = {"verified_by": how}
    _record(tx, domain.organization_id, "DOMAIN_VERIFIED", domain.name, actor, now, after)
    return get(tx, domain.organization_id, domain.name)


def _find(tx: Tx, organization_id: int, name: str) -> Domain | None:
    sql = f"SELECT {_COLUMNS} FROM domain WHERE organization_id = $1 AND name = $2"
    row = tx.row(sql, organization_id, name)
    return None if row is None else _domain(row)


def _domain(row: Row) -> Domain:
    return Domain(row[0], row[1], bool(row[2]), *row[3:])


def _record(
    tx: Tx, organization_id: int, type: str, name: str, actor: Actor, now: int, after: object = None
) -> None:
    audit.record(tx, organization_id, type, actor, audit.Subject("DOMAIN", name, name), now=now, after=after)
