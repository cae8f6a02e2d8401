"""Organisational units: everybody is in the first one, the root, with the role of their account; further units have members
of their own, each with a role there.

The root's public id is the Organisation ID; the others' are UUIDs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit, people, smart_groups
from pomona.registry.actors import Actor
from pomona.registry.errors import Duplicate, Forbidden, InUse, Invalid, NotFound
from pomona.registry.naming import checked_name, checked_text
from pomona.registry.people import Person, checked_role
from pomona.store import Tx

_COLUMNS = "id, organization_id, uuid, root, name, description, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class Unit:
    """`uuid` is the public id; `root` marks the unit that everybody is in."""

    id: int
    organization_id: int
    uuid: str
    root: int
    name: str
    description: str
    created_at: int
    updated_at: int

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("UNIT", self.uuid, self.name)


class Member(NamedTuple):
    """A person in a unit, and their role there."""

    person: Person
    role: str

    @property
    def id(self) -> int:
        """The person's internal id, which lists go by."""
        return self.person.id


def create(
    tx: Tx, organization_id: int, name: str, *, description: str = "", actor: Actor, now: int, rng: Rng
) -> Unit:
    """Makes a unit without members. Raises `Invalid` for a name that cannot be and `Duplicate` for one that is taken."""
    tx.lock(organization_id)
    uuid = uuid4(rng)
    name = _free_name(tx, organization_id, name)
    tx.execute(
        "INSERT INTO organizational_unit (organization_id, uuid, name, description, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $5)",
        *(organization_id, uuid, name, checked_text(description, "description"), now),
    )
    made = get(tx, organization_id, uuid)
    after = {"name": made.name, "description": made.description}
    audit.record(tx, organization_id, "UNIT_CREATED", actor, made.subject, now=now, after=after)
    return made


def make_root(tx: Tx, organization_id: int, number: str, name: str, *, now: int) -> None:
    """Makes the unit that everybody of a new organisation is in; its id is the Organisation ID."""
    tx.execute(
        "INSERT INTO organizational_unit (organization_id, uuid, root, name, description, created_at, updated_at)"
        " VALUES ($1, $2, 1, $3, '', $4, $4)",
        *(organization_id, number, name, now),
    )


def update(
    tx: Tx, unit: Unit, *, name: str | None = None, description: str | None = None, actor: Actor, now: int
) -> Unit:
    """Changes what is given, of the root too. Raises `Invalid` and `Duplicate`."""
    unit = _held(tx, unit)
    new_name = unit.name
    if name is not None and name.strip() != unit.name:
        new_name = _free_name(tx, unit.organization_id, name)
    told = unit.description if description is None else checked_text(description, "description")
    sql = "UPDATE organizational_unit SET name = $1, description = $2, updated_at = $3 WHERE id = $4"
    tx.execute(sql, new_name, told, now, unit.id)
    audit.record(
        tx, unit.organization_id, "UNIT_UPDATED", actor, unit.subject, now=now,
        before={"name": unit.name, "description": unit.description},
        after={"name": new_name, "description": told},
    )  # fmt: skip
    return get(tx, unit.organization_id, unit.uuid)


def delete(tx: Tx, unit: Unit, *, actor: Actor, now: int) -> None:
    """Takes a unit away; its members stay in the root. Raises `Forbidden` for the root, `InUse` while it has groups or a
    SMART group's rule names it."""
    unit = _held(tx, unit)
    if unit.root:
        raise Forbidden("Everybody is in the first unit; it cannot be deleted.")
    user = tx.value("SELECT name FROM user_group WHERE unit_id = $1 LIMIT 1", unit.id)
    user = user or smart_groups.naming(tx, unit.organization_id, unit.uuid)
    if user is not None:
        raise InUse(f"The group '{user}' needs this unit; change or delete the group first.")
    members = tx.rows("SELECT account_id FROM unit_member WHERE unit_id = $1 ORDER BY account_id", unit.id)
    tx.execute("DELETE FROM unit_member WHERE unit_id = $1", unit.id)
    tx.execute("DELETE FROM organizational_unit WHERE id = $1", unit.id)
    smart_groups.refresh(tx, unit.organization_id, [id for (id,) in members], now)
    audit.record(tx, unit.organization_id, "UNIT_DELETED", actor, unit.subject, now=now)


