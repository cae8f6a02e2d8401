"""Working on what suppliers submitted, step by step: resumed wherever it stopped, nothing done twice.

A supplier's submissions are worked on in the order they came, each order of them through its phases. A step does what
fits into one transaction and keeps the progress with it, so it does not matter who does the next one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pomona.registry import (
    claims,
    order_headers,
    order_news,
    order_reading,
    orders,
    returns,
    submissions,
    suppliers,
    undoing,
)
from pomona.registry.claim_lines import Circumstances, Refusal
from pomona.registry.destinations import Locks, NotNow, destinations
from pomona.registry.order_documents import CHUNK
from pomona.registry.order_headers import Entry
from pomona.registry.order_plans import Devices, Plans
from pomona.registry.order_problems import OrderRefused, Problem
from pomona.registry.order_reading import ReadChunk
from pomona.registry.orders import ClaimState
from pomona.registry.submissions import Trouble
from pomona.registry.suppliers import Supplier
from pomona.store import Tx

_A_PHASE = 20
"""What beginning or ending an order costs, counted in devices."""


@dataclass(slots=True)
class Progress:
    """Where the work on a submission stands; all but the first two is kept in its row."""

    submission_id: int
    order_count: int
    next_order: int
    phase: str
    next_chunk: int
    swept_to: str


@dataclass(slots=True)
class _Step:
    """One transaction's work on one submission."""

    tx: Tx
    supplier: Supplier
    work: Circumstances
    locks: Locks
    plans: Plans
    at: Progress


def step(tx: Tx, supplier_id: int, *, now: int, strict: bool = False, plans: Plans | None = None) -> bool:
    """Does the next piece of a supplier's oldest unfinished submission; True when more is left.

    With `strict` serials must be in the catalogue. `plans` saves whoever does many steps from reading the whole order in
    each. Safe to run twice at once: the second waits for the first.
    """
    tx.lock(submissions.work_lock(supplier_id))
    row = tx.row(
        "SELECT id, order_count, next_order, phase, next_chunk, swept_to, received_from FROM submission"
        " WHERE supplier_id = $1 AND completed_at IS NULL ORDER BY id LIMIT 1",
        supplier_id,
    )
    if row is None:
        return False
    supplier = suppliers.get(tx, supplier_id)
    work = Circumstances(supplier.actor(row[6]), now, strict)
    this = _Step(tx, supplier, work, Locks(tx), Plans() if plans is None else plans, Progress(*row[:6]))
    budget = CHUNK
    try:
        while budget > 0 and this.at.next_order < this.at.order_count:
            budget -= _advance(this)
    except NotNow:
        pass
    _keep(tx, this.at, now)
    return this.at.next_order < this.at.order_count or supplier_id in submissions.waiting(tx)


def fail(tx: Tx, supplier_id: int, now: int) -> None:
    """Ends a supplier's oldest unfinished submission, which cannot be worked on; what is done stays done."""
    tx.lock(submissions.work_lock(supplier_id))
    tx.execute(
        "UPDATE submission SET failed = 1, completed_at = $1 WHERE id ="
        " (SELECT min(id) FROM submission WHERE supplier_id = $2 AND completed_at IS NULL)",
        *(now, supplier_id),
    )


def _keep(tx: Tx, at: Progress, now: int) -> None:
    done = at.next_order >= at.order_count
    tx.execute(
        "UPDATE submission SET next_order = $1, phase = $2, next_chunk = $3, swept_to = $4, completed_at = $5"
        " WHERE id = $6",
        *(at.next_order, at.phase, at.next_chunk, at.swept_to, now if done else None, at.submission_id),
    )


def _advance(this: _Step) -> int:
    """Does one phase, or one chunk of it; gives what that cost in devices."""
    entry = order_headers.entry(this.tx, this.at.submission_id, this.at.next_order)
    try:
        return PHASES[this.at.phase](this, entry)
    except OrderRefused as refusal:
        submissions.refuse_order(this.tx, entry.submission_id, entry.n, refusal.problem, refusal.detail)
        _next_order(this)
        return _A_PHASE


def _go(this: _Step, phase: str) -> None:
    this.at.phase, this.at.next_chunk, this.at.swept_to = phase, 0, ""


def _next_order(this: _Step) -> None:
    this.at.next_order += 1
    _go(this, "BEGIN")


def _begin(this: _Step, entry: Entry) -> int:
    if entry.problem is None:
        if entry.type == "OR":
            order_news.take_turn(this.tx, this.locks, this.supplier, entry)
        _go(this, order_headers.begin(this.tx, this.supplier, entry, this.work.now))
        if entry.type == "OR":
            order_news.received(this.tx, order_headers.order(this.tx, entry), this.work)
    else:
        _next_order(this)
    return _A_PHASE


def _add(this: _Step, entry: Entry) -> int:
    if this.at.next_chunk >= entry.chunks:
        _go(this, "SWEEP" if entry.type == "OV" else "END")
        return 0
    tx, overriding = this.tx, entry.type == "OV"
    order = order_headers.order(tx, entry)
    chunk = this.plans.chunk(tx, entry.submission_id, entry.n, this.at.next_chunk)
    found = order_reading.read(tx, chunk, entry.deliveries, entry.submission_id, strict=this.work.strict)
    also = claims.organizations_of(tx, order, found.wanted) if overriding else ()
    target = destinations(tx, this.locks, order.supplier_kind, [order], also)[order.id]
    order = order_headers.settle(tx, order, target)
    refused = claims.claim(
        tx, order, target, found.wanted, this.work, overriding=overriding, redated=entry.redated
    )
    if overriding and found.held_back:
        undoing.keep(tx, order, found.held_back, entry.submission_id)
    _keep_refusals(tx, entry, chunk, found, refused)
    this.at.next_chunk += 1
    return len(chunk.ids)


