"""Blueprints, and the form that makes one."""

from pomona.portal import blueprint_choices
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.paging import page_of
from pomona.portal.visit import Visit
from pomona.registry import blueprints
from pomona.store import Tx


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of blueprints in the order they were made; `?after=` is the number of the last one seen."""
    page = page_of(
        visit.query,
        lambda after, limit: blueprints.of_organization(tx, visit.organization_id, after=after, limit=limit),
    )
    context = {
        "blueprints": page.rows,
        "management": visit.organization.management,
        **page.links,
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
