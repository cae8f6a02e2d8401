"""One person's account: their role and state, a new password for them, locking and retiring."""

from pomona.keys.passwords import hash_password
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.events import event_lines
from pomona.portal.people_list import line, may_give
from pomona.portal.visit import Visit
from pomona.registry import audit, people
from pomona.registry.errors import Forbidden, Invalid
from pomona.registry.people import Person, Status
from pomona.store import Tx

_EVENTS = 20


def show(tx: Tx, visit: Visit) -> Answer:
    """The account and what was done to it."""
    person = people.get(tx, visit.organization_id, visit.path["uuid"])
    events = audit.about(tx, visit.organization_id, "USER", person.uuid, limit=_EVENTS)
    context = {
        "account": line(person),
        "details": person,
        "oneself": person.uuid == visit.session.account_uuid,
        "may_change": may_give(visit, person.role),
        "events": event_lines(tx, visit, events),
    }
    return Shown("person_page.html", context)


def weigh_password(visit: Visit) -> str:
    """The hash of the new password. Raises `Invalid` for one that will not do."""
    return hash_password(people.checked_password(visit.form.secret("password")))


def set_password(tx: Tx, visit: Visit) -> Answer:
    """Gives the person a new password; they are signed out everywhere."""
    person = _other(tx, visit)
    people.set_password(tx, person, visit.prepared, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/people/{person.uuid}", "password-set")


def set_status(tx: Tx, visit: Visit) -> Answer:
    """Locks, unlocks or retires the person."""
    person = _other(tx, visit)
    try:
        status = Status(visit.form.text("status"))
    except ValueError:
        raise Invalid("Choose what the account should be.", field="status") from None
    people.set_status(tx, person, status, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/people/{person.uuid}", "status-set")


def _other(tx: Tx, visit: Visit) -> Person:
    """The person, if the visitor may act on them. Nobody acts on themselves here: they could lock themselves out."""
    person = people.get(tx, visit.organization_id, visit.path["uuid"])
    if person.uuid == visit.session.account_uuid:
        raise Forbidden(
            "This is your own account: change its password under your name, and let others change the rest."
        )
    if not may_give(visit, person.role):
        raise Forbidden("Only an administrator changes an administrator's account.")
    return person
