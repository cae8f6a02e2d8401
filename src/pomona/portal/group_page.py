"""One group: who is in it, and putting people in or taking them out."""

from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.group_list import line, unit_names
from pomona.portal.paging import number_of
from pomona.portal.people_list import line as person_line
from pomona.portal.visit import Visit
from pomona.registry import people, user_groups
from pomona.registry.user_groups import Group
from pomona.store import Tx

PAGE = 100


def show(tx: Tx, visit: Visit) -> Answer:
    """The group and a page of its members."""
    group = _group(tx, visit)
    after = number_of(visit.query, "after")
    found = user_groups.members(tx, group, after=after or 0, limit=PAGE + 1)
    context = {
        "group": line(group, unit_names(tx, visit)),
        "members": [person_line(person) for person in found[:PAGE]],
        "after": found[PAGE - 1].id if len(found) > PAGE else None,
        "first": after is None,
    }
    return Shown("group_page.html", context)


def add_member(tx: Tx, visit: Visit) -> Answer:
    """Puts a person into the group."""
    group = _group(tx, visit)
    person = people.find(tx, visit.organization_id, visit.form.text("email"))
    user_groups.add_member(tx, group, person, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/groups/{group.uuid}", "member-added")


def remove_member(tx: Tx, visit: Visit) -> Answer:
    """Takes a person out of the group."""
    group = _group(tx, visit)
    person = people.get(tx, visit.organization_id, visit.form.text("person"))
    user_groups.remove_member(tx, group, person, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/groups/{group.uuid}", "member-removed")


def delete(tx: Tx, visit: Visit) -> Answer:
    """Takes the group away, out of blueprints too."""
    user_groups.delete(tx, _group(tx, visit), actor=visit.actor, now=visit.now)
    return Moved("/portal/groups", "group-deleted")


def _group(tx: Tx, visit: Visit) -> Group:
    return user_groups.get(tx, visit.organization_id, visit.path["uuid"])
