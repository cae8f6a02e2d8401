"""Installer packages that an organisation has for its Macs: where each lies, and its hash."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit, blueprint_links
from pomona.registry.actors import Actor
from pomona.registry.blueprint_links import Relation
from pomona.registry.errors import Invalid, NotFound
from pomona.registry.naming import checked_name, checked_text
from pomona.store import Row, Tx

_COLUMNS = (
    "id, organization_id, uuid, name, url, hash, bundle_ids, version, description, created_at, updated_at"
)
_MOST_BUNDLES = 100
_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is told of a package; `hash` is whatever the organisation writes there, SHA-256 in hexadecimal mostly."""

    name: str
    url: str
    hash: str = ""
    bundle_ids: Sequence[str] = ()
    version: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """`uuid` is the public id."""

    id: int
    organization_id: int
    uuid: str
    about: About
    created_at: int
    updated_at: int

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("PACKAGE", self.uuid, self.about.name)


def add(tx: Tx, organization_id: int, about: About, *, actor: Actor, now: int, rng: Rng) -> Package:
    """Adds a package. Raises `Invalid` for a value that cannot be."""
    tx.lock(organization_id)
    uuid = uuid4(rng)
    tx.execute(
        "INSERT INTO package (organization_id, uuid, name, url, hash, bundle_ids, version, description, created_at,"
        " updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        *(organization_id, uuid, *_row(about), now),
    )
    made = get(tx, organization_id, uuid)
    audit.record(tx, organization_id, "PACKAGE_ADDED", actor, made.subject, now=now, after=made.about)
    return made


def update(tx: Tx, package: Package, changes: dict[str, object], *, actor: Actor, now: int) -> Package:
    """Changes some fields of what is told of a package. Raises `Invalid`."""
    package = _held(tx, package)
    about = replace(package.about, **changes)  # type: ignore[arg-type]
    tx.execute(
        "UPDATE package SET name = $1, url = $2, hash = $3, bundle_ids = $4, version = $5, description = $6,"
        " updated_at = $7 WHERE id = $8",
        *(*_row(about), now, package.id),
    )
    audit.record(tx, package.organization_id, "PACKAGE_UPDATED", actor, package.subject, now=now,
                 before=package.about, after=about)  # fmt: skip
    return get(tx, package.organization_id, package.uuid)


def delete(tx: Tx, package: Package, *, actor: Actor, now: int) -> None:
    """Takes a package away. Raises `InUse` while a blueprint has it."""
    package = _held(tx, package)
    blueprint_links.check_unused(tx, Relation.PACKAGES, package.id, "package")
    tx.execute("DELETE FROM package WHERE id = $1", package.id)
    audit.record(tx, package.organization_id, "PACKAGE_DELETED", actor, package.subject, now=now)


def get(tx: Tx, organization_id: int, uuid: str) -> Package:
    """By public id. Raises `NotFound`."""
    sql = f"SELECT {_COLUMNS} FROM package WHERE organization_id = $1 AND uuid = $2"
    row = tx.row(sql, organization_id, uuid.lower())
    if row is None:
        raise NotFound("package", uuid)
    return _package(row)


def find(tx: Tx, organization_id: int, text: str) -> Package:
    """By public id or by a name that only one has. Raises `NotFound`, and `Invalid` when several have it."""
    sql = f"SELECT {_COLUMNS} FROM package WHERE organization_id = $1 AND (uuid = $2 OR name = $2) ORDER BY id LIMIT 2"
    rows = tx.rows(sql, organization_id, text.strip())
    if not rows:
        raise NotFound("package", text)
    if len(rows) > 1:
        raise Invalid(f"Several packages are called '{text}'; say which one by its id.", field="name")
    return _package(rows[0])


def of_organization(tx: Tx, organization_id: int, *, after: int = 0, limit: int = 1000) -> list[Package]:
    """Packages in the order they were added; `after` is an internal id."""
    sql = f"SELECT {_COLUMNS} FROM package WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    return [_package(row) for row in tx.rows(sql, organization_id, after, limit)]


def by_ids(tx: Tx, ids: Sequence[int]) -> list[Package]:
    """Those with some internal ids, in their order."""
    sql = (
        f"SELECT {_COLUMNS} FROM package WHERE id IN (SELECT c0 FROM {tx.each('$1', 'bigint')} e) ORDER BY id"
    )
    return [_package(row) for row in tx.rows(sql, tx.pack([(id,) for id in ids]))]


def _held(tx: Tx, package: Package) -> Package:
    """As it is now, held until the transaction ends. Raises `NotFound` when it is gone by now."""
    tx.lock(package.organization_id)
    return get(tx, package.organization_id, package.uuid)


def _row(about: About) -> tuple[object, ...]:
    url = checked_text(about.url.strip(), "url", 2_000)
    if not url.startswith("https://"):
        raise Invalid(
            "Devices fetch a package by https: expected an address like https://…/name.pkg.", field="url"
        )
    bundles = [checked_name(id, "bundle_ids") for id in about.bundle_ids]
    if len(bundles) > _MOST_BUNDLES:
        raise Invalid(f"A package names at most {_MOST_BUNDLES} bundle ids.", field="bundle_ids")
    return (
        checked_name(about.name),
        url,
        checked_text(about.hash, "hash", 200),
        _json(bundles).decode(),
        checked_text(about.version, "version", 100),
        checked_text(about.description, "description"),
    )


def _package(row: Row) -> Package:
    about = About(
        name=row[3], url=row[4], hash=row[5], bundle_ids=tuple(msgspec.json.decode(row[6])), version=row[7],
        description=row[8],
    )  # fmt: skip
    return Package(row[0], row[1], row[2], about, row[9], row[10])
