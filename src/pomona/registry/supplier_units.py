"""Which organisational unit a linked supplier delivers to, so that rules for arriving devices can ask for the unit."""

from pomona.registry import audit, supplier_links
from pomona.registry.actors import Actor
from pomona.registry.organizational_units import Unit
from pomona.registry.suppliers import SupplierKind
from pomona.store import Tx


def choose(
    tx: Tx,
    organization_id: int,
    kind: SupplierKind,
    number: str,
    unit: Unit | None,
    *,
    actor: Actor,
    now: int,
) -> None:
    """Says for which unit a linked supplier delivers; None for all of them. Raises `NotFound` without a link."""
    tx.lock(organization_id)
    link = supplier_links.get(tx, organization_id, kind, supplier_links.canonical_linked_number(kind, number))
    tx.execute(
        "DELETE FROM supplier_unit WHERE organization_id = $1 AND kind = $2 AND number = $3",
        *(organization_id, link.kind, link.number),
    )
    if unit is not None:
        tx.execute(
            "INSERT INTO supplier_unit (organization_id, kind, number, unit_id) VALUES ($1, $2, $3, $4)",
            *(organization_id, link.kind, link.number, unit.id),
        )
    audit.record(tx, organization_id, "SUPPLIER_UNIT_CHANGED", actor, link.subject, now=now,
                 after={"unit": None if unit is None else unit.name})  # fmt: skip


def of_organization(tx: Tx, organization_id: int) -> dict[tuple[str, str], str]:
    """The public ids of units by the kind and number of the supplier; without units that are gone."""
    rows = tx.rows(
        "SELECT s.kind, s.number, u.uuid FROM supplier_unit s JOIN organizational_unit u ON u.id = s.unit_id"
        " WHERE s.organization_id = $1",
        organization_id,
    )
    return {(kind, number): uuid for kind, number, uuid in rows}
