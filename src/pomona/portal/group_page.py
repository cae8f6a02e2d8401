"""One group: who is in it, and putting people in or taking them out."""

from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.group_list import line, unit_names
from pomona.portal.paging import page_of
from pomona.portal.people_list import line as person_line
from pomona.portal.visit import Visit
from pomona.registry import people, user_groups
from pomona.registry.user_groups import Group
from pomona.store import Tx


def show(tx: Tx, visit: Visit) -> Answer:
    """The group and a page of its members."""
    group = _group(tx, visit)
    page = page_of(visit.query, lambda after, limit: user_groups.members(tx, group, after=after, limit=limit))
    context = {
        "group": line(group, unit_names(tx, visit)),
        "members": [person_line(person) for person in page.rows],
        **page.links,
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
