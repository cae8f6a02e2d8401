"""Groups of people with a Managed Apple Account: STANDARD ones, whose members are chosen, and SMART ones with a rule.

Each is in a unit; that says whose it is and does not limit who can be a member.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit, blueprint_links, organizational_units, people, smart_groups
from pomona.registry.actors import Actor
from pomona.registry.blueprint_links import Relation
from pomona.registry.errors import Duplicate, Forbidden, Invalid, NotFound
from pomona.registry.naming import checked_name
from pomona.registry.organizational_units import Unit
from pomona.registry.people import Person, checked_role
from pomona.registry.smart_groups import Rule
from pomona.store import Row, Tx

Kind = Literal["STANDARD", "SMART"]

_GROUPS = (
    "SELECT g.id, g.organization_id, g.uuid, u.uuid, g.name, g.kind, g.rule, g.member_count, g.created_at, g.updated_at"
    " FROM user_group g JOIN organizational_unit u ON u.id = g.unit_id"
)
_SELECT = f"{_GROUPS} WHERE g.organization_id = $1"


@dataclass(frozen=True, slots=True)
class Group:
    """`uuid` is the public id, `unit` that of its unit; `rule` is None for a STANDARD group."""

    id: int
    organization_id: int
    uuid: str
    unit: str
    name: str
    kind: Kind
    rule: Rule | None
    member_count: int
    created_at: int
    updated_at: int

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("USER_GROUP", self.uuid, self.name)


def create(
    tx: Tx,
    organization_id: int,
    name: str,
    *,
    unit: Unit | None = None,
    rule: Rule | None = None,
    actor: Actor,
    now: int,
    rng: Rng,
) -> Group:
    """Makes a group: SMART with a `rule`, otherwise STANDARD and empty; without a `unit` it is in the root.

    Raises `Invalid` for a name or a rule that cannot be and `Duplicate` for a name that is taken.
    """
    tx.lock(organization_id)
    unit = unit or organizational_units.root(tx, organization_id)
    uuid, name = uuid4(rng), _free_name(tx, organization_id, name)
    text = None if rule is None else smart_groups.encoded(_checked(tx, organization_id, rule))
    tx.execute(
        "INSERT INTO user_group (organization_id, uuid, unit_id, name, kind, rule, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        *(organization_id, uuid, unit.id, name, "STANDARD" if rule is None else "SMART", text, now),
    )
    made = get(tx, organization_id, uuid)
    if made.rule is not None:
        smart_groups.fill(tx, organization_id, made.id, made.rule, now)
    after = {"name": made.name, "kind": made.kind, "rule": made.rule}
    audit.record(tx, organization_id, "USER_GROUP_CREATED", actor, made.subject, now=now, after=after)
    return get(tx, organization_id, uuid)


def update(
    tx: Tx, group: Group, *, name: str | None = None, rule: Rule | None = None, actor: Actor, now: int
) -> Group:
    """Changes what is given. Raises `Invalid`, `Duplicate`, and `Forbidden` for a rule of a STANDARD group."""
    group = _held(tx, group)
    new_name, new_rule = group.name, group.rule
    if name is not None and name.strip() != group.name:
        new_name = _free_name(tx, group.organization_id, name)
    if rule is not None:
        if group.kind != "SMART":
            raise Forbidden("A STANDARD group has no rule; make a SMART one.")
        new_rule = _checked(tx, group.organization_id, rule)
    text = None if new_rule is None else smart_groups.encoded(new_rule)
    sql = "UPDATE user_group SET name = $1, rule = $2, updated_at = $3 WHERE id = $4"
    tx.execute(sql, new_name, text, now, group.id)
    if new_rule is not None and new_rule != group.rule:
        smart_groups.fill(tx, group.organization_id, group.id, new_rule, now)
    audit.record(
        tx, group.organization_id, "USER_GROUP_UPDATED", actor, group.subject, now=now,
        before={"name": group.name, "rule": group.rule}, after={"name": new_name, "rule": new_rule},
    )  # fmt: skip
    return get(tx, group.organization_id, group.uuid)


def delete(tx: Tx, group: Group, *, actor: Actor, now: int) -> None:
    """Takes a group away, out of blueprints too; its members are people as before."""
    group = _held(tx, group)
    blueprint_links.drop(tx, Relation.USER_GROUPS, group.id)
    tx.execute("DELETE FROM user_group_member WHERE group_id = $1", group.id)
    tx.execute("DELETE FROM user_group WHERE id = $1", group.id)
    audit.record(tx, group.organization_id, "USER_GROUP_DELETED", actor, group.subject, now=now)


def add_member(tx: Tx, group: Group, person: Person, *, actor: Actor, now: int) -> None:
    """Puts a person into a STANDARD group; nothing happens when they are in it.

    Raises `Forbidden` for a SMART group and `Invalid` for a person without a Managed Apple Account.
    """
    _refuse_smart(group)
    group = _held(tx, group)
    if not person.managed:
        raise Invalid(f"{person.email} has no Managed Apple Account; only those can be in groups.")
    sql = "INSERT INTO user_group_member (group_id, account_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    if tx.execute(sql, group.id, person.id):
        _count(tx, group, 1, now)
        after = {"person": person.email}
        audit.record(tx, group.organization_id, "USER_GROUP_MEMBER_ADDED", actor, group.subject, now=now, after=after)  # fmt: skip


def remove_member(tx: Tx, group: Group, person: Person, *, actor: Actor, now: int) -> None:
    """Takes a person out of a STANDARD group. Raises `Forbidden` for a SMART one, `NotFound` when they are not in it."""
    _refuse_smart(group)
    group = _held(tx, group)
    sql = "DELETE FROM user_group_member WHERE group_id = $1 AND account_id = $2"
    if not tx.execute(sql, group.id, person.id):
        raise NotFound("member of the group", person.email)
    _count(tx, group, -1, now)
    before = {"person": person.email}
    audit.record(tx, group.organization_id, "USER_GROUP_MEMBER_REMOVED", actor, group.subject, now=now, before=before)  # fmt: skip


def get(tx: Tx, organization_id: int, uuid: str) -> Group:
    """By public id. Raises `NotFound`."""
    return _one(tx, organization_id, "g.uuid = $2", uuid.lower(), uuid)


def find(tx: Tx, organization_id: int, text: str) -> Group:
    """By public id or name, as a person would say it. Raises `NotFound`."""
    return _one(tx, organization_id, "(g.uuid = $2 OR g.name = $2)", text.strip(), text)


def of_organization(tx: Tx, organization_id: int, *, after: int = 0, limit: int = 1000) -> list[Group]:
    """Groups in the order they were made; `after` is an internal id."""
    rows = tx.rows(f"{_SELECT} AND g.id > $2 ORDER BY g.id LIMIT $3", organization_id, after, limit)
    return [_group(row) for row in rows]


def members(tx: Tx, group: Group, *, after: int = 0, limit: int = 1000) -> list[Person]:
    """Who is in a group, in the order they were added to the organisation; `after` is a person's internal id."""
    rows = tx.rows(
        "SELECT account_id FROM user_group_member WHERE group_id = $1 AND account_id > $2 ORDER BY account_id LIMIT $3",
        *(group.id, after, limit),
    )
    return people.by_ids(tx, [id for (id,) in rows])


