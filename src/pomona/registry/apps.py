"""Apps that an organisation has for its managed devices, by their number in the App Store."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from pomona.registry import audit, blueprint_links
from pomona.registry.actors import Actor
from pomona.registry.blueprint_links import Relation
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.registry.naming import checked_name, checked_text
from pomona.store import Row, Tx

SYSTEMS = ("UNSPECIFIED", "IPADOS", "IOS", "MACOS", "TVOS", "WATCHOS", "VISIONOS")
"""What an app may run on."""

_COLUMNS = (
    "id, organization_id, adam_id, name, bundle_id, version, website_url, store_url, systems, custom, created_at,"
    " updated_at"
)
_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is told of an app; `systems` are some of `SYSTEMS`, `custom` one made for the organisation."""

    name: str
    bundle_id: str = ""
    version: str = ""
    website_url: str = ""
    store_url: str = ""
    systems: Sequence[str] = ("UNSPECIFIED",)
    custom: bool = False


@dataclass(frozen=True, slots=True)
class App:
    """`adam_id` is the public id: the app's number in the App Store, digits."""

    id: int
    organization_id: int
    adam_id: str
    about: About
    created_at: int
    updated_at: int

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("APP", self.adam_id, self.about.name)


def add(tx: Tx, organization_id: int, adam_id: str, about: About, *, actor: Actor, now: int) -> App:
    """Adds an app. Raises `Invalid` for a number or a value that cannot be, `Duplicate` when it is there."""
    tx.lock(organization_id)
    if not re.fullmatch(r"[0-9]{1,20}", adam_id):
        raise Invalid(f"'{adam_id[:60]}' is no number of an app: expected 1 to 20 digits.", field="adam_id")
    sql = "SELECT id FROM app WHERE organization_id = $1 AND adam_id = $2"
    if tx.value(sql, organization_id, adam_id) is not None:
        raise Duplicate(f"The app {adam_id} is there already.", field="adam_id")
    tx.execute(
        "INSERT INTO app (organization_id, adam_id, name, bundle_id, version, website_url, store_url, systems, custom,"
        " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        *(organization_id, adam_id, *_row(about), now),
    )
    made = get(tx, organization_id, adam_id)
    audit.record(tx, organization_id, "APP_ADDED", actor, made.subject, now=now, after=made.about)
    return made


def update(tx: Tx, app: App, changes: dict[str, object], *, actor: Actor, now: int) -> App:
    """Changes some fields of what is told of an app. Raises `Invalid`."""
    app = _held(tx, app)
    about = replace(app.about, **changes)  # type: ignore[arg-type]
    tx.execute(
        "UPDATE app SET name = $1, bundle_id = $2, version = $3, website_url = $4, store_url = $5, systems = $6,"
        " custom = $7, updated_at = $8 WHERE id = $9",
        *(*_row(about), now, app.id),
    )
    audit.record(
        tx, app.organization_id, "APP_UPDATED", actor, app.subject, now=now, before=app.about, after=about
    )
    return get(tx, app.organization_id, app.adam_id)


def delete(tx: Tx, app: App, *, actor: Actor, now: int) -> None:
    """Takes an app away. Raises `InUse` while a blueprint has it."""
    app = _held(tx, app)
    blueprint_links.check_unused(tx, Relation.APPS, app.id, "app")
    tx.execute("DELETE FROM app WHERE id = $1", app.id)
    audit.record(tx, app.organization_id, "APP_DELETED", actor, app.subject, now=now)


def get(tx: Tx, organization_id: int, adam_id: str) -> App:
    """By number. Raises `NotFound`."""
    sql = f"SELECT {_COLUMNS} FROM app WHERE organization_id = $1 AND adam_id = $2"
    row = tx.row(sql, organization_id, adam_id)
    if row is None:
        raise NotFound("app", adam_id)
    return _app(row)


def of_organization(tx: Tx, organization_id: int, *, after: int = 0, limit: int = 1000) -> list[App]:
    """Apps in the order they were added; `after` is an internal id."""
    sql = f"SELECT {_COLUMNS} FROM app WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    return [_app(row) for row in tx.rows(sql, organization_id, after, limit)]


def by_ids(tx: Tx, ids: Sequence[int]) -> list[App]:
    """Those with some internal ids, in their order."""
    sql = f"SELECT {_COLUMNS} FROM app WHERE id IN (SELECT c0 FROM {tx.each('$1', 'bigint')} e) ORDER BY id"
    return [_app(row) for row in tx.rows(sql, tx.pack([(id,) for id in ids]))]


def _held(tx: Tx, app: App) -> App:
    """As it is now, held until the transaction ends. Raises `NotFound` when it is gone by now."""
    tx.lock(app.organization_id)
    return get(tx, app.organization_id, app.adam_id)


def _row(about: About) -> tuple[object, ...]:
    systems = [system.strip().upper() for system in about.systems] or ["UNSPECIFIED"]
    for system in systems:
        if system not in SYSTEMS:
            raise Invalid(f"'{system}' is no system; expected some of {', '.join(SYSTEMS)}.", field="systems")
    texts = (
        checked_text(value, field, 500)
        for field, value in (
            ("bundle_id", about.bundle_id),
            ("version", about.version),
            ("website_url", about.website_url),
            ("store_url", about.store_url),
        )
    )
    return (checked_name(about.name), *texts, _json(systems).decode(), int(about.custom))


def _app(row: Row) -> App:
    about = About(
        name=row[3], bundle_id=row[4], version=row[5], website_url=row[6], store_url=row[7],
        systems=tuple(msgspec.json.decode(row[8])), custom=bool(row[9]),
    )  # fmt: skip
    return App(row[0], row[1], row[2], about, row[10], row[11])
