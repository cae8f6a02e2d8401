"""Blueprints: which apps, configurations and packages are for which devices, people and groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit, blueprint_links
from pomona.registry.actors import Actor
from pomona.registry.blueprint_links import MEMBERS, RESOURCES, Relation
from pomona.registry.errors import Invalid, NotFound
from pomona.registry.naming import checked_name, checked_text
from pomona.store import Tx

_COLUMNS = "id, organization_id, uuid, name, description, created_at, updated_at"

Links = Mapping[Relation, Sequence[str]]
"""Public ids by relationship."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """`uuid` is the public id."""

    id: int
    organization_id: int
    uuid: str
    name: str
    description: str
    created_at: int
    updated_at: int

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("COLLECTION", self.uuid, self.name)


def create(
    tx: Tx,
    organization_id: int,
    name: str,
    *,
    description: str = "",
    links: Links,
    actor: Actor,
    now: int,
    rng: Rng,
) -> Blueprint:
    """Makes a blueprint with at least one resource and one member; ids of what the organisation has not are dropped.

    That it has both is judged by what is asked for, before anything is dropped. Raises `Invalid`.
    """
    tx.lock(organization_id)
    if lacking(links):
        raise Invalid(
            "A blueprint needs a resource (app, configuration, package) and a member (device, person, group)."
        )
    uuid = uuid4(rng)
    tx.execute(
        "INSERT INTO blueprint (organization_id, uuid, name, description, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $5)",
        *(organization_id, uuid, checked_name(name), checked_text(description, "description"), now),
    )
    made = get(tx, organization_id, uuid)
    added = {
        relation.name.lower(): blueprint_links.add(tx, organization_id, made.id, relation, ids)
        for relation, ids in links.items()
    }
    _record(tx, "COLLECTION_CREATED", made, actor, now, added=added)
    return made


def lacking(links: Links) -> list[str]:
    """What a new blueprint with these links would lack: `RESOURCES`, `MEMBERS`, both or nothing."""
    found = []
    for word, relations in (("RESOURCES", RESOURCES), ("MEMBERS", MEMBERS)):
        if not any(links.get(relation) for relation in relations):
            found.append(word)
    return found


def update(
    tx: Tx,
    blueprint: Blueprint,
    *,
    name: str | None = None,
    description: str | None = None,
    links: Links | None = None,
    actor: Actor,
    now: int,
) -> Blueprint:
    """Changes what is given; a relationship that is given holds exactly that afterwards. Raises `Invalid`."""
    blueprint = _held(tx, blueprint)
    sql = "UPDATE blueprint SET name = $1, description = $2, updated_at = $3 WHERE id = $4"
    tx.execute(
        sql,
        blueprint.name if name is None else checked_name(name),
        blueprint.description if description is None else checked_text(description, "description"),
        *(now, blueprint.id),
    )
    replaced = {}
    for relation, ids in (links or {}).items():
        blueprint_links.clear(tx, blueprint.id, relation)
        added = blueprint_links.add(tx, blueprint.organization_id, blueprint.id, relation, ids)
        replaced[relation.name.lower()] = added
    changed = get(tx, blueprint.organization_id, blueprint.uuid)
    _record(tx, "COLLECTION_UPDATED", changed, actor, now, replaced=replaced)
    return changed


def delete(tx: Tx, blueprint: Blueprint, *, actor: Actor, now: int) -> None:
    """Takes a blueprint away; what it linked stays."""
    blueprint = _held(tx, blueprint)
    blueprint_links.clear(tx, blueprint.id)
    tx.execute("DELETE FROM blueprint WHERE id = $1", blueprint.id)
    _record(tx, "COLLECTION_DELETED", blueprint, actor, now)


def link(
    tx: Tx, blueprint: Blueprint, relation: Relation, ids: Sequence[str], *, actor: Actor, now: int
) -> int:
    """Adds to a relationship what is not in it and the organisation has; gives how many are new."""
    blueprint = _held(tx, blueprint)
    count = blueprint_links.add(tx, blueprint.organization_id, blueprint.id, relation, ids)
    if count:
        _touch(tx, blueprint, now)
        _record(tx, "COLLECTION_UPDATED", blueprint, actor, now, added={relation.name.lower(): count})
    return count


def unlink(
    tx: Tx, blueprint: Blueprint, relation: Relation, ids: Sequence[str], *, actor: Actor, now: int
) -> int:
    """Takes out of a relationship what is in it; gives how many that were."""
    blueprint = _held(tx, blueprint)
    count = blueprint_links.remove(tx, blueprint.organization_id, blueprint.id, relation, ids)
    if count:
        _touch(tx, blueprint, now)
        _record(tx, "COLLECTION_UPDATED", blueprint, actor, now, removed={relation.name.lower(): count})
    return count


def get(tx: Tx, organization_id: int, uuid: str) -> Blueprint:
    """By public id. Raises `NotFound`."""
    sql = f"SELECT {_COLUMNS} FROM blueprint WHERE organization_id = $1 AND uuid = $2"
    row = tx.row(sql, organization_id, uuid.lower())
    if row is None:
        raise NotFound("blueprint", uuid)
    return Blueprint(*row)


def find(tx: Tx, organization_id: int, text: str) -> Blueprint:
    """By public id or by a name that only one has. Raises `NotFound`, and `Invalid` when several have it."""
    sql = (
        f"SELECT {_COLUMNS} FROM blueprint WHERE organization_id = $1 AND (uuid = $2 OR name = $2)"
        " ORDER BY id LIMIT 2"
    )
    rows = tx.rows(sql, organization_id, text.strip())
    if not rows:
        raise NotFound("blueprint", text)
    if len(rows) > 1:
        raise Invalid(f"Several blueprints are called '{text}'; say which one by its id.", field="name")
    return Blueprint(*rows[0])


def of_organization(tx: Tx, organization_id: int, *, after: int = 0, limit: int = 1000) -> list[Blueprint]:
    """Blueprints in the order they were made; `after` is an internal id."""
    sql = f"SELECT {_COLUMNS} FROM blueprint WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    return [Blueprint(*row) for row in tx.rows(sql, organization_id, after, limit)]


def _held(tx: Tx, blueprint: Blueprint) -> Blueprint:
    """As it is now, held until the transaction ends. Raises `NotFound` when it is gone by now."""
    tx.lock(blueprint.organization_id)
    return get(tx, blueprint.organization_id, blueprint.uuid)


def _touch(tx: Tx, blueprint: Blueprint, now: int) -> None:
    tx.execute("UPDATE blueprint SET updated_at = $1 WHERE id = $2", now, blueprint.id)


def _record(
    tx: Tx, type: str, blueprint: Blueprint, actor: Actor, now: int, **counts: dict[str, int]
) -> None:
    """`counts` says how many links of which relationship were `added`, `removed` or `replaced`."""
    after: dict[str, object] = {"name": blueprint.name, "description": blueprint.description}
    for word, each in counts.items():
        after |= {f"{word}_{relation}": count for relation, count in each.items()}
    audit.record(tx, blueprint.organization_id, type, actor, blueprint.subject, now=now, after=after)
