"""Whose orders are let in: Apple Customer Numbers and Reseller Numbers."""

from typing import Any

from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.visit import Visit
from pomona.registry import supplier_links
from pomona.registry.errors import Invalid
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
    return Shown("supplier_list.html", {"links": [_line(link) for link in links]})


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


def _line(link: Link) -> dict[str, Any]:
    return {
        "kind": link.kind,
        "what": _KINDS[link.kind][1],
        "number": link.number,
        "name": link.name,
        "at": link.linked_at,
        "by": link.linked_by,
    }
