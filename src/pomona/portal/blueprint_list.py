"""Blueprints, and the form that makes one."""

from typing import Any

from pomona.portal import serial_lists
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.paging import number_of
from pomona.portal.visit import Visit
from pomona.registry import apps, blueprints, configurations, packages, people, user_groups
from pomona.registry.blueprint_links import Relation
from pomona.registry.errors import Invalid
from pomona.store import Tx

PAGE = 100
_CHOICES = 200
"""How many of each kind the form offers; more are linked by API or on the command line."""


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
    owner = visit.organization_id
    chosen = {name: visit.form.texts(name) for name in ("apps", "configurations", "packages", "groups")}
    found_apps = apps.of_organization(tx, owner, limit=_CHOICES)
    found_configurations = configurations.of_organization(tx, owner, limit=_CHOICES)
    found_packages = packages.of_organization(tx, owner, limit=_CHOICES)
    found_groups = user_groups.of_organization(tx, owner, limit=_CHOICES)
    kinds = [
        _kind("apps", "Apps", [(each.adam_id, each.about.name) for each in found_apps], chosen),
        _kind(
            "configurations",
            "Configurations",
            [(each.uuid, each.name) for each in found_configurations],
            chosen,
        ),
        _kind("packages", "Packages", [(each.uuid, each.about.name) for each in found_packages], chosen),
    ]
    groups = _kind("groups", "Groups", [(each.uuid, each.name) for each in found_groups], chosen)
    return Shown("blueprint_add.html", {"kinds": kinds, "groups": groups})


def add(tx: Tx, visit: Visit) -> Answer:
    """Makes the blueprint. Raises `NotFound` for a person who is not there; unknown devices are left out."""
    owner, form = visit.organization_id, visit.form
    emails = form.text("people").replace(",", " ").split()
    made = blueprints.create(
        tx,
        owner,
        form.text("name"),
        description=form.text("description"),
        links={
            Relation.APPS: form.texts("apps"),
            Relation.CONFIGURATIONS: form.texts("configurations"),
            Relation.PACKAGES: form.texts("packages"),
            Relation.ORG_DEVICES: _serials(tx, visit),
            Relation.USERS: [people.find(tx, owner, email).uuid for email in emails],
            Relation.USER_GROUPS: form.texts("groups"),
        },
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    return Moved(f"/portal/blueprints/{made.uuid}", "blueprint-added")


def _serials(tx: Tx, visit: Visit) -> list[str]:
    """The devices that were named, if any. Raises `Invalid` for what can be none."""
    if not visit.form.text("serials"):
        return []
    found = serial_lists.read(tx, visit.organization_id, visit.form)
    if found.unreadable:
        raise Invalid(f"No serial numbers: {', '.join(found.some_unreadable)}.", field="serials")
    return found.serials


def _kind(
    name: str, title: str, choices: list[tuple[str, str]], chosen: dict[str, list[str]]
) -> dict[str, Any]:
    offered = [{"id": id, "name": said, "chosen": id in chosen[name]} for id, said in choices]
    return {"name": name, "title": title, "choices": offered}
