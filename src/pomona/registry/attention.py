"""What in an organisation waits for somebody: questions that cost the same however many devices there are."""

from typing import NamedTuple

from pomona.registry.devices import first_number, last_number
from pomona.store import Tx

MOST = 1_000
"""Things are counted up to here; more is `MOST` and one."""


class Waiting(NamedTuple):
    """Orders of a supplier that is not linked: how many, and their devices."""

    supplier: str
    number: str
    kind: str
    orders: int
    devices: int


class Leaving(NamedTuple):
    """A release that was put off: the activity's public id, its devices, and when it is final (ms)."""

    activity: str
    devices: int
    final_at: int


class Failed(NamedTuple):
    """An activity of the last days that did not end as asked."""

    activity: str
    type: str
    total: int
    failed: int
    ended_at: int


class Provisional(NamedTuple):
    """Devices whose users may still take them out, and when the first of them stays for good (ms)."""

    devices: int
    first_until: int | None


def waiting_orders(tx: Tx, organization_id: int, *, limit: int = 20) -> list[Waiting]:
    """Orders that nobody let in yet, by supplier, the largest first."""
    rows = tx.rows(
        "SELECT s.name, s.number, s.kind, count(*) AS orders, sum(o.pending) AS devices FROM purchase_order o"
        " JOIN supplier s ON s.id = o.supplier_id WHERE o.organization_id = $1 AND o.pending > 0"
        " AND o.flow_from IS NULL AND o.voided_at IS NULL GROUP BY s.id, s.name, s.number, s.kind"
        " ORDER BY devices DESC, s.number LIMIT $2",
        *(organization_id, limit),
    )
    return [
        Waiting(name, number, kind, int(orders), int(devices)) for name, number, kind, orders, devices in rows
    ]


def failed_activities(tx: Tx, organization_id: int, since: int, *, limit: int = 5) -> list[Failed]:
    """The newest of the last 200 activities that failed, as a whole or for some devices, since then (ms)."""
    rows = tx.rows(
        "SELECT uuid, type, total, failed, completed_at FROM (SELECT id, uuid, type, total, failed, completed_at, status"
        " FROM activity WHERE organization_id = $1 ORDER BY id DESC LIMIT 200) a"
        " WHERE (failed > 0 OR status = 'FAILED') AND completed_at >= $2 ORDER BY id DESC LIMIT $3",
        *(organization_id, since, limit),
    )
    return [Failed(*row) for row in rows]


def leaving(tx: Tx, organization_id: int, *, limit: int = 20) -> list[Leaving]:
    """Releases that can still be taken back, the next one first."""
    rows = tx.rows(
        "SELECT uuid, total, final_at FROM activity WHERE unfinished = 1 AND organization_id = $1"
        " AND final_at IS NOT NULL ORDER BY final_at LIMIT $2",
        *(organization_id, limit),
    )
    return [Leaving(*row) for row in rows]


def provisional(tx: Tx, organization_id: int, now: int) -> Provisional:
    """Devices in their provisional period."""
    row = tx.row(
        "SELECT count(*), min(until) FROM (SELECT provisional_until AS until FROM device WHERE source = 'MANUALLY_ADDED'"
        " AND id >= $1 AND id <= $2 AND released_at IS NULL AND provisional_until > $3 LIMIT $4) d",
        *(first_number(organization_id), last_number(organization_id), now, MOST + 1),
    )
    return Provisional(0, None) if row is None else Provisional(int(row[0]), row[1])


def mail_trouble(tx: Tx, organization_id: int, since: int) -> str | None:
    """Why the newest mails could not be sent, where the last one that was tried was not."""
    row = tx.row(
        "SELECT problem FROM (SELECT id, attempts, problem, created_at FROM mail WHERE organization_id = $1"
        " ORDER BY id DESC LIMIT 20) m WHERE attempts > 0 AND created_at >= $2 ORDER BY id DESC LIMIT 1",
        *(organization_id, since),
    )
    return row[0] if row and row[0] else None