def by_ids(tx: Tx, ids: Sequence[int]) -> list[Group]:
    """Those with some internal ids, in their order."""
    sql = f"{_GROUPS} WHERE g.id IN (SELECT c0 FROM {tx.each('$1', 'bigint')} e) ORDER BY g.id"
    return [_group(row) for row in tx.rows(sql, tx.pack([(id,) for id in ids]))]


def _held(tx: Tx, group: Group) -> Group:
    """As it is now, held until the transaction ends. Raises `NotFound` when it is gone by now."""
    tx.lock(group.organization_id)
    return get(tx, group.organization_id, group.uuid)


def _refuse_smart(group: Group) -> None:
    if group.kind == "SMART":
        raise Forbidden(f"The members of '{group.name}' follow from its rule; change the rule.")


def _count(tx: Tx, group: Group, change: int, now: int) -> None:
    sql = "UPDATE user_group SET member_count = member_count + $1, updated_at = $2 WHERE id = $3"
    tx.execute(sql, change, now, group.id)


def _checked(tx: Tx, organization_id: int, rule: Rule) -> Rule:
    unit = ""
    if rule.unit:
        try:
            unit = organizational_units.find(tx, organization_id, rule.unit).uuid
        except NotFound as problem:
            raise Invalid(str(problem), field="rule") from None
    roles = tuple(checked_role(role).value for role in rule.roles)
    return Rule(roles, tuple(status.strip().upper() for status in rule.statuses), unit)


def _free_name(tx: Tx, organization_id: int, name: str) -> str:
    name = checked_name(name)
    sql = "SELECT id FROM user_group WHERE organization_id = $1 AND name = $2"
    if tx.value(sql, organization_id, name) is not None:
        raise Duplicate(f"There is a group '{name}' already; choose another name.", field="name")
    return name


def _one(tx: Tx, organization_id: int, where: str, param: object, said: str) -> Group:
    row = tx.row(f"{_SELECT} AND {where}", organization_id, param)
    if row is None:
        raise NotFound("group", said)
    return _group(row)


def _group(row: Row) -> Group:
    values = (*row[:6], None if row[6] is None else smart_groups.decoded(row[6]), *row[7:])
    return Group(*values)
