"""What would become of a submission: it is worked off like any other, in a transaction that is then undone.

So the answer cannot differ from what happens afterwards, but for what happens in between. Nothing is kept, and nobody is
told; only PostgreSQL's internal row numbers may have a gap, as after any transaction that was given up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import order_steps, orders, submissions, suppliers
from pomona.registry.destinations import customer_of
from pomona.registry.order_plans import Plans
from pomona.registry.order_problems import OrderRefused
from pomona.registry.orders import Order
from pomona.registry.submissions import OrderFate, Prepared
from pomona.registry.suppliers import INSTALLATION, Supplier
from pomona.store import Store, Tx


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of each order, and how each (by internal id) would stand afterwards.

    `waiting` are the supplier's submissions that are not worked off yet: they are passed over here, and may change it.
    """

    fates: Sequence[OrderFate]
    orders: dict[int, Order]
    waiting: int


class _Undone(Exception):
    """Carries the answer out of a transaction that is not to be kept."""

    def __init__(self, trial: Trial) -> None:
        super().__init__("tried, and undone")
        self.trial = trial


async def attempt(
    store: Store, supplier_id: int, prepared: Prepared, *, strict: bool, now: int, rng: Rng
) -> Trial:
    """Tries a submission. It holds up other changes while it runs: the caller bounds its size."""
    try:
        await store.write(lambda tx: _attempt(tx, supplier_id, prepared, strict=strict, now=now, rng=rng))
    except _Undone as undone:
        return undone.trial
    raise AssertionError("a trial was kept")


def attempt_sync(
    store: Store, supplier_id: int, prepared: Prepared, *, strict: bool, now: int, rng: Rng
) -> Trial:
    """`attempt` for plain callers."""
    try:
        store.write_sync(lambda tx: _attempt(tx, supplier_id, prepared, strict=strict, now=now, rng=rng))
    except _Undone as undone:
        return undone.trial
    raise AssertionError("a trial was kept")


def _attempt(tx: Tx, supplier_id: int, prepared: Prepared, *, strict: bool, now: int, rng: Rng) -> None:
    tx.lock(submissions.work_lock(supplier_id))
    supplier = suppliers.get(tx, supplier_id)
    _lock_customers(tx, supplier, prepared)
    waiting = tx.execute(
        "UPDATE submission SET completed_at = $1 WHERE supplier_id = $2 AND completed_at IS NULL",
        *(now, supplier_id),
    )
    # Under an id of its own it is not taken for a repetition of what was submitted before.
    fresh = replace(prepared, transaction_id=f"trial {uuid4(rng)}")
    uuid = submissions.accept(tx, supplier_id, fresh, now=now, rng=rng).uuid
    plans = Plans()
    while order_steps.step(tx, supplier_id, now=now, strict=strict, plans=plans):
        pass
    fates = submissions.fate(tx, submissions.by_uuid(tx, supplier_id, uuid).id)
    ids = {fate.order_id for fate in fates if fate.order_id is not None}
    raise _Undone(Trial(fates, {id: orders.get(tx, id) for id in ids}, waiting))


def _lock_customers(tx: Tx, supplier: Supplier, prepared: Prepared) -> None:
    """All at once and ascending: the steps of this one transaction take theirs in the order of the orders."""
    organizations = {INSTALLATION} if supplier.kind == "APPLE" else set()
    for customer in {order.customer for order in prepared.orders}:
        try:
            _, id = customer_of(tx, supplier, customer)
        except OrderRefused:
            continue
        organizations |= set() if id is None else {id}
    for id in sorted(organizations):
        tx.lock(id)
