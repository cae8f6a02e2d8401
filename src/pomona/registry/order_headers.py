"""Beginning and ending an order of a submission: its header against the order that stands under its number.

Everything that refuses an order as a whole is found here, before anything of it is done.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from pomona.registry import moved_orders, orders
from pomona.registry.destinations import customer_of
from pomona.registry.order_problems import OrderRefused, Problem
from pomona.registry.orders import Order
from pomona.registry.submissions import WHOLE
from pomona.registry.suppliers import Supplier
from pomona.store import Tx


@dataclass(frozen=True, slots=True)
class Entry:
    """An order as it stands in a submission. `deliveries` are number and shipping time; `order_id` what it turned into.

    `redated`: it is an override that changes the order's date.
    """

    submission_id: int
    n: int
    number: str
    type: str
    customer: str
    po_number: str
    ordered_at: int
    deliveries: list[tuple[str, int]]
    chunks: int
    order_id: int | None
    redated: bool
    problem: str | None


def entry(tx: Tx, submission_id: int, n: int) -> Entry:
    """The `n`th order of a submission."""
    row = tx.row(
        "SELECT submission_id, n, number, type, customer, po_number, ordered_at, deliveries, chunks, order_id, redated,"
        " problem FROM submission_order WHERE submission_id = $1 AND n = $2",
        *(submission_id, n),
    )
    assert row is not None
    deliveries = msgspec.json.decode(row[7], type=list[tuple[str, int]])
    values = (*row[:7], deliveries, *row[8:10], bool(row[10]), row[11])
    return Entry(*values)


def order(tx: Tx, entry: Entry) -> Order:
    """The order that a begun entry is about."""
    id = tx.value(
        "SELECT order_id FROM submission_order WHERE submission_id = $1 AND n = $2",
        entry.submission_id,
        entry.n,
    )
    return orders.get(tx, id)


def begin(tx: Tx, supplier: Supplier, entry: Entry, now: int) -> str:
    """Checks an entry's header and writes the order's; gives the phase that follows. Raises `OrderRefused`."""
    return _BEGIN[entry.type](tx, supplier, entry, now)


def end(tx: Tx, entry: Entry, now: int) -> None:
    """Nothing is left to do for the entry: the order is as it says."""
    voided = now if entry.type == "VD" else None
    tx.execute(
        "UPDATE purchase_order SET updated_at = $1, voided_at = $2 WHERE id = $3",
        *(now, voided, order(tx, entry).id),
    )


def settle(tx: Tx, order: Order, organization_id: int | None) -> Order:
    """An order of the maker belongs to the organisation that linked its customer number when its devices come."""
    if organization_id is None or organization_id == order.organization_id:
        return order
    tx.execute("UPDATE purchase_order SET organization_id = $1 WHERE id = $2", organization_id, order.id)
    return orders.get(tx, order.id)


def _begin_order(tx: Tx, supplier: Supplier, entry: Entry, now: int) -> str:
    _open(tx, supplier, entry, now, Problem.NUMBER_OF_A_RETURN)
    return "ADD"


def _begin_return(tx: Tx, supplier: Supplier, entry: Entry, now: int) -> str:
    _open(tx, supplier, entry, now, Problem.NUMBER_OF_AN_ORDER)
    return "CHECK"


def _open(tx: Tx, supplier: Supplier, entry: Entry, now: int, other_kind: Problem) -> None:
    """A new order or return, or more devices for the one that stands; one that never took effect is begun anew."""
    standing = _standing(tx, supplier, entry)
    fixed = standing is not None and standing.took_effect
    if standing is not None and fixed and (standing.type == "RE") != (entry.type == "RE"):
        raise OrderRefused(other_kind)
    customer, organization_id = customer_of(tx, supplier, entry.customer)
    if standing is None:
        _insert(tx, supplier, entry, customer, organization_id, now)
    elif not fixed:
        _rewrite(tx, standing, entry, customer, organization_id)
    elif not _same_header(standing, entry, customer):
        raise OrderRefused(Problem.HEADER_DIFFERS)


def _begin_override(tx: Tx, supplier: Supplier, entry: Entry, now: int) -> str:
    standing = _undoable(tx, supplier, entry)
    if standing.type == "RE":
        raise OrderRefused(Problem.NUMBER_OF_A_RETURN)
    if _has_wrong_delivery(tx, entry):
        raise OrderRefused(Problem.OVERRIDE_INCOMPLETE)
    customer, organization_id = customer_of(tx, supplier, entry.customer)
    if customer == standing.customer:
        organization_id = standing.organization_id
    tx.execute(
        "UPDATE submission_order SET redated = $1 WHERE submission_id = $2 AND n = $3",
        *(int(standing.ordered_at != entry.ordered_at), entry.submission_id, entry.n),
    )
    if customer != standing.customer:
        moved_orders.note(tx, standing, organization_id, now)
    _rewrite(tx, standing, entry, customer, organization_id)
    return "ADD"


def _begin_void(tx: Tx, supplier: Supplier, entry: Entry, now: int) -> str:
    standing = _undoable(tx, supplier, entry)
    # Nothing more of it flows in: it is about to go.
    tx.execute("UPDATE purchase_order SET flow_from = NULL WHERE id = $1", standing.id)
    return "RESTORE" if standing.type == "RE" else "SWEEP"


_BEGIN: dict[str, Callable[[Tx, Supplier, Entry, int], str]] = {
    "OR": _begin_order,
    "RE": _begin_return,
    "OV": _begin_override,
    "VD": _begin_void,
}


def _standing(tx: Tx, supplier: Supplier, entry: Entry) -> Order | None:
    standing = orders.standing(tx, supplier.id, entry.number)
    if standing is not None:
        _attach(tx, entry, standing.id)
    return standing


def _undoable(tx: Tx, supplier: Supplier, entry: Entry) -> Order:
    found = orders.latest(tx, supplier.id, entry.number)
    if found is None:
        raise OrderRefused(Problem.ORDER_NOT_FOUND)
    _attach(tx, entry, found.id)
    if found.voided_at is not None:
        raise OrderRefused(Problem.ORDER_VOIDED)
    if found.type != "RE" and found.returned:
        raise OrderRefused(Problem.HAS_RETURNS)
    return found


def _attach(tx: Tx, entry: Entry, order_id: int) -> None:
    tx.execute(
        "UPDATE submission_order SET order_id = $1 WHERE submission_id = $2 AND n = $3",
        *(order_id, entry.submission_id, entry.n),
    )


def _same_header(standing: Order, entry: Entry, customer: str) -> bool:
    header = (standing.customer, standing.ordered_at, standing.po_number)
    return header == (customer, entry.ordered_at, entry.po_number)


def _has_wrong_delivery(tx: Tx, entry: Entry) -> bool:
    found = tx.value(
        "SELECT 1 FROM submission_problem WHERE submission_id = $1 AND order_n = $2 AND device_n = $3 LIMIT 1",
        *(entry.submission_id, entry.n, WHOLE),
    )
    return found is not None


def _insert(
    tx: Tx, supplier: Supplier, entry: Entry, customer: str, organization_id: int | None, now: int
) -> None:
    id = tx.value(
        "INSERT INTO purchase_order (supplier_id, number, type, customer, po_number, organization_id, ordered_at,"
        " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id",
        *(
            supplier.id,
            entry.number,
            entry.type,
            customer,
            entry.po_number,
            organization_id,
            entry.ordered_at,
            now,
        ),
    )
    _attach(tx, entry, int(id))


def _rewrite(tx: Tx, standing: Order, entry: Entry, customer: str, organization_id: int | None) -> None:
    tx.execute(
        "UPDATE purchase_order SET type = $1, customer = $2, po_number = $3, organization_id = $4, ordered_at = $5,"
        " flow_from = NULL WHERE id = $6",
        *(entry.type, customer, entry.po_number, organization_id, entry.ordered_at, standing.id),
    )