def _check(this: _Step, entry: Entry) -> int:
    """A return that is dated before one of its orders is refused as a whole, so this is looked at first."""
    if this.at.next_chunk >= entry.chunks:
        _go(this, "TAKE")
        return 0
    chunk = this.plans.chunk(this.tx, entry.submission_id, entry.n, this.at.next_chunk)
    found = order_reading.read(this.tx, chunk, entry.deliveries, entry.submission_id, strict=False)
    order = order_headers.order(this.tx, entry)
    latest = returns.examine(this.tx, order, list(found.wanted)).latest_order
    if latest is not None and latest[0] > order.ordered_at:
        raise OrderRefused(Problem.RETURN_TOO_EARLY, orders.get(this.tx, latest[1]).number)
    this.at.next_chunk += 1
    return len(chunk.ids)


def _take(this: _Step, entry: Entry) -> int:
    if this.at.next_chunk >= entry.chunks:
        _go(this, "END")
        return 0
    tx = this.tx
    order = order_headers.order(tx, entry)
    chunk = this.plans.chunk(tx, entry.submission_id, entry.n, this.at.next_chunk)
    found = order_reading.read(tx, chunk, entry.deliveries, entry.submission_id, strict=False)
    serials = list(found.wanted)
    possible = returns.examine(tx, order, serials)
    if this.locks.take(*possible.organization_ids) and tx.postgresql:
        possible = returns.examine(tx, order, serials)
    returns.take(tx, order, found.wanted, possible, this.work)
    _keep_refusals(tx, entry, chunk, found, possible.refused)
    this.at.next_chunk += 1
    return len(chunk.ids)


def _sweep(this: _Step, entry: Entry) -> int:
    """What an override did not name, or all of a voided order, goes."""
    tx = this.tx
    spared, to = (
        (entry.submission_id, ClaimState.OVERRIDDEN) if entry.type == "OV" else (0, ClaimState.VOIDED)
    )
    order = order_headers.order(tx, entry)
    lines = undoing.held(tx, order, after=this.at.swept_to, spared=spared, limit=CHUNK)
    if this.locks.take(*undoing.organizations_of(order, lines)) and tx.postgresql:
        lines = undoing.held(tx, order, after=this.at.swept_to, spared=spared, limit=CHUNK)
    if not lines:
        _go(this, "END")
        return 0
    undoing.let_go(tx, order, lines, to, this.work)
    this.at.swept_to = lines[-1].serial
    return len(lines)


def _restore(this: _Step, entry: Entry) -> int:
    """A voided return: each order gets back what was taken from it, if nobody else has it now."""
    tx = this.tx
    ret = order_headers.order(tx, entry)
    serials = returns.lines_of(tx, ret, after=this.at.swept_to, limit=CHUNK)
    if not serials:
        _go(this, "END")
        return 0
    taken = returns.taken_by(tx, ret, serials)
    found = [orders.get(tx, id) for id in dict.fromkeys(line.order_id for line in taken)]
    targets = destinations(tx, this.locks, ret.supplier_kind, found)
    work = replace(this.work, strict=False)
    troubles: list[Trouble] = []
    for order in found:
        lines = {line.wanted.serial: line for line in taken if line.order_id == order.id}
        wanted = {serial: line.wanted for serial, line in lines.items()}
        target = targets[order.id]
        refused = claims.claim(
            tx, order_headers.settle(tx, order, target), target, wanted, work, restoring=True
        )
        troubles += [
            Trouble(0, this.at.next_chunk + n, lines[serial].return_delivery, serial, *refusal)
            for n, (serial, refusal) in enumerate(refused.items(), len(troubles))
        ]
    submissions.keep_troubles(tx, entry.submission_id, entry.n, troubles)
    returns.close(tx, ret, serials)
    this.at.next_chunk += len(troubles)
    this.at.swept_to = serials[-1]
    return len(serials)


def _end(this: _Step, entry: Entry) -> int:
    order = order_headers.order(this.tx, entry)
    order_news.take_turn_of(this.locks, order)
    order_headers.end(this.tx, entry, this.work.now)
    order_news.ended(this.tx, order.id, entry.type, this.work)
    this.plans.forget(entry.submission_id, entry.n)
    _next_order(this)
    return _A_PHASE


PHASES: dict[str, Callable[[_Step, Entry], int]] = {
    "BEGIN": _begin,
    "ADD": _add,
    "SWEEP": _sweep,
    "CHECK": _check,
    "TAKE": _take,
    "RESTORE": _restore,
    "END": _end,
}
"""OR: begin, add, end. OV: begin, add, sweep, end. RE: begin, check, take, end. VD: begin, sweep or restore, end."""


def _keep_refusals(
    tx: Tx, entry: Entry, chunk: Devices, found: ReadChunk, refused: Mapping[str, Refusal]
) -> None:
    by_place = found.refused | {found.place[serial]: refusal for serial, refusal in refused.items()}
    if not by_place:
        return
    troubles = []
    for n, refusal in sorted(by_place.items()):
        delivery_n, device_n = chunk.places[n]
        delivery = entry.deliveries[delivery_n][0]
        troubles.append(Trouble(delivery_n, device_n, delivery, chunk.ids[n], *refusal))
    submissions.keep_troubles(tx, entry.submission_id, entry.n, troubles)
