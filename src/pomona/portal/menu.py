"""The menu: what there is, in groups, and what a person may see of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from minijinja import safe

from pomona.portal.permissions import Permission


class Item(NamedTuple):
    """An entry. `icon` names a symbol of `icons.html`."""

    label: str
    path: str
    icon: str
    needs: Permission


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that belong together."""

    title: str
    items: Sequence[Item]


MENU = (
    Group("", (Item("Overview", "/portal/", "home", Permission.LOOK),)),
    Group(
        "Devices",
        (
            Item("Devices", "/portal/devices", "device", Permission.LOOK),
            Item("Services", "/portal/services", "service", Permission.LOOK),
            Item("Enrolled", "/portal/enrolled", "enrolled", Permission.MANAGE),
            Item("Activities", "/portal/activities", "activity", Permission.LOOK),
            Item("Blueprints", "/portal/blueprints", "blueprint", Permission.MANAGE),
            Item("Configurations", "/portal/configurations", "configuration", Permission.MANAGE),
        ),
    ),
    Group(
        "Supply",
        (
            Item("Orders", "/portal/orders", "order", Permission.LOOK),
            Item("Suppliers", "/portal/suppliers", "supplier", Permission.LOOK),
            Item("Arrival rules", "/portal/rules", "rule", Permission.LOOK),
        ),
    ),
    Group(
        "Organisation",
        (
            Item("People", "/portal/people", "people", Permission.PEOPLE),
            Item("Groups", "/portal/groups", "group", Permission.PEOPLE),
            Item("Units", "/portal/units", "unit", Permission.PEOPLE),
            Item("API accounts", "/portal/api-accounts", "key", Permission.API_ACCOUNTS),
            Item("Webhooks", "/portal/webhooks", "webhook", Permission.WEBHOOKS),
            Item("Audit log", "/portal/audit", "log", Permission.LOGS),
        ),
    ),
)


def menu(permissions: frozenset[Permission], path: str) -> list[dict[str, object]]:
    """The groups with at least one entry for these permissions; the one that `path` lies below is marked."""
    groups: list[dict[str, object]] = []
    for group in MENU:
        items = [
            {"label": item.label, "path": safe(item.path), "icon": item.icon, "here": _below(path, item.path)}
            for item in group.items
            if item.needs in permissions
        ]
        if items:
            groups.append({"title": group.title, "items": items})
    return groups


def _below(path: str, item: str) -> bool:
    return path == item or path.startswith(item + "/")


def first(permissions: frozenset[Permission]) -> str | None:
    """The address of the first entry for these permissions."""
    return next((item.path for group in MENU for item in group.items if item.needs in permissions), None)
