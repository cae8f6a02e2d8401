"""What an organisation's audit log says of an order as a whole: that it came, and what became of it.

The devices that it brings or takes have events of their own, one for each step. These here are what people and programs are
told of: one for each thing that a supplier did.
"""

from pomona.registry import audit, orders
from pomona.registry.claim_lines import Circumstances
from pomona.registry.destinations import Locks, customer_of
from pomona.registry.order_headers import Entry
from pomona.registry.order_problems import OrderRefused
from pomona.registry.orders import Order
from pomona.registry.suppliers import INSTALLATION, Supplier
from pomona.store import Tx


def take_turn(tx: Tx, locks: Locks, supplier: Supplier, entry: Entry) -> None:
    """Locks whom a new order is for, before anything of it is done. Raises `NotNow`."""
    try:
        _, organization_id = customer_of(tx, supplier, entry.customer)
    except OrderRefused:
        return
    _lock(locks, supplier.kind, organization_id)


def take_turn_of(locks: Locks, order: Order) -> None:
    """Locks whose order it is. Raises `NotNow`."""
    _lock(locks, order.supplier_kind, order.organization_id)


def received(tx: Tx, order: Order, work: Circumstances) -> None:
    """The supplier submitted an order, or more of one."""
    _record(tx, order, "ORDER_RECEIVED", work)


def ended(tx: Tx, order_id: int, type: str, work: Circumstances) -> None:
    """A submitted `type` (OR, RE, OV, VD) about the order is done."""
    order = orders.get(tx, order_id)
    if type == "OR":
        arrived(tx, order, work)
    elif type == "RE" and not order.returned:
        _record(tx, order, "ORDER_REFUSED", work)
    else:
        _record(tx, order, _ENDS[type], work)


def arrived(tx: Tx, order: Order, work: Circumstances) -> None:
    """All devices of an order came, wait or were refused; flowing in says so itself once it is done."""
    if order.live:
        _record(tx, order, "ORDER_AVAILABLE", work)
    if order.pending and order.flow_from is None:
        _record(tx, order, "ORDER_PENDING", work)
    if order.refused and not order.live + order.pending:
        _record(tx, order, "ORDER_REFUSED", work)


_ENDS = {"RE": "ORDER_RETURNED", "OV": "ORDER_OVERRIDDEN", "VD": "ORDER_VOIDED"}


def _lock(locks: Locks, kind: str, organization_id: int | None) -> None:
    wanted = [] if organization_id is None else [organization_id]
    # The maker's orders are settled under the installation's lock, which comes before any organisation's.
    locks.take(*wanted, *([INSTALLATION] if kind == "APPLE" else []))


def _record(tx: Tx, order: Order, type: str, work: Circumstances) -> None:
    if order.organization_id is None:
        return
    after = {
        "supplier": order.supplier_name,
        "supplier_number": order.supplier_number,
        "supplier_kind": order.supplier_kind,
        "order_type": order.type,
        "po_number": order.po_number,
        "ordered_at": order.ordered_at,
        "available": order.live,
        "pending": order.pending,
        "returned": order.returned,
        "refused": order.refused,
    }
    subject = audit.Subject("ORDER", f"{order.supplier_number}:{order.number}", order.number)
    audit.record(tx, order.organization_id, type, work.actor, subject, now=work.now, after=after)
