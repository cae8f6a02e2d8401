"""What suppliers submitted: kept as it came, worked on later, and what became of each part of it.

A submission's rows are never rewritten; only its progress moves, in the transaction of what was done.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from pomona.keys.randomness import Rng, uuid4
from pomona.registry.errors import NotFound
from pomona.registry.order_documents import OrderDocument, chunks, decode_chunk
from pomona.registry.order_problems import Problem
from pomona.registry.supplier_links import TOPIC
from pomona.store import Row, Tx

_COLUMNS = "id, supplier_id, transaction_id, uuid, received_at, received_from, order_count, device_count, completed_at, failed"
_ORDER_COLUMNS = ("submission_id", "n", "number", "type", "customer", "po_number", "ordered_at", "deliveries",
                  "chunks", "problem")  # fmt: skip
_PROBLEM_COLUMNS = (
    "submission_id",
    "order_n",
    "delivery_n",
    "device_n",
    "delivery",
    "device",
    "problem",
    "detail",
)
WHOLE = -1
"""Stands for the device in a problem of a whole delivery."""


@dataclass(frozen=True, slots=True)
class Submission:
    """`uuid` is what the supplier asks for it by. Times are milliseconds; `failed` when it could not be worked on."""

    id: int
    supplier_id: int
    transaction_id: str
    uuid: str
    received_at: int
    received_from: str | None
    order_count: int
    device_count: int
    completed_at: int | None
    failed: bool


class Trouble(NamedTuple):
    """What was refused below an order. `device_n` is `WHOLE` for a delivery; `device` is its id as written."""

    delivery_n: int
    device_n: int
    delivery: str
    device: str
    problem: Problem
    detail: str


@dataclass(slots=True)
class DeliveryFate:
    """A delivery of an order, the ids of its devices as written, and what was refused."""

    number: str
    ids: list[str]
    problem: Problem | None
    troubles: dict[int, Trouble]


@dataclass(slots=True)
class OrderFate:
    """An order of a submission. `deliveries` are those that were looked at."""

    number: str
    type: str
    problem: Problem | None
    detail: str
    order_id: int | None
    deliveries: list[DeliveryFate]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A submission ready to be kept: made outside the transaction, which then takes no longer than its inserts."""

    transaction_id: str
    body: bytes
    body_hash: bytes
    orders: Sequence[OrderDocument]
    chunks: list[list[str]]


class Accepted(NamedTuple):
    """`repeated`: it was here before, word for word. `reused`: its transaction id was, with another body."""

    uuid: str
    repeated: bool
    reused: bool


def prepare(transaction_id: str, body: bytes, orders: Sequence[OrderDocument]) -> Prepared:
    """Cuts the orders into chunks. `body` is the request as it came, which is kept as evidence."""
    return Prepared(
        transaction_id, body, hashlib.sha256(body).digest(), orders, [chunks(order) for order in orders]
    )


def accept(
    tx: Tx, supplier_id: int, prepared: Prepared, *, received_from: str | None = None, now: int, rng: Rng
) -> Accepted:
    """Keeps a submission to be worked on soon. The same transaction id with the same body is no second one."""
    tx.lock(_accept_lock(supplier_id))
    earlier = tx.rows(
        "SELECT uuid, body_hash FROM submission WHERE supplier_id = $1 AND transaction_id = $2 ORDER BY id",
        *(supplier_id, prepared.transaction_id),
    )
    for uuid, body_hash in earlier:
        if bytes(body_hash) == prepared.body_hash:
            return Accepted(uuid, True, False)
    uuid = f"{uuid4(rng)}_{now}"
    id = int(
        tx.value(
            "INSERT INTO submission (supplier_id, transaction_id, uuid, body_hash, received_at, received_from,"
            " order_count, device_count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
            *(
                supplier_id,
                prepared.transaction_id,
                uuid,
                prepared.body_hash,
                now,
                received_from,
            ),
            *(len(prepared.orders), sum(order.device_count for order in prepared.orders)),
        )
    )
    tx.execute("INSERT INTO submission_body (submission_id, body) VALUES ($1, $2)", id, prepared.body)
    _keep_orders(tx, id, prepared)
    tx.notify(TOPIC)
    return Accepted(uuid, False, bool(earlier))


def _keep_orders(tx: Tx, id: int, prepared: Prepared) -> None:
    orders = list(zip(prepared.orders, prepared.chunks, strict=True))
    rows = []
    for n, (order, made) in enumerate(orders):
        deliveries = tx.pack([(each.number, each.shipped_at) for each in order.deliveries])
        rows.append((id, n, order.number, order.type, order.customer, order.po_number, order.ordered_at, deliveries,
                     len(made), order.problem))  # fmt: skip
    tx.insert("submission_order", _ORDER_COLUMNS, rows)
    tx.insert(
        "submission_chunk",
        ("submission_id", "order_n", "chunk", "devices"),
        [(id, n, place, chunk) for n, (_, made) in enumerate(orders) for place, chunk in enumerate(made)],
    )
    for n, order in enumerate(prepared.orders):
        troubles = [
            Trouble(place, WHOLE, each.number, "", each.problem, "")
            for place, each in enumerate(order.deliveries)
            if each.problem is not None
        ]
        if troubles:
            keep_troubles(tx, id, n, troubles)


