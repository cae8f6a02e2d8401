"""Organisational units, and the form that makes one."""

from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.paging import page_of
from pomona.portal.visit import Visit
from pomona.registry import organizational_units
from pomona.store import Tx


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of units in the order they were made; `?after=` is the number of the last one seen."""
    page = page_of(
        visit.query,
        lambda after, limit: organizational_units.of_organization(
            tx, visit.organization_id, after=after, limit=limit
        ),
    )
    context = {
        "units": page.rows,
        **page.links,
    }
    return Shown("unit_list.html", context)


def form(tx: Tx, visit: Visit) -> Answer:
    """The form for a new unit."""
    return Shown("unit_add.html")


def add(tx: Tx, visit: Visit) -> Answer:
    """Makes the unit."""
    made = organizational_units.create(
        tx,
        visit.organization_id,
        visit.form.text("name"),
        description=visit.form.text("description"),
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    return Moved(f"/portal/units/{made.uuid}", "unit-added")
