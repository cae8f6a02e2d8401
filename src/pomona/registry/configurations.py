"""Configurations: profiles that blueprints hold for managed devices. Pomona's are all of the type CUSTOM_SETTING."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit, blueprint_links
from pomona.registry.actors import Actor
from pomona.registry.blueprint_links import Relation
from pomona.registry.configuration_profiles import Profile, checked_platforms
from pomona.registry.errors import Invalid, NotFound
from pomona.registry.naming import checked_name
from pomona.store import Row, Tx

TYPE = "CUSTOM_SETTING"
"""The only type that can be made by API, and here at all."""

SUFFIX = ".mobileconfig"
_COLUMNS = "id, organization_id, uuid, name, filename, platforms, version, created_at, updated_at"
_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Configuration:
    """`uuid` is the public id; `version` counts changes from 1; the profile itself is read by `profile_text`."""

    id: int
    organization_id: int
    uuid: str
    name: str
    filename: str
    platforms: list[str]
    version: int
    created_at: int
    updated_at: int

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("DEVICE_MANAGEMENT_SETTING", self.uuid, self.name)


def create(
    tx: Tx,
    organization_id: int,
    name: str,
    profile: Profile,
    *,
    filename: str | None = None,
    platforms: Sequence[str] | None = None,
    actor: Actor,
    now: int,
    rng: Rng,
) -> Configuration:
    """Keeps a profile. The file's name comes from the id and the platforms from the payloads unless they are given.

    Raises `Invalid` for a name, a file name or a platform that cannot be.
    """
    tx.lock(organization_id)
    uuid = uuid4(rng)
    chosen = profile.platforms if platforms is None else checked_platforms(platforms)
    file = f"{uuid}{SUFFIX}" if filename is None else checked_filename(filename)
    tx.execute(
        "INSERT INTO configuration (organization_id, uuid, name, filename, platforms, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $6)",
        *(organization_id, uuid, checked_name(name), file, _json(chosen).decode(), now),
    )
    made = get(tx, organization_id, uuid)
    sql = "INSERT INTO configuration_profile (configuration_id, text) VALUES ($1, $2)"
    tx.execute(sql, made.id, profile.text.encode())
    _record(tx, "CONFIG_SETTINGS_CREATED", made, actor, now)
    return made


def update(
    tx: Tx,
    configuration: Configuration,
    *,
    name: str | None = None,
    profile: Profile | None = None,
    filename: str | None = None,
    platforms: Sequence[str] | None = None,
    actor: Actor,
    now: int,
) -> Configuration:
    """Changes what is given and leaves the rest, the platforms too. Raises `Invalid`."""
    configuration = _held(tx, configuration)
    chosen = configuration.platforms if platforms is None else checked_platforms(platforms)
    tx.execute(
        "UPDATE configuration SET name = $1, filename = $2, platforms = $3, version = version + 1, updated_at = $4"
        " WHERE id = $5",
        configuration.name if name is None else checked_name(name),
        configuration.filename if filename is None else checked_filename(filename),
        _json(chosen).decode(),
        *(now, configuration.id),
    )
    if profile is not None:
        sql = "UPDATE configuration_profile SET text = $1 WHERE configuration_id = $2"
        tx.execute(sql, profile.text.encode(), configuration.id)
    changed = get(tx, configuration.organization_id, configuration.uuid)
    _record(tx, "CONFIG_SETTINGS_UPDATED", changed, actor, now)
    return changed


def delete(tx: Tx, configuration: Configuration, *, actor: Actor, now: int) -> None:
    """Takes a configuration away. Raises `InUse` while a blueprint has it."""
    configuration = _held(tx, configuration)
    blueprint_links.check_unused(tx, Relation.CONFIGURATIONS, configuration.id, "configuration")
    tx.execute("DELETE FROM configuration_profile WHERE configuration_id = $1", configuration.id)
    tx.execute("DELETE FROM configuration WHERE id = $1", configuration.id)
    _record(tx, "CONFIG_SETTINGS_DELETED", configuration, actor, now)


def get(tx: Tx, organization_id: int, uuid: str) -> Configuration:
    """By public id. Raises `NotFound`."""
    sql = f"SELECT {_COLUMNS} FROM configuration WHERE organization_id = $1 AND uuid = $2"
    row = tx.row(sql, organization_id, uuid.lower())
    if row is None:
        raise NotFound("configuration", uuid)
    return _configuration(row)


def find(tx: Tx, organization_id: int, text: str) -> Configuration:
    """By public id or by a name that only one has. Raises `NotFound`, and `Invalid` when several have it."""
    sql = (
        f"SELECT {_COLUMNS} FROM configuration WHERE organization_id = $1 AND (uuid = $2 OR name = $2)"
        " ORDER BY id LIMIT 2"
    )
    rows = tx.rows(sql, organization_id, text.strip())
    if not rows:
        raise NotFound("configuration", text)
    if len(rows) > 1:
        raise Invalid(f"Several configurations are called '{text}'; say which one by its id.", field="name")
    return _configuration(rows[0])


def of_organization(
    tx: Tx, organization_id: int, *, after: int = 0, limit: int = 1000
) -> list[Configuration]:
    """Configurations in the order they were made; `after` is an internal id."""
    sql = f"SELECT {_COLUMNS} FROM configuration WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    return [_configuration(row) for row in tx.rows(sql, organization_id, after, limit)]


def by_ids(tx: Tx, ids: Sequence[int]) -> list[Configuration]:
    """Those with some internal ids, in their order."""
    sql = f"SELECT {_COLUMNS} FROM configuration WHERE id IN (SELECT c0 FROM {tx.each('$1', 'bigint')} e) ORDER BY id"
    return [_configuration(row) for row in tx.rows(sql, tx.pack([(id,) for id in ids]))]


def profile_text(tx: Tx, configuration: Configuration) -> str:
    """The profile as it was sent: XML, or base64 of a property list."""
    sql = "SELECT text FROM configuration_profile WHERE configuration_id = $1"
    return bytes(tx.value(sql, configuration.id)).decode()


def checked_filename(name: str) -> str:
    """A file's name. Raises `Invalid` unless it ends in `.mobileconfig` and is a plain name of up to 255 characters."""
    if not name.endswith(SUFFIX) or len(name) == len(SUFFIX):
        raise Invalid(f"The file's name has to end in '{SUFFIX}'.", field="filename")
    if len(name) > 255 or not name.isprintable() or "/" in name or "\\" in name:
        raise Invalid("A file's name has at most 255 characters, and no slash among them.", field="filename")
    return name


def _held(tx: Tx, configuration: Configuration) -> Configuration:
    """As it is now, held until the transaction ends. Raises `NotFound` when it is gone by now."""
    tx.lock(configuration.organization_id)
    return get(tx, configuration.organization_id, configuration.uuid)


def _record(tx: Tx, type: str, configuration: Configuration, actor: Actor, now: int) -> None:
    told = {"configType": TYPE, "configId": configuration.uuid, "configVersion": str(configuration.version)}
    audit.record(tx, configuration.organization_id, type, actor, configuration.subject, now=now, after=told)


def _configuration(row: Row) -> Configuration:
    values = (*row[:5], msgspec.json.decode(row[5]), *row[6:])
    return Configuration(*values)
