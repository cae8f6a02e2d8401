"""Orders that an override gave to another customer: what the organisation they were for is still told of them.

That they were overridden and when, never for whom.
"""

from typing import NamedTuple

from pomona.registry.orders import Order
from pomona.store import Tx


class MovedOrder(NamedTuple):
    """`ordered_at` is the date that the order had for the organisation; times are milliseconds."""

    order_id: int
    number: str
    supplier_kind: str
    supplier_number: str
    supplier_name: str
    ordered_at: int
    moved_at: int


_SELECT = (
    "SELECT m.order_id, o.number, s.kind, s.number, s.name, m.ordered_at, m.moved_at FROM order_moved m"
    " JOIN purchase_order o ON o.id = m.order_id JOIN supplier s ON s.id = o.supplier_id WHERE m.organization_id = $1"
)


def note(tx: Tx, order: Order, organization_id: int | None, now: int) -> None:
    """An order goes from the customer that it has to another, the organisation `organization_id` if there is one."""
    if order.organization_id is not None and order.organization_id != organization_id:
        tx.execute(
            "INSERT INTO order_moved (organization_id, order_id, ordered_at, moved_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (organization_id, order_id) DO UPDATE SET ordered_at = excluded.ordered_at,"
            " moved_at = excluded.moved_at",
            *(order.organization_id, order.id, order.ordered_at, now),
        )
    if organization_id is not None:
        sql = "DELETE FROM order_moved WHERE organization_id = $1 AND order_id = $2"
        tx.execute(sql, organization_id, order.id)


def of_organization(tx: Tx, organization_id: int, *, limit: int = 20) -> list[MovedOrder]:
    """Those that went last."""
    rows = tx.rows(f"{_SELECT} ORDER BY m.order_id DESC LIMIT $2", organization_id, limit)
    return sorted((MovedOrder(*row) for row in rows), key=lambda order: -order.moved_at)


def find(tx: Tx, organization_id: int, number: str) -> list[MovedOrder]:
    """Those of this number: different suppliers may use the same."""
    return [MovedOrder(*row) for row in tx.rows(f"{_SELECT} AND o.number = $2", organization_id, number)]
