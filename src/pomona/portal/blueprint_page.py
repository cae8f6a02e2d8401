"""One blueprint: what it holds, and for whom."""

from typing import Any

from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.events import event_lines
from pomona.portal.paging import number_of
from pomona.portal.permissions import Permission
from pomona.portal.visit import Visit
from pomona.registry import audit, blueprint_contents, blueprints
from pomona.registry.blueprint_contents import KINDS
from pomona.registry.blueprint_links import RESOURCES
from pomona.registry.blueprints import Blueprint
from pomona.store import Tx

_EVENTS = 20
_SOME = 10
_PAGE = 100

_TITLES = {
    "apps": "Apps",
    "configurations": "Configurations",
    "packages": "Packages",
    "devices": "Devices",
    "users": "People",
    "groups": "Groups",
}
_PAGES = {
    "configurations": ("configurations", Permission.MANAGE),
    "devices": ("devices", Permission.LOOK),
    "users": ("people", Permission.PEOPLE),
    "groups": ("groups", Permission.PEOPLE),
}
"""Where each thing has a page of its own, and who may see it."""


def show(tx: Tx, visit: Visit) -> Answer:
    """The first of each kind; with `?kind=` a page of one, behind the number `?after=`."""
    found = blueprints.get(tx, visit.organization_id, visit.path["uuid"])
    one = visit.query.get("kind", "")
    kinds = [one] if one in KINDS else list(KINDS)
    after = number_of(visit.query, "after") if one in KINDS else None
    events = audit.about(tx, visit.organization_id, found.subject.kind, found.uuid, limit=_EVENTS)
    context = {
        "blueprint": found,
        "kinds": [_kind(tx, visit, found, kind, after, whole=one == kind) for kind in kinds],
        "one": one in KINDS,
        "first": after is None,
        "events": event_lines(tx, visit, events),
    }
    return Shown("blueprint_page.html", context)


def delete(tx: Tx, visit: Visit) -> Answer:
    """Takes it away; what it held stays."""
    tx.lock(visit.organization_id)
    found = blueprints.get(tx, visit.organization_id, visit.path["uuid"])
    blueprints.delete(tx, found, actor=visit.actor, now=visit.now)
    return Moved("/portal/blueprints", "blueprint-deleted")


def _kind(
    tx: Tx, visit: Visit, blueprint: Blueprint, kind: str, after: int | None, *, whole: bool
) -> dict[str, Any]:
    size = _PAGE if whole else _SOME
    found = blueprint_contents.page(tx, blueprint.id, KINDS[kind], after=after or 0, limit=size + 1)
    folder, needs = _PAGES.get(kind, ("", Permission.LOOK))
    linked = bool(folder) and visit.may(needs)
    return {
        "name": kind,
        "title": _TITLES[kind],
        "resource": KINDS[kind] in RESOURCES,
        "items": [
            {
                "id": each.public_id,
                "name": each.name,
                "link": f"/portal/{folder}/{each.public_id}" if linked else "",
            }
            for each in found[:size]
        ],
        "after": found[size - 1].id if len(found) > size else None,
    }
