"""Orders that waited for a link flow in, a chunk at a time; devices that somebody else has by now are refused."""

from pomona.registry import claims, order_headers, order_news, orders, suppliers
from pomona.registry.claim_lines import Circumstances, Wanted
from pomona.registry.destinations import Locks, destinations
from pomona.registry.order_documents import CHUNK
from pomona.registry.orders import ClaimState, Order
from pomona.store import Tx


def waiting(tx: Tx, *, limit: int = 20) -> list[int]:
    """Internal ids of orders that flow in, oldest first."""
    rows = tx.rows("SELECT id FROM purchase_order WHERE flow_from IS NOT NULL ORDER BY id LIMIT $1", limit)
    return [row[0] for row in rows]


def step(tx: Tx, order_id: int, *, now: int) -> bool:
    """Brings the next waiting devices of an order in; True when more are left.

    Safe to repeat and to run twice at once. Stops by itself when the link is gone again.
    """
    order = orders.get(tx, order_id)
    target = destinations(tx, Locks(tx), order.supplier_kind, [order])[order.id]
    # Only now is it certain that nobody else brings the same devices in.
    order = orders.get(tx, order_id)
    if order.flow_from is None:
        return False
    if target is None:
        _move(tx, order, None)
        return False
    wanted = _next(tx, order, order.flow_from)
    work = Circumstances(suppliers.get(tx, order.supplier_id).actor(), now)
    claims.claim(tx, order_headers.settle(tx, order, target), target, wanted, work)
    more = len(wanted) == CHUNK
    _move(tx, order, max(wanted) if more else None)
    if not more:
        order_news.arrived(tx, orders.get(tx, order.id), work)
    return more


def _next(tx: Tx, order: Order, after: str) -> dict[str, Wanted]:
    rows = tx.rows(
        "SELECT serial, delivery, shipped_at, asset_tag, product, submission_id FROM claim WHERE order_id = $1"
        f" AND serial > $2 AND state = {ClaimState.PENDING:d} ORDER BY serial LIMIT $3",
        *(order.id, after, CHUNK),
    )
    return {row[0]: Wanted(*row) for row in rows}


def _move(tx: Tx, order: Order, to: str | None) -> None:
    tx.execute("UPDATE purchase_order SET flow_from = $1 WHERE id = $2", to, order.id)
