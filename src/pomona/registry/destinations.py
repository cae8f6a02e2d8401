"""Which organisation an order is for, whether it lets the devices in, and the locks that this takes."""

from collections.abc import Iterable, Sequence

from pomona.registry import organizations, supplier_links
from pomona.registry.errors import Invalid
from pomona.registry.order_problems import OrderRefused, Problem
from pomona.registry.orders import Order
from pomona.registry.suppliers import INSTALLATION, Supplier
from pomona.store import Tx


class NotNow(Exception):
    """A lock would be taken out of order; the work so far is committed and the rest begun anew."""


class Locks:
    """The organisations a transaction holds. Ascending, so that two transactions never wait for each other."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._held: set[int] = set()

    def take(self, *organization_ids: int) -> bool:
        """Locks what is not held yet; whether that was anything. Raises `NotNow` before anything is locked."""
        missing = sorted(set(organization_ids) - self._held)
        if not missing:
            return False
        if self._held and missing[0] < max(self._held):
            raise NotNow
        for id in missing:
            self._tx.lock(id)
        self._held.update(missing)
        return True


def customer_of(tx: Tx, supplier: Supplier, text: str) -> tuple[str, int | None]:
    """The customer of an order as it is stored, and the organisation it is.

    A reseller names an organisation by its Organisation ID, the maker one by its customer number, which may not be linked
    by anyone yet. Raises `OrderRefused`.
    """
    if supplier.kind == "APPLE":
        try:
            number = supplier_links.canonical_customer_number(text)
        except Invalid:
            raise OrderRefused(Problem.CUSTOMER_UNKNOWN, text) from None
        return number, supplier_links.holder(tx, number)
    organization = organizations.by_number(tx, text)
    if organization is None:
        raise OrderRefused(Problem.CUSTOMER_UNKNOWN, text)
    return text, organization.id


def destinations(
    tx: Tx, locks: Locks, kind: str, found: Sequence[Order], also: Iterable[int] = ()
) -> dict[int, int | None]:
    """Where the devices of each order (by its internal id) go now; None where they have to wait for a link.

    All are orders of suppliers of one `kind`. Their organisations are locked, and those of `also`.
    """
    if kind == "APPLE":
        # Only so is a link that is being made at this moment either seen here or sees what is about to wait for it.
        locks.take(INSTALLATION)
        candidates = {order.id: supplier_links.holder(tx, order.customer) for order in found}
    else:
        candidates = {order.id: order.organization_id for order in found}
    locks.take(*also, *(id for id in candidates.values() if id is not None))
    return {order.id: _open(tx, order, candidates[order.id]) for order in found}


def _open(tx: Tx, order: Order, candidate: int | None) -> int | None:
    if candidate is None:
        return None
    if order.supplier_kind == "APPLE":
        settled = order.live + order.returned + order.released > 0
        # A customer number that went to another organisation does not take the order along.
        return None if settled and order.organization_id != candidate else candidate
    linked = supplier_links.is_linked(tx, candidate, "RESELLER", order.supplier_number)
    return candidate if linked else None
