"""The six relationships of blueprints: what each holds ("resources") and whom it is for ("members").

Only what the organisation has can be linked; ids of anything else are dropped in silence, as at Apple.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from pomona.registry.devices import first_number, last_number
from pomona.registry.errors import InUse
from pomona.store import Tx


class Relation(IntEnum):
    """The relationships; the numbers are kept and never change."""

    APPS = 1
    CONFIGURATIONS = 2
    PACKAGES = 3
    ORG_DEVICES = 4
    USERS = 5
    USER_GROUPS = 6


RESOURCES = (Relation.APPS, Relation.CONFIGURATIONS, Relation.PACKAGES)
MEMBERS = (Relation.ORG_DEVICES, Relation.USERS, Relation.USER_GROUPS)


class _Target(NamedTuple):
    """Where the targets of a relationship are: a table, its public id, and what else holds for those that may be linked."""

    table: str
    public: str
    condition: str = ""


_TARGETS = {
    Relation.APPS: _Target("app", "adam_id"),
    Relation.CONFIGURATIONS: _Target("configuration", "uuid"),
    Relation.PACKAGES: _Target("package", "uuid"),
    Relation.USERS: _Target("account", "uuid", " AND t.managed = 1"),
    Relation.USER_GROUPS: _Target("user_group", "uuid"),
}


def add(tx: Tx, organization_id: int, blueprint_id: int, relation: Relation, ids: Sequence[str]) -> int:
    """Links what the public ids name and the organisation has; gives how many links are new."""
    selection, params = _selection(tx, organization_id, relation, ids, first=3)
    return tx.execute(
        "INSERT INTO blueprint_link (blueprint_id, relation, target_id)"
        f" SELECT DISTINCT CAST($1 AS BIGINT), CAST($2 AS BIGINT), id FROM ({selection}) found"
        " WHERE true ON CONFLICT DO NOTHING",
        *(blueprint_id, int(relation), *params),
    )


def remove(tx: Tx, organization_id: int, blueprint_id: int, relation: Relation, ids: Sequence[str]) -> int:
    """Takes links away; gives how many there were."""
    selection, params = _selection(tx, organization_id, relation, ids, first=1)
    keys = [(blueprint_id, int(relation), id) for (id,) in tx.rows(selection, *params)]
    # Whole keys, because PostgreSQL, where it has no statistics yet, takes a relationship for tiny and goes through all the
    # ids again for each of its links.
    return tx.execute(
        "DELETE FROM blueprint_link WHERE (blueprint_id, relation, target_id) IN"
        f" (SELECT c0, c1, c2 FROM {tx.each('$1', 'bigint', 'bigint', 'bigint')} e)",
        tx.pack(keys),
    )


def clear(tx: Tx, blueprint_id: int, relation: Relation | None = None) -> int:
    """Takes all links of a relationship away, or of every one; gives how many there were."""
    if relation is None:
        return tx.execute("DELETE FROM blueprint_link WHERE blueprint_id = $1", blueprint_id)
    sql = "DELETE FROM blueprint_link WHERE blueprint_id = $1 AND relation = $2"
    return tx.execute(sql, blueprint_id, int(relation))


def drop(tx: Tx, relation: Relation, target_id: int) -> None:
    """Something is gone: takes it out of every blueprint."""
    sql = "DELETE FROM blueprint_link WHERE relation = $1 AND target_id = $2"
    tx.execute(sql, int(relation), target_id)


def drop_devices(tx: Tx, chosen: str, *params: object) -> None:
    """Devices left their organisation: takes them out of its blueprints. `chosen` is SQL of their internal numbers, which
    are larger than those of anything else."""
    tx.execute(f"DELETE FROM blueprint_link WHERE target_id IN ({chosen})", *params)


def user_of(tx: Tx, relation: Relation, target_id: int) -> str | None:
    """The name of a blueprint that something is in, if there is any."""
    name: str | None = tx.value(
        "SELECT b.name FROM blueprint_link l JOIN blueprint b ON b.id = l.blueprint_id"
        " WHERE l.relation = $1 AND l.target_id = $2 ORDER BY b.id LIMIT 1",
        *(int(relation), target_id),
    )
    return name


def check_unused(tx: Tx, relation: Relation, target_id: int, word: str) -> None:
    """Raises `InUse` while a blueprint has something, a `word` such as "app"."""
    user = user_of(tx, relation, target_id)
    if user is not None:
        raise InUse(f"The blueprint '{user}' has this {word}; take it out first.")


def targets(tx: Tx, blueprint_id: int, relation: Relation, *, after: int = 0, limit: int = 1000) -> list[int]:
    """Internal numbers of what is linked, in their order; `after` is the last one seen."""
    rows = tx.rows(
        "SELECT target_id FROM blueprint_link WHERE blueprint_id = $1 AND relation = $2 AND target_id > $3"
        " ORDER BY target_id LIMIT $4",
        *(blueprint_id, int(relation), after, limit),
    )
    return [id for (id,) in rows]


def _selection(
    tx: Tx, organization_id: int, relation: Relation, ids: Sequence[str], *, first: int
) -> tuple[str, tuple[object, ...]]:
    """SQL of the internal numbers of what the ids name, and its parameters, which are numbered from `first`."""
    ids = [id for id in ids if id.isascii() and id.isprintable()]
    each, one, two = tx.each(f"${first}"), f"${first + 1}", f"${first + 2}"
    if relation is Relation.ORG_DEVICES:
        sql = (
            f"SELECT o.device_id AS id FROM {each} e JOIN serial_owner o ON o.serial = e.v"
            f" AND o.device_id BETWEEN {one} AND {two}"
        )
        serials = tx.pack([id.upper() for id in ids])
        return sql, (serials, first_number(organization_id), last_number(organization_id))
    target = _TARGETS[relation]
    sql = (
        f"SELECT t.id FROM {each} e JOIN {target.table} t ON t.{target.public} = e.v"
        f" AND t.organization_id = {one}{target.condition}"
    )
    return sql, (tx.pack([id.lower() for id in ids]), organization_id)
