"""Whose orders are let in: Apple Customer Numbers and Reseller Numbers."""

from typing import Any

from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.visit import Visit
from pomona.registry import organizational_units, supplier_links, supplier_units
from pomona.registry.errors import Invalid
from pomona.registry.organizational_units import Unit
from pomona.registry.supplier_links import Link
from pomona.registry.suppliers import SupplierKind
from pomona.store import Tx

_KINDS: dict[str, tuple[SupplierKind, str]] = {
    "APPLE": ("APPLE", "Apple Customer Number"),
    "RESELLER": ("RESELLER", "Reseller Number"),
}


def show(tx: Tx, visit: Visit) -> Answer:
    """All numbers that are linked, and the form for another."""
    links = supplier_links.of_organization(tx, visit.organization_id)
    chosen = supplier_units.of_organization(tx, visit.organization_id)
    units = organizational_units.of_organization(tx, visit.organization_id)
    context = {
        "links": [_line(link) | _unit(chosen.get((link.kind, link.number), ""), units) for link in links],
        "units": [(unit.uuid, unit.name) for unit in units if not unit.root],
    }
    return Shown("supplier_list.html", context)


def choose_unit(tx: Tx, visit: Visit) -> Answer:
    """Says for which unit a supplier delivers, which rules for arriving devices can ask for."""
    uuid = visit.form.text("unit")
    unit = organizational_units.get(tx, visit.organization_id, uuid) if uuid else None
    supplier_units.choose(
        tx,
        visit.organization_id,
        _kind(visit),
        visit.form.text("number"),
        unit,
        actor=visit.actor,
        now=visit.now,
    )
    return Moved("/portal/suppliers", "supplier-unit")


def link(tx: Tx, visit: Visit) -> Answer:
    """Links a number; orders that waited for it begin to flow in."""
    _, flowing = supplier_links.link(
        tx, visit.organization_id, _kind(visit), visit.form.text("number"), actor=visit.actor, now=visit.now
    )
    return Moved("/portal/suppliers", "supplier-linked-flowing" if flowing else "supplier-linked")


def unlink(tx: Tx, visit: Visit) -> Answer:
    """Lets nothing more in under a number; the devices that came stay."""
    supplier_links.unlink(
        tx, visit.organization_id, _kind(visit), visit.form.text("number"), actor=visit.actor, now=visit.now
    )
    return Moved("/portal/suppliers", "supplier-unlinked")


def _kind(visit: Visit) -> SupplierKind:
    said = visit.form.text("kind")
    if said not in _KINDS:
        raise Invalid("Choose whether it is an Apple Customer Number or a Reseller Number.", field="kind")
    return _KINDS[said][0]


def _unit(uuid: str, units: list[Unit]) -> dict[str, str]:
    name = next((unit.name for unit in units if unit.uuid == uuid), "All units")
    return {"unit": uuid, "unit_name": name}


def _line(link: Link) -> dict[str, Any]:
    return {
        "kind": link.kind,
        "what": _KINDS[link.kind][1],
        "number": link.number,
        "name": link.name,
        "at": link.linked_at,
        "by": link.linked_by,
    }
