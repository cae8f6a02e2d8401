"""What a form offers for a blueprint, and what was chosen in it."""

from typing import Any

from pomona.portal import serial_lists
from pomona.portal.visit import Visit
from pomona.registry import apps, configurations, packages, people, user_groups
from pomona.registry.blueprint_links import Relation
from pomona.registry.errors import Invalid
from pomona.store import Tx

_MOST = 200
"""How many of each kind a form offers; more are linked by API or on the command line."""


def offered(tx: Tx, visit: Visit) -> dict[str, Any]:
    """The organisation's apps, configurations and packages (`kinds`) and its `groups`; those that were ticked still are."""
    owner = visit.organization_id
    found_apps = [(each.adam_id, each.about.name) for each in apps.of_organization(tx, owner, limit=_MOST)]
    found_configurations = [
        (each.uuid, each.name) for each in configurations.of_organization(tx, owner, limit=_MOST)
    ]
    found_packages = [
        (each.uuid, each.about.name) for each in packages.of_organization(tx, owner, limit=_MOST)
    ]
    found_groups = [(each.uuid, each.name) for each in user_groups.of_organization(tx, owner, limit=_MOST)]
    kinds = [
        _kind(visit, "apps", "Apps", found_apps),
        _kind(visit, "configurations", "Configurations", found_configurations),
        _kind(visit, "packages", "Packages", found_packages),
    ]
    return {"kinds": kinds, "groups": _kind(visit, "groups", "Groups", found_groups)}


def chosen(tx: Tx, visit: Visit) -> dict[Relation, list[str]]:
    """Public ids by relationship, of what was chosen.

    Raises `NotFound` for a person who is not there and `Invalid` for what can be no serial number.
    """
    form = visit.form
    emails = form.text("people").replace(",", " ").split()
    found = {
        Relation.APPS: form.texts("apps"),
        Relation.CONFIGURATIONS: form.texts("configurations"),
        Relation.PACKAGES: form.texts("packages"),
        Relation.ORG_DEVICES: _serials(tx, visit),
        Relation.USERS: [people.find(tx, visit.organization_id, email).uuid for email in emails],
        Relation.USER_GROUPS: form.texts("groups"),
    }
    return {relation: ids for relation, ids in found.items() if ids}


def _serials(tx: Tx, visit: Visit) -> list[str]:
    if not visit.form.text("serials"):
        return []
    found = serial_lists.read(tx, visit.organization_id, visit.form)
    if found.unreadable:
        raise Invalid(f"No serial numbers: {', '.join(found.some_unreadable)}.", field="serials")
    return found.serials


def _kind(visit: Visit, name: str, title: str, choices: list[tuple[str, str]]) -> dict[str, Any]:
    ticked = visit.form.texts(name)
    items = [{"id": id, "name": said, "chosen": id in ticked} for id, said in choices]
    return {"name": name, "title": title, "choices": items}
