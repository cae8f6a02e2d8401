"""Groups of people, and the form that makes one."""

from typing import Any

from pomona.portal import wording
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.paging import page_of
from pomona.portal.visit import Visit
from pomona.registry import organizational_units, user_groups
from pomona.registry.people import Role, Status
from pomona.registry.smart_groups import Rule
from pomona.registry.user_groups import Group
from pomona.store import Tx


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of groups in the order they were made; `?after=` is the number of the last one seen."""
    page = page_of(
        visit.query,
        lambda after, limit: user_groups.of_organization(tx, visit.organization_id, after=after, limit=limit),
    )
    units = unit_names(tx, visit)
    context = {
        "groups": [line(group, units) for group in page.rows],
        **page.links,
    }
    return Shown("group_list.html", context)


def line(group: Group, units: dict[str, str]) -> dict[str, Any]:
    """What a list shows of a group; `units` are the names of units by id."""
    return {
        "uuid": group.uuid,
        "name": group.name,
        "smart": group.kind == "SMART",
        "rule": "" if group.rule is None else _spoken(group.rule, units),
        "members": group.member_count,
        "unit": units.get(group.unit, ""),
        "created": group.created_at,
    }


def unit_names(tx: Tx, visit: Visit) -> dict[str, str]:
    """The names of the organisation's units by id."""
    return {unit.uuid: unit.name for unit in organizational_units.of_organization(tx, visit.organization_id)}


def form(tx: Tx, visit: Visit) -> Answer:
    """The form for a new group."""
    context = {
        "units": organizational_units.of_organization(tx, visit.organization_id),
        "roles": [_choice(visit, "roles", role) for role in Role],
        "statuses": [_choice(visit, "statuses", status) for status in Status],
    }
    return Shown("group_add.html", context)


def add(tx: Tx, visit: Visit) -> Answer:
    """Makes the group: SMART when anything of a rule was chosen."""
    form, owner = visit.form, visit.organization_id
    rule = Rule(tuple(form.texts("roles")), tuple(form.texts("statuses")), form.text("in_unit"))
    unit = form.text("unit")
    made = user_groups.create(
        tx,
        owner,
        form.text("name"),
        unit=organizational_units.get(tx, owner, unit) if unit else None,
        rule=None if rule == Rule() else rule,
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    return Moved(f"/portal/groups/{made.uuid}", "group-added")


def _choice(visit: Visit, field: str, value: str) -> dict[str, Any]:
    return {"name": value, "label": wording.sentence(value), "chosen": value in visit.form.texts(field)}


def _spoken(rule: Rule, units: dict[str, str]) -> str:
    parts = [" or ".join(wording.sentence(word) for word in words) for words in (rule.roles, rule.statuses)]
    if rule.unit:
        parts.append(f"in {units.get(rule.unit, 'a unit')}")
    return ", ".join(part for part in parts if part)
