"""Where a serial stands in orders: those of an organisation, and the little that it may know of others'."""

from typing import NamedTuple

from pomona.registry import organizations
from pomona.registry.devices import first_number, last_number
from pomona.registry.order_problems import Problem
from pomona.registry.orders import ClaimState
from pomona.store import Tx

_LOOKED_THROUGH = 200
"""Refused orders whose devices are looked through, the newest: they have no index, and are few."""

CUSTOMER = {"RESELLER": "p.customer", "APPLE": "ltrim(p.customer, '0')"}
"""A submission's customer as the registry spells it: the maker's customer numbers may have been written with zeros."""

Supplier = tuple[str, str, str]
"""Kind, number and name."""


class OrderLine(NamedTuple):
    """The line of a serial in an order of the organisation. `left_at` is when its device left again, in milliseconds."""

    order_id: int
    number: str
    updated_at: int
    flow_from: str | None
    state: ClaimState
    problem: Problem | None
    left_at: int | None
    supplier: Supplier


class SubmittedOrder(NamedTuple):
    """An order as it was submitted, at `at` milliseconds; `problem` when it or the device in it was refused."""

    number: str
    at: int
    supplier: Supplier
    problem: Problem | None


def lines_of(tx: Tx, organization_id: int, serial: str) -> list[OrderLine]:
    """The lines of a serial in the organisation's orders, returns left out."""
    # Two queries, because each state has an index of its own.
    rows = [
        row
        for states in ("c.state = 1", "c.state <> 1")
        for row in tx.rows(
            "SELECT o.id, o.number, o.updated_at, o.flow_from, c.state, c.problem, d.released_at, s.kind, s.number, s.name"
            f" FROM claim c JOIN purchase_order o ON o.id = c.order_id AND o.organization_id = $1 AND o.type <> 'RE'"
            " JOIN supplier s ON s.id = o.supplier_id LEFT JOIN device d ON d.id = c.device_id"
            f" WHERE c.serial = $2 AND {states} ORDER BY o.id DESC",
            *(organization_id, serial),
        )
    ]
    return [
        OrderLine(
            id,
            number,
            updated_at,
            flow_from,
            ClaimState(state),
            problem and Problem(problem),
            left_at,
            tuple(rest),
        )
        for id, number, updated_at, flow_from, state, problem, left_at, *rest in rows
    ]


class Left(NamedTuple):
    """A device that left: when (milliseconds), and the supplier that took it out, None when it was released."""

    at: int
    supplier: Supplier | None
    number: str


def left(tx: Tx, organization_id: int, serial: str) -> Left | None:
    """How the organisation's last device of this serial left it. `number` is that of the order it had come with."""
    row = tx.row(
        "SELECT d.released_at, d.released_by, o.number, s.kind, s.number, s.name FROM device d"
        " LEFT JOIN purchase_order o ON o.id = d.order_id LEFT JOIN supplier s ON s.id = o.supplier_id"
        " WHERE d.serial = $1 AND d.released_at IS NOT NULL AND d.id BETWEEN $2 AND $3 ORDER BY d.id DESC LIMIT 1",
        *(serial, first_number(organization_id), last_number(organization_id)),
    )
    if row is None:
        return None
    at, by, number, kind, supplier, name = row
    taken = str(by).startswith("SUPPLIER:") and number is not None
    return Left(at, (kind, supplier, name) if taken else None, number if taken else "")


def misaddressed(tx: Tx, organization_id: int, serial: str) -> list[Supplier]:
    """Suppliers linked by the organisation that sent the serial for another Organisation ID, or for one that is nobody's."""
    linked = (
        "SELECT s.id, s.kind, s.number, s.name FROM supplier_link l JOIN supplier s ON s.kind = l.kind AND s.number ="
        " l.number WHERE l.organization_id = $1 AND l.kind = 'RESELLER' ORDER BY s.id"
    )
    suppliers: dict[int, Supplier] = {
        id: (kind, number, name) for id, kind, number, name in tx.rows(linked, organization_id)
    }
    if not suppliers:
        return []
    held = [
        row[0]
        for states in ("c.state = 1", "c.state <> 1 AND c.state = 0")
        for row in tx.rows(
            "SELECT o.supplier_id FROM claim c JOIN purchase_order o ON o.id = c.order_id AND o.organization_id <> $1"
            f" WHERE c.serial = $2 AND {states}",
            *(organization_id, serial),
        )
    ]
    nowhere = tx.rows(
        "SELECT w.supplier_id FROM (SELECT p.submission_id, p.n, s.supplier_id FROM submission_order p JOIN submission s"
        " ON s.id = p.submission_id WHERE p.problem = 'CUSTOMER_UNKNOWN' ORDER BY p.submission_id DESC, p.n DESC LIMIT"
        f" {_LOOKED_THROUGH}) w JOIN submission_chunk c ON c.submission_id = w.submission_id AND c.order_n = w.n"
        " WHERE upper(c.devices) LIKE $1",
        _like(serial),
    )
    ids = dict.fromkeys([*held, *(row[0] for row in nowhere)])
    return [suppliers[id] for id in ids if id in suppliers]


