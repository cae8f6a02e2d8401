"""Certificate authorities that Pomona keeps: an organisation's own for its devices, and the simulated factory's.

The registry holds them as bytes; who uses one makes it, seals its key and opens it again.
"""

from typing import NamedTuple

from pomona.store import Tx

INSTALLATION = 0
"""Stands for the organisation of an authority that belongs to the whole installation."""

FACTORY = "factory"
"""Signs the identities that simulated devices are born with; an authority of the installation."""

DEVICES = "devices"
"""Signs the identities of an organisation's enrolled devices and talks SCEP to them."""

SUPPLIERS = "suppliers"
"""Signs the client certificates that suppliers submit orders with; an authority of the installation."""


class StoredAuthority(NamedTuple):
    """`certificate` is DER, `sealed_key` is bound to it."""

    certificate: bytes
    sealed_key: bytes


def find(tx: Tx, organization_id: int, name: str) -> StoredAuthority | None:
    """The authority of that name, or None while nobody needed it."""
    row = tx.row(
        "SELECT certificate, key FROM authority WHERE organization_id = $1 AND name = $2",
        *(organization_id, name),
    )
    return None if row is None else StoredAuthority(bytes(row[0]), bytes(row[1]))


def keep(tx: Tx, organization_id: int, name: str, made: StoredAuthority, *, now: int) -> StoredAuthority:
    """Keeps a new authority, unless somebody else was first: gives the one that counts from now on."""
    tx.execute(
        "INSERT INTO authority (organization_id, name, certificate, key, created_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (organization_id, name) DO NOTHING",
        *(organization_id, name, made.certificate, made.sealed_key, now),
    )
    kept = find(tx, organization_id, name)
    assert kept is not None
    return kept
