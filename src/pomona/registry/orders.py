"""Orders as they stand: the net state of all submissions about each, and where every device of it is."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple

from pomona.registry.errors import NotFound
from pomona.registry.order_problems import Problem
from pomona.store import Row, Tx


class ClaimState(IntEnum):
    """Where a device of an order is. Only LIVE holds its serial; the numbers are stored."""

    PENDING = 0
    """Waits until the organisation links the supplier."""
    LIVE = 1
    RETURNED = 2
    """Taken back by a return, which may still be voided."""
    RELEASED = 3
    """Given up by the organisation."""
    REFUSED = 4
    """Could not be taken; the line says why."""
    VOIDED = 5
    OVERRIDDEN = 6
    """Left out by an override."""
    TAKEN_BACK = 7
    """A line of a return that took effect."""


COUNTED = {
    ClaimState.PENDING: "pending",
    ClaimState.LIVE: "live",
    ClaimState.RETURNED: "returned",
    ClaimState.RELEASED: "released",
    ClaimState.REFUSED: "refused",
    ClaimState.TAKEN_BACK: "returned",
}
"""States that an order keeps a count of, and the column."""

STANDING = (ClaimState.PENDING, ClaimState.LIVE, ClaimState.RELEASED)
"""States of the devices that an order consists of, as its supplier sees it."""

_COLUMNS = (
    "o.id, o.supplier_id, s.kind, s.number, s.name, o.number, o.type, o.customer, o.po_number, o.organization_id,"
    " o.ordered_at, o.created_at, o.updated_at, o.voided_at, o.flow_from, o.pending, o.live, o.returned, o.released,"
    " o.refused"
)
_SELECT = f"SELECT {_COLUMNS} FROM purchase_order o JOIN supplier s ON s.id = o.supplier_id"


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a supplier, or a return (type RE). Times are milliseconds; the counts are of its devices.

    `organization_id` is None while nobody linked the customer number of one of the maker's orders. `flow_from` is the
    serial after which waiting devices are being brought in, None when none are.
    """

    id: int
    supplier_id: int
    supplier_kind: str
    supplier_number: str
    supplier_name: str
    number: str
    type: str
    customer: str
    po_number: str
    organization_id: int | None
    ordered_at: int
    created_at: int
    updated_at: int
    voided_at: int | None
    flow_from: str | None
    pending: int
    live: int
    returned: int
    released: int
    refused: int

    @property
    def took_effect(self) -> bool:
        """Whether any device of it ever came or waits to; else its header may still be corrected freely."""
        return self.pending + self.live + self.returned + self.released > 0

    @property
    def state(self) -> str:
        """One word for the whole: VOIDED, RETURN, ARRIVING, PENDING, AVAILABLE, RETURNED, RELEASED, REFUSED or EMPTY.

        Of a mixture the first that fits is said.
        """
        if self.voided_at is not None:
            return "VOIDED"
        if self.type == "RE":
            return "RETURN"
        if self.pending:
            return "PENDING" if self.flow_from is None else "ARRIVING"
        counts = ((self.live, "AVAILABLE"), (self.returned, "RETURNED"), (self.released, "RELEASED"))
        return next((word for count, word in counts if count), "REFUSED" if self.refused else "EMPTY")

    @property
    def reason(self) -> str:
        """Why devices wait, and what to do about it; empty when none do."""
        if not self.pending or self.voided_at is not None:
            return ""
        if self.flow_from is not None:
            return "The supplier was linked a moment ago; the devices are being added."
        if self.supplier_kind == "APPLE":
            return f"No organisation has linked the Apple Customer Number {self.customer}; link it to let them in."
        return f"The reseller number {self.supplier_number} is not linked; link it to let the devices in."


@dataclass(frozen=True, slots=True)
class Line:
    """A device of an order. `problem` says why a REFUSED one was, `returned_with` the number of a RETURNED one's return."""

    serial: str
    delivery: str
    shipped_at: int
    asset_tag: str
    product: str
    state: ClaimState
    problem: Problem | None
    device_id: int | None
    returned_with: str = ""


class DeliverySummary(NamedTuple):
    """One delivery of an order and how many of its devices are in which state."""

    number: str
    shipped_at: int
    counts: dict[ClaimState, int]


class HistoryEntry(NamedTuple):
    """A submission that was about an order; `problem` when it was refused."""

    uuid: str
    transaction_id: str
    received_at: int
    type: str
    problem: Problem | None
    detail: str


def get(tx: Tx, id: int) -> Order:
    """By internal id. Raises `NotFound`."""
    row = tx.row(f"{_SELECT} WHERE o.id = $1", id)
    if row is None:
        raise NotFound("order", id)
    return Order(*row)


