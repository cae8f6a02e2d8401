"""What a blueprint has, for people: names beside ids, and how many of each kind."""

from typing import NamedTuple

from pomona.registry.blueprint_links import Relation
from pomona.store import Tx

KINDS = {
    "apps": Relation.APPS,
    "configurations": Relation.CONFIGURATIONS,
    "packages": Relation.PACKAGES,
    "devices": Relation.ORG_DEVICES,
    "users": Relation.USERS,
    "groups": Relation.USER_GROUPS,
}
"""What people call the relationships."""

_SHOWN = {
    Relation.APPS: ("app t", "t.adam_id, t.name"),
    Relation.CONFIGURATIONS: ("configuration t", "t.uuid, t.name"),
    Relation.PACKAGES: ("package t", "t.uuid, t.name"),
    Relation.ORG_DEVICES: ("device t", "t.serial, (SELECT p.model FROM product p WHERE p.id = t.product_id)"),
    Relation.USERS: ("account t", "t.uuid, t.email"),
    Relation.USER_GROUPS: ("user_group t", "t.uuid, t.name"),
}


class Content(NamedTuple):
    """One thing in a blueprint; `id` is the internal number that lists go by, `name` a device's model."""

    id: int
    public_id: str
    name: str


def page(
    tx: Tx, blueprint_id: int, relation: Relation, *, after: int = 0, limit: int = 1000
) -> list[Content]:
    """What a relationship has, in order; `after` is the internal number of the last one seen."""
    table, shown = _SHOWN[relation]
    rows = tx.rows(
        f"SELECT l.target_id, {shown} FROM blueprint_link l JOIN {table} ON t.id = l.target_id"
        " WHERE l.blueprint_id = $1 AND l.relation = $2 AND l.target_id > $3 ORDER BY l.target_id LIMIT $4",
        *(blueprint_id, int(relation), after, limit),
    )
    return [Content(*row) for row in rows]


def counts(tx: Tx, blueprint_id: int) -> dict[str, int]:
    """How many of each kind there are. Takes the longer the more there are."""
    sql = "SELECT relation, count(*) FROM blueprint_link WHERE blueprint_id = $1 GROUP BY relation"
    found: dict[int, int] = dict(tx.rows(sql, blueprint_id))
    return {kind: found.get(int(relation), 0) for kind, relation in KINDS.items()}
