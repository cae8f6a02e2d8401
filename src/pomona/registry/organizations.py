"""Organisations: each is a tenant of its own that shares nothing with the others but the table of serials."""

import re
from dataclasses import dataclass
from typing import Literal

from pomona.keys.randomness import Rng
from pomona.registry import audit, built_in_profile, domains, organizational_units, services
from pomona.registry.actors import Actor
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.store import Row, Tx

Kind = Literal["org", "edu"]

_COLUMNS = "id, number, slug, name, kind, email, phone, address, terms_pending, management, created_at"
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
BUILT_IN_SERVICE = "Pomona Device Management"


@dataclass(frozen=True, slots=True)
class Organization:
    """`number` is the Organisation ID (digits) that suppliers name as customer; `slug` stands in URLs; `management` says
    whether built-in device management is switched on."""

    id: int
    number: str
    slug: str
    name: str
    kind: Kind
    email: str
    phone: str
    address: str
    terms_pending: bool
    management: bool
    created_at: int


def create(
    tx: Tx,
    name: str,
    *,
    actor: Actor,
    now: int,
    rng: Rng,
    email: str = "",
    phone: str = "",
    address: str = "",
    kind: Kind = "org",
    number: str | None = None,
    slug: str | None = None,
) -> Organization:
    """Makes an organisation with its built-in device management service and its reserved domain.

    Raises `Invalid` for an empty name, a number that is not 1 to 32 digits or an unusable slug; `Duplicate` when the
    number or slug is taken.
    """
    name = name.strip()
    if not name or len(name) > 200:
        raise Invalid("An organisation needs a name of 1 to 200 characters.", field="name")
    tx.lock(0)
    number = number or _free_number(tx, rng)
    slug = slug or _free_slug(tx, name)
    _check(tx, number, slug)
    id = int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM organization"))
    tx.execute(
        "INSERT INTO organization (id, number, slug, name, kind, email, phone, address, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        *(id, number, slug, name, kind, email, phone, address, now),
    )
    service = services.add_built_in(tx, id, "APPLE_MDM", BUILT_IN_SERVICE, now=now, rng=rng)
    built_in_profile.make(tx, service, slug, now=now, rng=rng)
    domains.reserve(tx, id, slug, now=now, rng=rng)
    organizational_units.make_root(tx, id, number, name, now=now)
    subject = audit.Subject("ORGANIZATION", number, name)
    audit.record(tx, id, "ORGANIZATION_CREATED", actor, subject, now=now)
    return get(tx, id)


def get(tx: Tx, id: int) -> Organization:
    """By internal id. Raises `NotFound`."""
    return _one(tx, "id = $1", id, id)


def by_number(tx: Tx, number: str) -> Organization | None:
    """By Organisation ID."""
    row = tx.row(f"SELECT {_COLUMNS} FROM organization WHERE number = $1", number)
    return None if row is None else _organization(row)


def by_slug(tx: Tx, slug: str) -> Organization | None:
    """By the word that stands for it in URLs."""
    row = tx.row(f"SELECT {_COLUMNS} FROM organization WHERE slug = $1", slug)
    return None if row is None else _organization(row)


def find(tx: Tx, text: str | None) -> Organization:
    """By number, slug or exact name; without a text, the only one there is. Raises `NotFound` or `Invalid`."""
    if text:
        return _one(tx, "number = $1 OR slug = $1 OR name = $1", text, text)
    rows = tx.rows(f"SELECT {_COLUMNS} FROM organization ORDER BY id LIMIT 2")
    if len(rows) == 1:
        return _organization(rows[0])
    if not rows:
        raise NotFound("organisation", "any")
    raise Invalid(
        "There are several organisations; say which one by number, slug or name.", field="organization"
    )


def all_of_them(tx: Tx, *, after: int = 0, limit: int = 1000) -> list[Organization]:
    """Organisations by id, a page at a time."""
    sql = f"SELECT {_COLUMNS} FROM organization WHERE id > $1 ORDER BY id LIMIT $2"
    return [_organization(row) for row in tx.rows(sql, after, limit)]


def set_terms_pending(tx: Tx, id: int, pending: bool, *, actor: Actor, now: int) -> None:
    """Whether new terms wait to be accepted; while they do, services' sessions are refused."""
    organization = get(tx, id)
    tx.execute("UPDATE organization SET terms_pending = $1 WHERE id = $2", int(pending), id)
    subject = audit.Subject("ORGANIZATION", organization.number, organization.name)
    type = "TERMS_PENDING" if pending else "TERMS_ACCEPTED"
    audit.record(tx, id, type, actor, subject, now=now)


def set_management(tx: Tx, id: int, on: bool, *, actor: Actor, now: int) -> None:
    """Switches built-in device management on or off: apps, packages, configurations and blueprints need it."""
    organization = get(tx, id)
    tx.execute("UPDATE organization SET management = $1 WHERE id = $2", int(on), id)
    subject = audit.Subject("ORGANIZATION", organization.number, organization.name)
    type = "MANAGEMENT_SWITCHED_ON" if on else "MANAGEMENT_SWITCHED_OFF"
    audit.record(tx, id, type, actor, subject, now=now)


def has_management(tx: Tx, id: int) -> bool:
    """Whether built-in device management is switched on."""
    return bool(tx.value("SELECT management FROM organization WHERE id = $1", id))


def _one(tx: Tx, where: str, param: object, name: object) -> Organization:
    row = tx.row(f"SELECT {_COLUMNS} FROM organization WHERE {where}", param)
    if row is None:
        raise NotFound("organisation", name)
    return _organization(row)


def _organization(row: Row) -> Organization:
    values = (*row[:8], bool(row[8]), bool(row[9]), row[10])
    return Organization(*values)


def _check(tx: Tx, number: str, slug: str) -> None:
    if not re.fullmatch(r"[0-9]{1,32}", number):
        raise Invalid(f"'{number}' is no Organisation ID: expected 1 to 32 digits.", field="number")
    if not _SLUG.fullmatch(slug):
        raise Invalid(
            f"'{slug}' cannot stand in a URL: expected up to 40 of a-z, 0-9 and inner dashes.", field="slug"
        )
    if by_number(tx, number):
        raise Duplicate(
            f"The Organisation ID {number} is taken; choose another or leave it out.", field="number"
        )
    if by_slug(tx, slug):
        raise Duplicate(f"The slug '{slug}' is taken; choose another or leave it out.", field="slug")


def _free_number(tx: Tx, rng: Rng) -> str:
    while True:
        number = str(1_000_000 + int.from_bytes(rng(4)) % 9_000_000)
        if not by_number(tx, number):
            return number


def _free_slug(tx: Tx, name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32].strip("-") or "organisation"
    slug, n = base, 1
    while by_slug(tx, slug):
        n += 1
        slug = f"{base}-{n}"
    return slug
