"""Rules for arriving devices: where they go, beyond the one default for each kind. The first rule that matches decides.

A rule that no device matches any more costs an arrival nothing, and a device that matches none goes where the default
assignment says.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from pomona.catalogue.kinds import Kind
from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.registry.arrival_conditions import Conditions
from pomona.registry.errors import Duplicate, Invalid, LimitExceeded, NotFound
from pomona.registry.naming import checked_name
from pomona.registry.services import Service
from pomona.store import Row, Tx

MOST = 200
"""Rules that an organisation may have."""

Target = Service | Literal["unassigned"]
"""Where a rule's devices go."""

_COLUMNS = (
    "r.id, r.organization_id, r.uuid, r.place, r.name, r.enabled, r.conditions, r.unassigned, r.service_id,"
    " r.created_at, r.updated_at"
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Conditions).decode


class Rule(NamedTuple):
    """A rule. `place` counts from 1; devices that match go to the service with that internal id, or to none when it is
    `unassigned`; with neither its service is gone, and it has to be given another before it can be enabled."""

    id: int
    organization_id: int
    uuid: str
    place: int
    name: str
    enabled: bool
    conditions: Conditions
    unassigned: bool
    service_id: int | None
    created_at: int
    updated_at: int

    @property
    def works(self) -> bool:
        """Whether it decides about devices."""
        return self.enabled and (self.unassigned or self.service_id is not None)

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("ARRIVAL_RULE", self.uuid, self.name)


def of_organization(tx: Tx, organization_id: int) -> list[Rule]:
    """All rules in their order."""
    sql = f"SELECT {_COLUMNS} FROM arrival_rule r WHERE r.organization_id = $1 ORDER BY r.place, r.id"
    return [_rule(row) for row in tx.rows(sql, organization_id)]


def get(tx: Tx, organization_id: int, text: str) -> Rule:
    """By public id, else by exact name. Raises `NotFound`."""
    rules = of_organization(tx, organization_id)
    for known in ({rule.uuid: rule for rule in rules}, {rule.name: rule for rule in rules}):
        if text in known:
            return known[text]
    raise NotFound("rule", text)


def create(
    tx: Tx,
    organization_id: int,
    name: str,
    conditions: Conditions,
    target: Target,
    *,
    place: int | None = None,
    enabled: bool = True,
    actor: Actor,
    now: int,
    rng: Rng,
) -> Rule:
    """Makes a rule at a place, the last one by default. Devices that are here already stay where they are.

    Raises `Invalid` for a name, condition or service that cannot be, `Duplicate` for a name that is taken, `LimitExceeded`.
    """
    tx.lock(organization_id)
    rules = of_organization(tx, organization_id)
    if len(rules) >= MOST:
        raise LimitExceeded(f"An organisation may have {MOST} rules; remove one that is not used.")
    name = _free_name(rules, name)
    uuid = uuid4(rng)
    tx.execute(
        "INSERT INTO arrival_rule (organization_id, uuid, place, name, enabled, conditions, unassigned, service_id,"
        " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        *(organization_id, uuid, len(rules) + 1, name, int(enabled), _encode(conditions.checked()).decode()),
        *(*_stored(target), now),
    )
    if place is not None:
        _put(tx, [rule.uuid for rule in rules], uuid, place)
    made = get(tx, organization_id, uuid)
    audit.record(
        tx, organization_id, "ARRIVAL_RULE_CREATED", actor, made.subject, now=now, after=_told(tx, made)
    )
    return made