def keep_troubles(tx: Tx, submission_id: int, order_n: int, troubles: Sequence[Trouble]) -> None:
    """Remembers what of an order was refused."""
    tx.insert("submission_problem", _PROBLEM_COLUMNS, [(submission_id, order_n, *each) for each in troubles])


def refuse_order(tx: Tx, submission_id: int, order_n: int, problem: Problem, detail: str) -> None:
    """Remembers why an order as a whole was refused."""
    tx.execute(
        "UPDATE submission_order SET problem = $1, detail = $2 WHERE submission_id = $3 AND n = $4",
        *(problem, detail, submission_id, order_n),
    )


def by_uuid(tx: Tx, supplier_id: int, uuid: str) -> Submission:
    """A submission of the supplier. Raises `NotFound`, the same for another supplier's."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM submission WHERE uuid = $1 AND supplier_id = $2",
        uuid.strip().lower(),
        supplier_id,
    )
    if row is None:
        raise NotFound("submission", uuid)
    return _submission(row)


def newest(tx: Tx, supplier_id: int, *, before: int | None = None, limit: int = 50) -> list[Submission]:
    """A supplier's submissions newest first; `before` is the internal id of the last one of the page before."""
    sql = f"SELECT {_COLUMNS} FROM submission WHERE supplier_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    return [_submission(row) for row in tx.rows(sql, supplier_id, before or 1 << 62, limit)]


def body(tx: Tx, submission_id: int) -> bytes:
    """The request as it came."""
    return bytes(tx.value("SELECT body FROM submission_body WHERE submission_id = $1", submission_id))


def fate(tx: Tx, submission_id: int) -> list[OrderFate]:
    """What became of each order, delivery and device. As large as the submission: a long read."""
    troubles = _troubles(tx, submission_id)
    ids = _ids(tx, submission_id)
    rows = tx.rows(
        "SELECT n, number, type, problem, detail, order_id, deliveries FROM submission_order"
        " WHERE submission_id = $1 ORDER BY n",
        submission_id,
    )
    found = []
    for n, number, type, problem, detail, order_id, deliveries in rows:
        numbers = [each[0] for each in msgspec.json.decode(deliveries)]
        fates = _deliveries(numbers, ids.get(n, {}), troubles.get(n, []))
        found.append(
            OrderFate(number, type, None if problem is None else Problem(problem), detail, order_id, fates)
        )
    return found


def _deliveries(numbers: list[str], ids: dict[int, list[str]], troubles: list[Trouble]) -> list[DeliveryFate]:
    """Those of the submission; for a void, which names none, those of the return that it could not undo wholly."""
    fates: dict[object, DeliveryFate] = {
        n: DeliveryFate(number, ids.get(n, []), None, {}) for n, number in enumerate(numbers)
    }
    for trouble in troubles:
        if trouble.device_n == WHOLE:
            fates[trouble.delivery_n].problem = trouble.problem
        elif numbers:
            fates[trouble.delivery_n].troubles[trouble.device_n] = trouble
        else:
            fate = fates.setdefault(trouble.delivery, DeliveryFate(trouble.delivery, [], None, {}))
            fate.troubles[len(fate.ids)] = trouble
            fate.ids.append(trouble.device)
    return [fate for fate in fates.values() if fate.ids or fate.problem is not None]


def _troubles(tx: Tx, submission_id: int) -> dict[int, list[Trouble]]:
    rows = tx.rows(
        "SELECT order_n, delivery_n, device_n, delivery, device, problem, detail FROM submission_problem"
        " WHERE submission_id = $1 ORDER BY order_n, delivery_n, device_n",
        submission_id,
    )
    found: dict[int, list[Trouble]] = {}
    for order_n, delivery_n, device_n, delivery, device, problem, detail in rows:
        trouble = Trouble(delivery_n, device_n, delivery, device, Problem(problem), detail)
        found.setdefault(order_n, []).append(trouble)
    return found


def _ids(tx: Tx, submission_id: int) -> dict[int, dict[int, list[str]]]:
    rows = tx.rows(
        "SELECT order_n, devices FROM submission_chunk WHERE submission_id = $1 ORDER BY order_n, chunk",
        submission_id,
    )
    found: dict[int, dict[int, list[str]]] = {}
    for order_n, devices in rows:
        chunk = decode_chunk(devices)
        deliveries = found.setdefault(order_n, {})
        at = 0
        for run in chunk.runs:
            deliveries.setdefault(run.delivery_n, []).extend(chunk.ids[at : at + run.size])
            at += run.size
    return found


def waiting(tx: Tx) -> list[int]:
    """Internal ids of the suppliers that have a submission to be worked on."""
    return [
        row[0] for row in tx.rows("SELECT DISTINCT supplier_id FROM submission WHERE completed_at IS NULL")
    ]


def _accept_lock(supplier_id: int) -> int:
    return -2 * supplier_id


def work_lock(supplier_id: int) -> int:
    """The lock of whoever works on a supplier's submissions: apart from organisations' and from that of accepting."""
    return -2 * supplier_id - 1


def _submission(row: Row) -> Submission:
    values = (*row[:9], bool(row[9]))
    return Submission(*values)
