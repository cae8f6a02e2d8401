"""Changing a blueprint: its name, what it holds, and for whom."""

from pomona.portal import blueprint_choices
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.visit import Visit
from pomona.registry import blueprints
from pomona.registry.blueprint_contents import KINDS
from pomona.registry.blueprints import Blueprint
from pomona.registry.errors import Invalid
from pomona.store import Tx


def form(tx: Tx, visit: Visit) -> Answer:
    """The form that adds to the blueprint."""
    return Shown(
        "blueprint_more.html", {"blueprint": _blueprint(tx, visit), **blueprint_choices.offered(tx, visit)}
    )


def add(tx: Tx, visit: Visit) -> Answer:
    """Adds what was chosen and is not there yet."""
    blueprint = _blueprint(tx, visit)
    chosen = blueprint_choices.chosen(tx, visit)
    if not chosen:
        raise Invalid("Choose what to add, or for whom.", field="serials")
    for relation, ids in chosen.items():
        blueprints.link(tx, blueprint, relation, ids, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/blueprints/{blueprint.uuid}", "blueprint-saved")


def remove(tx: Tx, visit: Visit) -> Answer:
    """Takes one thing out."""
    blueprint = _blueprint(tx, visit)
    kind, id = visit.form.text("kind"), visit.form.text("id")
    if kind not in KINDS:
        raise Invalid("Choose what to take out.", field="kind")
    blueprints.unlink(tx, blueprint, KINDS[kind], [id], actor=visit.actor, now=visit.now)
    return Moved(f"/portal/blueprints/{blueprint.uuid}", "blueprint-saved")


def save(tx: Tx, visit: Visit) -> Answer:
    """Gives it another name and description."""
    blueprint = blueprints.update(
        tx,
        _blueprint(tx, visit),
        name=visit.form.text("name"),
        description=visit.form.text("description"),
        actor=visit.actor,
        now=visit.now,
    )
    return Moved(f"/portal/blueprints/{blueprint.uuid}", "blueprint-saved")


def _blueprint(tx: Tx, visit: Visit) -> Blueprint:
    return blueprints.get(tx, visit.organization_id, visit.path["uuid"])
