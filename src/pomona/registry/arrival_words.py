"""An arrival rule's conditions in words, for people."""

from pomona.catalogue.kinds import Kind
from pomona.registry.arrival_conditions import Conditions
from pomona.store import Tx

_SOURCES = {"APPLE": "from Apple", "RESELLER": "from a reseller", "MANUALLY_ADDED": "added by hand"}


def conditions(tx: Tx, organization_id: int, asked: Conditions) -> list[str]:
    """What a device has to be, one phrase for each condition; none for a rule that means every device."""
    phrases = (
        (asked.source, _SOURCES.get(asked.source, "")),
        (asked.supplier, f"supplier {asked.supplier}"),
        (asked.order, f"order {asked.order}…"),
        (asked.kind, Kind(asked.kind).label if asked.kind else ""),
        (asked.product_type, f"product type {asked.product_type}…"),
        (asked.unit, f"for the unit {_unit(tx, organization_id, asked.unit)}" if asked.unit else ""),
    )
    return [phrase for given, phrase in phrases if given]


def _unit(tx: Tx, organization_id: int, uuid: str) -> str:
    name: str | None = tx.value(
        "SELECT name FROM organizational_unit WHERE organization_id = $1 AND uuid = $2", organization_id, uuid
    )
    return name or "that is gone"
