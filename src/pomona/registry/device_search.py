"""Finding devices among a million: filters, a search text, pages by key, and never a count.

A page takes its candidates from the one index that fits the filter best, newest arrivals first, looks through a bounded
number of them, and says where the next page goes on. A filter that almost nothing passes makes a page short, never slow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pomona.catalogue.kinds import Kind
from pomona.registry.devices import PROFILE_STATUSES, Source, first_number, last_number
from pomona.store import Row, Tx

State = Literal["owned", "assigned", "unassigned", "released"]
"""`owned` are all that were not released."""

WINDOW = 10_000
"""Candidates that a page looks through at most."""

MATCHES = 500
"""Devices that a search text finds at most."""


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """What a device has to be. Everything that is given must hold.

    `text` is the beginning of a serial number, or a whole IMEI, MEID or order number, in any case. `source_id` is an
    Apple Customer Number or Reseller Number. `added_since` is a time in milliseconds.
    """

    text: str = ""
    state: State = "owned"
    kind: Kind | None = None
    service_id: int | None = None
    order_number: str = ""
    source: Source | None = None
    source_id: str = ""
    added_since: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """What a list shows of a device. `service_id` is internal; times are milliseconds."""

    id: int
    serial: str
    kind: Kind
    inferred: bool
    model: str
    capacity: str
    color: str
    source: str
    source_id: str
    order_number: str
    added_at: int
    released_at: int | None
    provisional_until: int | None
    service_id: int | None
    profile_status: str


@dataclass(frozen=True, slots=True)
class Found:
    """A page. `after` is what the next one begins behind, None at the end; `partly` says that the page is not full and
    yet more may follow, because the window was looked through."""

    devices: list[DeviceLine]
    after: int | None
    partly: bool


_SELECT = (
    "SELECT d.id, d.serial, d.kind, d.inferred, p.model, p.capacity, p.color, d.source, d.source_id,"
    " coalesce(o.number, ''), d.added_at, d.released_at, d.provisional_until, s.service_id, s.profile_status"
    " FROM ({candidates}) c JOIN device d ON d.id = c.id JOIN device_state s ON s.device_id = d.id"
    " JOIN product p ON p.id = d.product_id LEFT JOIN purchase_order o ON o.id = d.order_id"
)


class _Query:
    """A statement in the making: parameters are numbered in the order in which their places are written."""

    def __init__(self) -> None:
        self.params: list[Any] = []

    def place(self, value: Any) -> str:
        """Where a value stands in the statement."""
        self.params.append(value)
        return f"${len(self.params)}"


def search(
    tx: Tx, organization_id: int, wanted: DeviceFilter, *, after: int | None = None, limit: int = 100
) -> Found:
    """A page of an organisation's devices, the last to arrive first; `after` is what the page before gave."""
    query = _Query()
    candidates = _candidates(tx, query, organization_id, wanted, after)
    window = list(query.params)
    sql = _SELECT.format(candidates=candidates) + _conditions(query, wanted)
    sql += f" ORDER BY c.id DESC LIMIT {query.place(limit + 1)}"
    rows = tx.rows(sql, *query.params)
    lines = [_line(row) for row in rows[:limit]]
    if len(rows) > limit:
        return Found(lines, lines[-1].id, False)
    row = tx.row(f"SELECT count(*), min(c.id) FROM ({candidates}) c", *window)
    assert row is not None
    if wanted.text or int(row[0]) < WINDOW or _is_past(tx, int(row[1]), wanted.added_since):
        return Found(lines, None, False)
    return Found(lines, int(row[1]), True)


def _candidates(tx: Tx, query: _Query, organization_id: int, wanted: DeviceFilter, after: int | None) -> str:
    first, last = first_number(organization_id), last_number(organization_id)
    end = last + 1 if after is None else after
    if wanted.text:
        ids = [(id,) for id in _matching(tx, organization_id, wanted.text)]
        return f"SELECT c0 AS id FROM {tx.each(query.place(tx.pack(ids)), 'bigint')} e WHERE c0 < {query.place(end)}"
    if wanted.order_number:
        table, key = "device", "id"
        orders = [(id,) for id in _orders(tx, organization_id, wanted.order_number)]
        only = f"order_id IN (SELECT c0 FROM {tx.each(query.place(tx.pack(orders)), 'bigint')} e) AND "
    elif wanted.service_id is not None:
        table, key = "device_state", "device_id"
        only = f"service_id = {query.place(wanted.service_id)} AND "
    elif wanted.state == "released":
        table, key, only = "device", "id", "released_at IS NOT NULL AND "
    elif wanted.source == "MANUALLY_ADDED":
        # Few devices are: they have an index to themselves, which the words must match to the letter.
        table, key, only = "device", "id", "source = 'MANUALLY_ADDED' AND "
    elif wanted.state == "unassigned":
        table, key, only = "device_state", "device_id", "service_id IS NULL AND "
    elif wanted.kind is not None:
        table, key = "device", "id"
        only = f"kind = {query.place(int(wanted.kind))} AND "
    else:
        table, key, only = "device", "id", ""
    low, high = query.place(first), query.place(end)
    return (
        f"SELECT {key} AS id FROM {table} WHERE {only}{key} >= {low} AND {key} < {high} ORDER BY {key} DESC"
        f" LIMIT {WINDOW}"
    )