def nobodys(tx: Tx, serial: str) -> bool:
    """Whether an order of the maker for a customer number that nobody has linked waits with this serial."""
    found = tx.value(
        "SELECT 1 FROM claim c JOIN purchase_order o ON o.id = c.order_id AND o.organization_id IS NULL AND o.type <> 'RE'"
        " WHERE c.serial = $1 AND c.state <> 1 AND c.state = 0 LIMIT 1",
        serial,
    )
    return found is not None


def refused(tx: Tx, organization_id: int, serial: str) -> list[SubmittedOrder]:
    """Orders for the organisation that were refused as a whole or for this device, newest first."""
    found = []
    for kind, customer in customers(tx, organization_id):
        whole = tx.rows(
            "SELECT w.number, w.received_at, w.kind, w.supplier, w.name, w.problem FROM (SELECT p.submission_id, p.n,"
            " p.number, p.problem, s.received_at, u.kind, u.number AS supplier, u.name FROM submission_order p"
            " JOIN submission s ON s.id = p.submission_id JOIN supplier u ON u.id = s.supplier_id AND u.kind = $1"
            f" WHERE {CUSTOMER[kind]} = $2 AND p.problem IS NOT NULL AND p.type IN ('OR', 'OV')"
            f" ORDER BY p.submission_id DESC, p.n DESC LIMIT {_LOOKED_THROUGH}) w"
            " JOIN submission_chunk c ON c.submission_id = w.submission_id AND c.order_n = w.n"
            " WHERE upper(c.devices) LIKE $3 ORDER BY w.submission_id DESC",
            *(kind, customer, _like(serial)),
        )
        single = tx.rows(
            "SELECT p.number, s.received_at, u.kind, u.number, u.name, t.problem FROM submission_problem t"
            " JOIN submission_order p ON p.submission_id = t.submission_id AND p.n = t.order_n AND p.type IN ('OR', 'OV')"
            " JOIN submission s ON s.id = p.submission_id JOIN supplier u ON u.id = s.supplier_id AND u.kind = $1"
            f" WHERE {CUSTOMER[kind]} = $2 AND t.device = $3 ORDER BY t.submission_id DESC LIMIT 20",
            *(kind, customer, serial),
        )
        for number, at, of_kind, supplier, name, problem in whole + single:
            found.append(SubmittedOrder(number, at, (of_kind, supplier, name), Problem(problem)))
    # Of one order that was refused again and again the last time is enough.
    return list({(each.number, each.supplier, each.problem): each for each in reversed(found)}.values())


def unfinished(tx: Tx, organization_id: int, serial: str) -> list[SubmittedOrder]:
    """Orders for the organisation that carry the serial and are not worked off yet."""
    found: dict[tuple[str, Supplier], SubmittedOrder] = {}
    for kind, customer in customers(tx, organization_id):
        rows = tx.rows(
            "SELECT p.number, s.received_at, u.kind, u.number, u.name FROM submission s"
            " JOIN supplier u ON u.id = s.supplier_id AND u.kind = $1"
            f" JOIN submission_order p ON p.submission_id = s.id AND p.n >= s.next_order AND {CUSTOMER[kind]} = $2"
            " AND p.problem IS NULL AND p.type IN ('OR', 'OV')"
            " JOIN submission_chunk c ON c.submission_id = p.submission_id AND c.order_n = p.n"
            " WHERE s.completed_at IS NULL AND upper(c.devices) LIKE $3 ORDER BY s.id",
            *(kind, customer, _like(serial)),
        )
        for number, at, *supplier in rows:
            made = SubmittedOrder(number, at, (supplier[0], supplier[1], supplier[2]), None)
            found[number, made.supplier] = made
    return list(found.values())


def customers(tx: Tx, organization_id: int) -> list[tuple[str, str]]:
    """What suppliers of each kind call the organisation."""
    number = organizations.get(tx, organization_id).number
    sql = "SELECT number FROM supplier_link WHERE organization_id = $1 AND kind = 'APPLE' ORDER BY number"
    return [("RESELLER", number), *(("APPLE", row[0]) for row in tx.rows(sql, organization_id))]


def _like(serial: str) -> str:
    return f'%"{serial}"%'
