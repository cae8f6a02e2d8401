"""Blueprints, and the form that makes one."""

from pomona.portal import blueprint_choices
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.paging import number_of
from pomona.portal.visit import Visit
from pomona.registry import blueprints
from pomona.store import Tx

PAGE = 100


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of blueprints in the order they were made; `?after=` is the number of the last one seen."""
    after = number_of(visit.query, "after")
    found = blueprints.of_organization(tx, visit.organization_id, after=after or 0, limit=PAGE + 1)
    context = {
        "blueprints": found[:PAGE],
        "management": visit.organization.management,
        "after": found[PAGE - 1].id if len(found) > PAGE else None,
        "first": after is None,
    }
    return Shown("blueprint_list.html", context)


def form(tx: Tx, visit: Visit) -> Answer:
    """The form for a new blueprint, with what it may hold."""
    return Shown("blueprint_add.html", blueprint_choices.offered(tx, visit))


def add(tx: Tx, visit: Visit) -> Answer:
    """Makes the blueprint. Raises `NotFound` for a person who is not there; unknown devices are left out."""
    made = blueprints.create(
        tx,
        visit.organization_id,
        visit.form.text("name"),
        description=visit.form.text("description"),
        links=blueprint_choices.chosen(tx, visit),
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    return Moved(f"/portal/blueprints/{made.uuid}", "blueprint-added")
