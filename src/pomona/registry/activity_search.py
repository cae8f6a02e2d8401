"""Finding activities: by type, state, time, who asked, service, and a device that they were about."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from pomona.registry.activity_records import COLUMNS, Activity, activity_of
from pomona.registry.devices import first_number, last_number
from pomona.registry.errors import Invalid
from pomona.store import Tx

WINDOW = 20_000
"""Activities that a page looks through at most: it may be short, never slow."""

WORDS = {
    "IN_PROGRESS": "status = 'IN_PROGRESS'",
    "COMPLETED_SUCCESSFULLY": "status = 'COMPLETED' AND failed = 0",
    "COMPLETED_WITH_ISSUES": "status = 'COMPLETED' AND failed > 0",
    "COMPLETED_WITH_SERVER_ERRORS": "status = 'FAILED'",
    "MANUALLY_STOPPED": "status = 'STOPPED'",
}
"""The five states that people know, and what they are here."""

_STATES = WORDS | {
    "COMPLETED": "status = 'COMPLETED'",
    "STOPPED": "status = 'STOPPED'",
    "FAILED": "status = 'FAILED'",
    "SUBMITTED": "sub_status = 'SUBMITTED'",
    "PROCESSING": "sub_status = 'PROCESSING'",
    "COMPLETED_WITH_SUCCESS": "sub_status = 'COMPLETED_WITH_SUCCESS'",
    "COMPLETED_WITH_ERROR": "sub_status = 'COMPLETED_WITH_ERROR'",
    "COMPLETED_WITH_FAILURE": "sub_status = 'COMPLETED_WITH_FAILURE'",
}


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """What is looked for; what is empty or None does not matter. Times are milliseconds, both included.

    `states` are words of `WORDS`, or of the API's status and sub-status. `actor` is the whole id or name of who asked;
    `serial` canonical.
    """

    types: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    actor: str = ""
    service_id: int | None = None
    serial: str = ""

    @property
    def empty(self) -> bool:
        """Whether everything is meant."""
        return self == ActivityFilter()


class Found(NamedTuple):
    """Activities, newest first, and the internal id behind which more may follow (None at the end)."""

    activities: list[Activity]
    more: int | None


def state(text: str) -> str:
    """A state by its word, in any capitals and with spaces or underscores. Raises `Invalid`."""
    word = "_".join(text.strip().upper().replace("-", " ").replace("_", " ").split())
    if word not in _STATES:
        raise Invalid(
            f"'{text[:60]}' is no state of an activity; expected one of {', '.join(_STATES)}.", field="status"
        )
    return word


def search(
    tx: Tx, organization_id: int, wanted: ActivityFilter, *, before: int | None = None, limit: int = 50
) -> Found:
    """A page of an organisation's activities, newest first; `before` is the `more` of the page before."""
    params: list[Any] = [organization_id, before or 1 << 62]
    source, window = _source(tx, organization_id, wanted, params)
    conditions = _conditions(tx, wanted, params)
    where = " AND ".join(conditions) or "1 = 1"
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM ({source}) x WHERE {where} ORDER BY id DESC LIMIT ${len(params) + 1}",
        *params,
        limit + 1,
    )
    found = [activity_of(row) for row in rows]
    if len(found) > limit:
        return Found(found[:limit], found[limit - 1].id)
    if not window or not conditions:
        return Found(found, None)
    seen = tx.rows(
        f"SELECT min(id), count(*) FROM (SELECT id {_NEWEST}) x", organization_id, before or 1 << 62, WINDOW
    )[0]
    return Found(found, seen[0] if seen[1] == WINDOW else None)


_NEWEST = "FROM activity WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"


def _source(tx: Tx, organization_id: int, wanted: ActivityFilter, params: list[Any]) -> tuple[str, bool]:
    """Where to look, and whether that is a window of all activities."""
    if not wanted.serial:
        params.append(WINDOW)
        return f"SELECT {COLUMNS} {_NEWEST}", True
    devices = _devices(tx, organization_id, wanted.serial)
    params += [tx.pack([(id,) for id in devices]), wanted.serial]
    table = tx.each("$3", "bigint")
    about = (
        f"SELECT p.activity_id FROM {table} e JOIN operation p ON p.device_id = e.c0 WHERE p.activity_id IS NOT NULL"
        f" UNION SELECT u.activity_id FROM {table} e JOIN activity_result u ON u.untold = e.c0"
        " UNION SELECT f.activity_id FROM activity_result f WHERE f.serial = $4 AND f.status <> 1"
    )
    return f"SELECT {COLUMNS} FROM activity WHERE organization_id = $1 AND id < $2 AND id IN ({about})", False


def _devices(tx: Tx, organization_id: int, serial: str) -> list[int]:
    """All tenures of a serial in the organisation."""
    first, last = first_number(organization_id), last_number(organization_id)
    rows = tx.rows(
        "SELECT device_id FROM serial_owner WHERE serial = $1 AND device_id BETWEEN $2 AND $3"
        " UNION SELECT id FROM device WHERE serial = $1 AND released_at IS NOT NULL AND id BETWEEN $2 AND $3",
        *(serial, first, last),
    )
    return [id for (id,) in rows]


def _conditions(tx: Tx, wanted: ActivityFilter, params: list[Any]) -> list[str]:
    found = []

    def add(sql: str, value: Any) -> None:
        params.append(value)
        found.append(sql.replace("$?", f"${len(params)}"))

    if wanted.types:
        params.append(tx.pack(list(wanted.types)))
        found.append(f"type IN (SELECT v FROM {tx.each(f'${len(params)}')} t)")
    if wanted.states:
        found.append("(" + " OR ".join(f"({_STATES[each]})" for each in wanted.states) + ")")
    if wanted.since is not None:
        add("created_at >= $?", wanted.since)
    if wanted.until is not None:
        add("created_at <= $?", wanted.until)
    if wanted.actor:
        add("(actor_id = $? OR lower(actor_name) = lower($?))", wanted.actor)
    if wanted.service_id is not None:
        add("service_id = $?", wanted.service_id)
    return found