def standing(tx: Tx, supplier_id: int, number: str) -> Order | None:
    """The order or return of a supplier that has this number and is not voided."""
    return _first(
        tx.rows(
            f"{_SELECT} WHERE o.supplier_id = $1 AND o.number = $2 AND o.voided_at IS NULL",
            supplier_id,
            number,
        )
    )


def latest(tx: Tx, supplier_id: int, number: str) -> Order | None:
    """Like `standing`, else the one of this number that was voided last."""
    return standing(tx, supplier_id, number) or _first(
        tx.rows(
            f"{_SELECT} WHERE o.supplier_id = $1 AND o.number = $2 ORDER BY o.id DESC LIMIT 1",
            supplier_id,
            number,
        )
    )


def of_supplier(tx: Tx, supplier_id: int, *, before: int | None = None, limit: int = 50) -> list[Order]:
    """A supplier's orders newest first; `before` is the internal id of the last one of the page before."""
    sql = f"{_SELECT} WHERE o.supplier_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3"
    return [Order(*row) for row in tx.rows(sql, supplier_id, before or 1 << 62, limit)]


def of_organization(
    tx: Tx, organization_id: int, *, before: int | None = None, limit: int = 50
) -> list[Order]:
    """An organisation's orders newest first, those that wait for a link among them."""
    sql = f"{_SELECT} WHERE o.organization_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3"
    return [Order(*row) for row in tx.rows(sql, organization_id, before or 1 << 62, limit)]


def find(tx: Tx, organization_id: int, number: str) -> list[Order]:
    """An organisation's orders of this number, newest first: different suppliers may use the same."""
    sql = f"{_SELECT} WHERE o.organization_id = $1 AND o.number = $2 ORDER BY o.id DESC LIMIT 100"
    return [Order(*row) for row in tx.rows(sql, organization_id, number)]


def lines(tx: Tx, order_id: int, *, after: str = "", limit: int = 1000) -> list[Line]:
    """Devices of an order by serial, whatever became of them; `after` is the last serial of the page before."""
    columns = ", ".join(f"c.{column}" for column in _LINE.split(", "))
    rows = tx.rows(
        f"SELECT {columns}, coalesce(r.number, '') FROM claim c LEFT JOIN purchase_order r"
        f" ON r.id = c.returned_by AND c.state = {ClaimState.RETURNED:d}"
        " WHERE c.order_id = $1 AND c.serial > $2 ORDER BY c.serial LIMIT $3",
        *(order_id, after, limit),
    )
    return [replace(_line(row[:8]), returned_with=row[8]) for row in rows]


def contents(tx: Tx, order: Order) -> list[Line]:
    """What a supplier is shown of its order now: net of returns, overrides and voids. As large as the order.

    Of a return, the devices that it took back. Sorted by delivery, then serial.
    """
    states = (ClaimState.TAKEN_BACK,) if order.type == "RE" else STANDING
    if order.voided_at is not None:
        return []
    rows = tx.rows(
        f"SELECT {_LINE} FROM claim WHERE order_id = $1 AND state IN ({', '.join(str(int(s)) for s in states)})"
        " ORDER BY delivery, shipped_at, serial",
        order.id,
    )
    return [_line(row) for row in rows]


def deliveries(tx: Tx, order_id: int) -> list[DeliverySummary]:
    """An order's deliveries and how their devices stand. Counts the order's devices: a long read."""
    rows = tx.rows(
        "SELECT delivery, shipped_at, state, count(*) FROM claim WHERE order_id = $1"
        " GROUP BY delivery, shipped_at, state ORDER BY delivery, shipped_at, state",
        order_id,
    )
    found: dict[tuple[str, int], DeliverySummary] = {}
    for number, shipped_at, state, count in rows:
        summary = found.setdefault((number, shipped_at), DeliverySummary(number, shipped_at, {}))
        summary.counts[ClaimState(state)] = int(count)
    return list(found.values())


def history(tx: Tx, order_id: int, *, limit: int = 100) -> list[HistoryEntry]:
    """The submissions about an order, oldest first."""
    rows = tx.rows(
        "SELECT s.uuid, s.transaction_id, s.received_at, p.type, p.problem, p.detail FROM submission_order p"
        " JOIN submission s ON s.id = p.submission_id WHERE p.order_id = $1 ORDER BY p.submission_id, p.n LIMIT $2",
        *(order_id, limit),
    )
    return [
        HistoryEntry(uuid, transaction_id, at, type, None if problem is None else Problem(problem), detail)
        for uuid, transaction_id, at, type, problem, detail in rows
    ]


_LINE = "serial, delivery, shipped_at, asset_tag, product, state, problem, device_id"


def _line(row: Row) -> Line:
    problem = None if row[6] is None else Problem(row[6])
    values = (*row[:5], ClaimState(row[5]), problem, row[7])
    return Line(*values)


def _first(rows: list[Row]) -> Order | None:
    return Order(*rows[0]) if rows else None