def set_member(tx: Tx, unit: Unit, person: Person, role: str, *, actor: Actor, now: int) -> None:
    """Puts a person into a unit, or gives them another role in it.

    Raises `Invalid` for an unknown role or a person without a Managed Apple Account, `Forbidden` for the root, where the
    account's own role counts.
    """
    unit = _held(tx, unit)
    if unit.root:
        raise Forbidden("Everybody is in the first unit already, with the role of their account.")
    if not person.managed:
        raise Invalid(f"{person.email} has no Managed Apple Account; only those can be in units.")
    given = checked_role(role)
    tx.execute("DELETE FROM unit_member WHERE unit_id = $1 AND account_id = $2", unit.id, person.id)
    sql = "INSERT INTO unit_member (unit_id, account_id, role) VALUES ($1, $2, $3)"
    tx.execute(sql, unit.id, person.id, given.value)
    smart_groups.refresh(tx, unit.organization_id, [person.id], now)
    after = {"person": person.email, "role": given}
    audit.record(tx, unit.organization_id, "UNIT_MEMBER_SET", actor, unit.subject, now=now, after=after)


def remove_member(tx: Tx, unit: Unit, person: Person, *, actor: Actor, now: int) -> None:
    """Takes a person out of a unit. Raises `NotFound` when they are not in it, `Forbidden` for the root."""
    unit = _held(tx, unit)
    if unit.root:
        raise Forbidden("Nobody can leave the first unit.")
    if not tx.execute("DELETE FROM unit_member WHERE unit_id = $1 AND account_id = $2", unit.id, person.id):
        raise NotFound("member of the unit", person.email)
    smart_groups.refresh(tx, unit.organization_id, [person.id], now)
    before = {"person": person.email}
    audit.record(tx, unit.organization_id, "UNIT_MEMBER_REMOVED", actor, unit.subject, now=now, before=before)


def get(tx: Tx, organization_id: int, uuid: str) -> Unit:
    """By public id. Raises `NotFound`."""
    return _one(tx, organization_id, "uuid = $2", uuid.lower(), uuid)


def find(tx: Tx, organization_id: int, text: str) -> Unit:
    """By public id or name, as a person would say it. Raises `NotFound`."""
    return _one(tx, organization_id, "(uuid = $2 OR name = $2)", text.strip(), text)


def root(tx: Tx, organization_id: int) -> Unit:
    """The unit that everybody is in."""
    return _one(tx, organization_id, "root = $2", 1, "root")


def of_organization(tx: Tx, organization_id: int, *, after: int = 0, limit: int = 1000) -> list[Unit]:
    """Units in the order they were made, the root first; `after` is an internal id."""
    sql = f"SELECT {_COLUMNS} FROM organizational_unit WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    return [Unit(*row) for row in tx.rows(sql, organization_id, after, limit)]


def members(tx: Tx, unit: Unit, *, after: int = 0, limit: int = 1000) -> list[Member]:
    """Who is in a unit, in the order they were added to the organisation; `after` is a person's internal id."""
    if unit.root:
        select = "SELECT id, role FROM account WHERE organization_id = $1 AND managed = 1 AND id > $2 ORDER BY id LIMIT $3"
    else:
        select = "SELECT account_id, role FROM unit_member WHERE unit_id = $1 AND account_id > $2 ORDER BY account_id LIMIT $3"
    rows = tx.rows(select, unit.organization_id if unit.root else unit.id, after, limit)
    found = people.by_ids(tx, [id for id, _ in rows])
    return [Member(person, role) for person, (_, role) in zip(found, rows, strict=True)]


def roles(tx: Tx, persons: Iterable[Person]) -> dict[int, list[tuple[str, str]]]:
    """Role and unit (public id) of each person's memberships, the root first, by the person's internal id."""
    listed = list(persons)
    if not listed:
        return {}
    first = root(tx, listed[0].organization_id).uuid
    found = {person.id: [(person.role.value, first)] for person in listed}
    rows = tx.rows(
        "SELECT m.account_id, m.role, u.uuid FROM"
        f" {tx.each('$1', 'bigint')} e JOIN unit_member m ON m.account_id = e.c0"
        " JOIN organizational_unit u ON u.id = m.unit_id ORDER BY m.account_id, m.unit_id",
        tx.pack([(person.id,) for person in listed]),
    )
    for account_id, role, uuid in rows:
        found[account_id].append((role, uuid))
    return found


def _held(tx: Tx, unit: Unit) -> Unit:
    """As it is now, held until the transaction ends. Raises `NotFound` when it is gone by now."""
    tx.lock(unit.organization_id)
    return get(tx, unit.organization_id, unit.uuid)


def _free_name(tx: Tx, organization_id: int, name: str) -> str:
    name = checked_name(name)
    sql = "SELECT id FROM organizational_unit WHERE organization_id = $1 AND name = $2"
    if tx.value(sql, organization_id, name) is not None:
        raise Duplicate(f"There is a unit '{name}' already; choose another name.", field="name")
    return name


def _one(tx: Tx, organization_id: int, where: str, param: object, said: str) -> Unit:
    row = tx.row(
        f"SELECT {_COLUMNS} FROM organizational_unit WHERE organization_id = $1 AND {where}",
        *(organization_id, param),
    )
    if row is None:
        raise NotFound("unit", said)
    return Unit(*row)