def _conditions(query: _Query, wanted: DeviceFilter) -> str:
    states: dict[State, str] = {
        "owned": "d.released_at IS NULL",
        "assigned": "d.released_at IS NULL AND s.service_id IS NOT NULL",
        "unassigned": "d.released_at IS NULL AND s.service_id IS NULL",
        "released": "d.released_at IS NOT NULL",
    }
    conditions = [states[wanted.state]]
    if wanted.kind is not None:
        conditions.append(f"d.kind = {query.place(int(wanted.kind))}")
    if wanted.service_id is not None:
        conditions.append(f"s.service_id = {query.place(wanted.service_id)}")
    if wanted.text and wanted.order_number:
        conditions.append(f"o.number = {query.place(wanted.order_number)}")
    if wanted.source is not None:
        conditions.append(f"d.source = {query.place(wanted.source)}")
    if wanted.source_id:
        conditions.append(f"d.source_id = {query.place(wanted.source_id)}")
    if wanted.added_since is not None:
        conditions.append(f"d.added_at >= {query.place(wanted.added_since)}")
    return " WHERE " + " AND ".join(conditions)


def _is_past(tx: Tx, id: int, since: int | None) -> bool:
    """Whether a device, and with it all that came before it, arrived too early."""
    if since is None:
        return False
    added = tx.value("SELECT added_at FROM device WHERE id = $1", id)
    return added is not None and int(added) < since


_BY_SERIAL = (
    "SELECT x.id FROM (SELECT device_id AS id, serial FROM serial_owner WHERE serial >= $1 AND serial < $2"
    f" ORDER BY serial LIMIT {WINDOW}) x WHERE x.id BETWEEN $3 AND $4 ORDER BY x.serial LIMIT $5"
)
_BY_RELEASED_SERIAL = (
    "SELECT x.id FROM (SELECT id, serial FROM device WHERE serial >= $1 AND serial < $2 AND released_at IS NOT NULL"
    f" ORDER BY serial LIMIT {WINDOW}) x WHERE x.id BETWEEN $3 AND $4 ORDER BY x.serial LIMIT $5"
)
_BY_IDENTIFIER = (
    "SELECT device_id FROM device_identifier WHERE value = $1 AND device_id BETWEEN $2 AND $3 LIMIT $4"
)


def _matching(tx: Tx, organization_id: int, text: str) -> list[int]:
    """Devices that a search text means, the last to arrive first."""
    begin = text.strip().upper()
    bounds = (first_number(organization_id), last_number(organization_id), MATCHES)
    # Every serial that begins so sorts before the same text with a tilde behind it.
    serials = (begin, begin + "~", *bounds)
    rows = tx.rows(_BY_SERIAL, *serials)
    rows += tx.rows(_BY_RELEASED_SERIAL, *serials)
    rows += tx.rows(_BY_IDENTIFIER, begin, *bounds)
    found = {int(row[0]) for row in rows}
    found.update(_of_orders(tx, _orders(tx, organization_id, text.strip())))
    return sorted(found, reverse=True)[:MATCHES]


def _orders(tx: Tx, organization_id: int, number: str) -> list[int]:
    sql = (
        "SELECT id FROM purchase_order WHERE organization_id = $1 AND number = $2 ORDER BY id DESC LIMIT 100"
    )
    return [int(row[0]) for row in tx.rows(sql, organization_id, number)]


def _of_orders(tx: Tx, orders: Sequence[int]) -> list[int]:
    found: list[int] = []
    for order_id in orders:
        rows = tx.rows(
            "SELECT id FROM device WHERE order_id = $1 ORDER BY id DESC LIMIT $2", order_id, MATCHES
        )
        found += [int(row[0]) for row in rows]
    return found


def _line(row: Row) -> DeviceLine:
    values = (*row[:2], Kind(row[2]), bool(row[3]), *row[4:14], PROFILE_STATUSES[row[14]])
    return DeviceLine(*values)
