"""One unit: who is in it with which role, and putting people in or taking them out."""

from typing import Any

from pomona.portal import wording
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.paging import page_of
from pomona.portal.people_list import checked_role, roles
from pomona.portal.people_list import line as person_line
from pomona.portal.visit import Visit
from pomona.registry import organizational_units, people
from pomona.registry.organizational_units import Member, Unit
from pomona.store import Tx


def show(tx: Tx, visit: Visit) -> Answer:
    """The unit and a page of its members."""
    unit = _unit(tx, visit)
    page = page_of(
        visit.query, lambda after, limit: organizational_units.members(tx, unit, after=after, limit=limit)
    )
    context = {
        "unit": unit,
        "members": [_line(member) for member in page.rows],
        "roles": roles(visit),
        **page.links,
    }
    return Shown("unit_page.html", context)


def set_member(tx: Tx, visit: Visit) -> Answer:
    """Puts a person into the unit, or gives them another role in it."""
    unit = _unit(tx, visit)
    person = people.find(tx, visit.organization_id, visit.form.text("email"))
    role = checked_role(visit)
    organizational_units.set_member(tx, unit, person, role, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/units/{unit.uuid}", "member-added")


def remove_member(tx: Tx, visit: Visit) -> Answer:
    """Takes a person out of the unit."""
    unit = _unit(tx, visit)
    person = people.get(tx, visit.organization_id, visit.form.text("person"))
    organizational_units.remove_member(tx, unit, person, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/units/{unit.uuid}", "member-removed")


def delete(tx: Tx, visit: Visit) -> Answer:
    """Takes the unit away; refused while a group needs it."""
    organizational_units.delete(tx, _unit(tx, visit), actor=visit.actor, now=visit.now)
    return Moved("/portal/units", "unit-deleted")


def _unit(tx: Tx, visit: Visit) -> Unit:
    return organizational_units.get(tx, visit.organization_id, visit.path["uuid"])


def _line(member: Member) -> dict[str, Any]:
    return person_line(member.person) | {"role": wording.sentence(member.role)}