def update(
    tx: Tx,
    rule: Rule,
    *,
    name: str | None = None,
    conditions: Conditions | None = None,
    target: Target | None = None,
    enabled: bool | None = None,
    actor: Actor,
    now: int,
) -> Rule:
    """Changes what is given. Raises as `create` does, and `Invalid` for enabling a rule whose service is gone."""
    tx.lock(rule.organization_id)
    rule = get(tx, rule.organization_id, rule.uuid)
    rules = of_organization(tx, rule.organization_id)
    before = _told(tx, rule)
    new_name = rule.name if name is None else _free_name([each for each in rules if each.id != rule.id], name)
    unassigned, service_id = (int(rule.unassigned), rule.service_id) if target is None else _stored(target)
    works = rule.enabled if enabled is None else enabled
    if works and not unassigned and service_id is None:
        raise Invalid(f"The service of '{rule.name}' is gone; choose another first.", field="target")
    kept = rule.conditions if conditions is None else conditions.checked()
    tx.execute(
        "UPDATE arrival_rule SET name = $1, enabled = $2, conditions = $3, unassigned = $4, service_id = $5,"
        " updated_at = $6 WHERE id = $7",
        *(new_name, int(works), _encode(kept).decode(), unassigned, service_id, now, rule.id),
    )
    changed = get(tx, rule.organization_id, rule.uuid)
    audit.record(tx, rule.organization_id, "ARRIVAL_RULE_UPDATED", actor, changed.subject, now=now, before=before,
                 after=_told(tx, changed))  # fmt: skip
    return changed


def move(tx: Tx, rule: Rule, place: int, *, actor: Actor, now: int) -> Rule:
    """Puts a rule at another place, counted from 1; one beyond the last is the last."""
    tx.lock(rule.organization_id)
    rule = get(tx, rule.organization_id, rule.uuid)
    rules = of_organization(tx, rule.organization_id)
    _put(tx, [each.uuid for each in rules if each.id != rule.id], rule.uuid, place)
    moved = get(tx, rule.organization_id, rule.uuid)
    if moved.place != rule.place:
        audit.record(tx, rule.organization_id, "ARRIVAL_RULE_MOVED", actor, moved.subject, now=now,
                     before={"place": rule.place}, after={"place": moved.place})  # fmt: skip
    return moved


def remove(tx: Tx, rule: Rule, *, actor: Actor, now: int) -> None:
    """Forgets a rule. Devices stay where it sent them."""
    tx.lock(rule.organization_id)
    rule = get(tx, rule.organization_id, rule.uuid)
    told = _told(tx, rule)
    tx.execute("DELETE FROM arrival_rule WHERE id = $1", rule.id)
    _number(tx, [each.uuid for each in of_organization(tx, rule.organization_id)])
    audit.record(tx, rule.organization_id, "ARRIVAL_RULE_DELETED", actor, rule.subject, now=now, before=told)


def _free_name(rules: Sequence[Rule], name: str) -> str:
    name = checked_name(name)
    if any(rule.name == name for rule in rules):
        raise Duplicate(f"A rule named '{name}' exists already; choose another name.", field="name")
    return name


def _stored(target: Target) -> tuple[int, int | None]:
    """The columns `unassigned` and `service_id`."""
    if target == "unassigned":
        return 1, None
    if target.kind == "APPLE_CONFIGURATOR":
        raise Invalid(
            f"'{target.name}' is a placeholder; choose a service that manages devices.", field="target"
        )
    return 0, target.id


def _put(tx: Tx, others: list[str], uuid: str, place: int) -> None:
    at = max(0, min(place - 1, len(others)))
    _number(tx, [*others[:at], uuid, *others[at:]])


def _number(tx: Tx, uuids: list[str]) -> None:
    tx.execute(
        f"UPDATE arrival_rule SET place = e.n + 1 FROM {tx.each('$1')} e WHERE arrival_rule.uuid = e.v",
        tx.pack(uuids),
    )


def _told(tx: Tx, rule: Rule) -> dict[str, object]:
    """What the audit log keeps of a rule."""
    name = tx.value("SELECT name FROM service WHERE id = $1", rule.service_id) if rule.service_id else None
    conditions = msgspec.to_builtins(rule.conditions)
    if rule.conditions.kind:
        conditions["kind"] = Kind(rule.conditions.kind).label
    return {
        "name": rule.name,
        "place": rule.place,
        "enabled": rule.enabled,
        "conditions": conditions,
        "service": "unassigned" if rule.unassigned else name,
    }


def _rule(row: Row) -> Rule:
    values = (*row[:5], bool(row[5]), _decode(row[6]), bool(row[7]), *row[8:])
    return Rule(*values)
