"""Orders that were accepted and are not worked off yet, for the tracker of either side."""

from typing import NamedTuple

from pomona.registry import missing_orders
from pomona.store import Tx


class Submitted(NamedTuple):
    """`at` is when it was received, in milliseconds; `begun` when part of it is done."""

    number: str
    type: str
    at: int
    begun: bool
    supplier_kind: str
    supplier_number: str
    supplier_name: str


_SELECT = (
    "SELECT p.number, p.type, s.received_at, p.n = s.next_order AND s.phase <> 'BEGIN', u.kind, u.number, u.name"
    " FROM submission s JOIN supplier u ON u.id = s.supplier_id JOIN submission_order p ON p.submission_id = s.id"
    " AND p.n >= s.next_order WHERE s.completed_at IS NULL"
)


def of_organization(tx: Tx, organization_id: int, *, limit: int = 50) -> list[Submitted]:
    """Those for an organisation, in the order in which they will be worked off."""
    found: list[Submitted] = []
    for kind, customer in missing_orders.customers(tx, organization_id):
        sql = (
            f"{_SELECT} AND u.kind = $1 AND {missing_orders.CUSTOMER[kind]} = $2 ORDER BY s.id, p.n LIMIT $3"
        )
        found += [_submitted(row) for row in tx.rows(sql, kind, customer, limit)]
    return sorted(found, key=lambda each: each.at)[:limit]


def of_supplier(tx: Tx, supplier_id: int, *, limit: int = 50) -> list[Submitted]:
    """Those of a supplier."""
    sql = f"{_SELECT} AND s.supplier_id = $1 ORDER BY s.id, p.n LIMIT $2"
    return [_submitted(row) for row in tx.rows(sql, supplier_id, limit)]


def _submitted(row: tuple[object, ...]) -> Submitted:
    number, type, at, begun, *supplier = row
    return Submitted(str(number), str(type), int(str(at)), bool(begun), *map(str, supplier))
