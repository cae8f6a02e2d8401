"""People of the organisation: their roles, and whether they may sign in."""

from typing import Any

from pomona.keys.passwords import hash_password
from pomona.portal import wording
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.paging import page_of
from pomona.portal.visit import Visit
from pomona.registry import domains, people
from pomona.registry.errors import Forbidden, Invalid
from pomona.registry.people import Person, Role, Status
from pomona.store import Tx

LOOKS = {Status.ACTIVE: "ok", Status.LOCKED: "bad", Status.INACTIVE: "off"}


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of people in the order they were added; `?after=` is the number of the last one seen."""
    page = page_of(
        visit.query,
        lambda after, limit: people.of_organization(tx, visit.organization_id, after=after, limit=limit),
    )
    context = {
        "people": [line(person) for person in page.rows],
        **page.links,
    }
    return Shown("people_list.html", context)


def line(person: Person) -> dict[str, Any]:
    """What a list shows of a person."""
    return {
        "uuid": person.uuid,
        "name": person.name,
        "email": person.email,
        "role": wording.sentence(person.role),
        "look": LOOKS[person.status],
        "state": wording.sentence(person.status),
        "managed": person.managed,
    }


def form(tx: Tx, visit: Visit) -> Answer:
    """The form for a new account."""
    found = domains.of_organization(tx, visit.organization_id)
    context = {
        "roles": roles(visit),
        "domains": [domain.name for domain in found if domain.verified_at is not None],
    }
    return Shown("person_add.html", context)


def weigh_password(visit: Visit) -> str | None:
    """The hash of the first password, if one was typed. Raises `Invalid` for one that will not do."""
    password = visit.form.secret("password")
    return hash_password(people.checked_password(password)) if password else None


def add(tx: Tx, visit: Visit) -> Answer:
    """Makes the account."""
    person = people.add(
        tx,
        visit.organization_id,
        visit.form.text("email"),
        first_name=visit.form.text("first_name"),
        last_name=visit.form.text("last_name"),
        role=checked_role(visit),
        password_hash=visit.prepared,
        managed=visit.form.ticked("managed"),
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    return Moved(f"/portal/people/{person.uuid}", "person-added")


def roles(visit: Visit) -> list[dict[str, str]]:
    """The roles that this person may give: nobody makes an administrator who is none."""
    return [{"name": role.value, "label": wording.sentence(role)} for role in Role if may_give(visit, role)]


def may_give(visit: Visit, role: str) -> bool:
    """Whether the visitor may make somebody, or act on somebody, with this role."""
    return visit.session.role == Role.ADMINISTRATOR or role not in (Role.ADMINISTRATOR, Role.IT_ADMINISTRATOR)


def checked_role(visit: Visit) -> str:
    """The role that was chosen. Raises `Invalid` when none was and `Forbidden` for one that is not the visitor's to give."""
    role = visit.form.text("role")
    if not role:
        raise Invalid("Choose a role.", field="role")
    if not may_give(visit, people.checked_role(role)):
        raise Forbidden("Only an administrator makes administrators.")
    return role
