"""The SQL of device records: each is put together from runs that were encoded when the rows changed.

Which runs a record has depends on the protocol version that the client asks for.
"""

from functools import lru_cache

from pomona.store import Tx
from pomona.store.tx import Page

NEWEST = 10
"""The newest protocol version there is."""

_EMPTY = ',"profile_status":"empty"'
_IPAD = """'"os":"iPadOS"', '"os":"iOS"'"""


@lru_cache(maxsize=64)
def _facts(version: int) -> str:
    """The runs of what a device is."""
    if version < 2:
        return """'{"serial_number":"' || d.serial || '"' || r.tag || p.da_v1"""
    if version < 7:
        return f"replace(r.base, {_IPAD})"
    return "r.base || r.hardware" if version >= 10 else "r.base"


@lru_cache(maxsize=64)
def _joined(version: int) -> str:
    """The tables of those runs."""
    records = "JOIN assignment_record r ON r.device_id = s.device_id"
    if version >= 2:
        return records
    return f"{records} JOIN device d ON d.id = s.device_id JOIN product p ON p.id = d.product_id"


@lru_cache(maxsize=64)
def _state(version: int) -> str:
    """The runs of what changes about it."""
    deadline = " || s.da_deadline" if version >= 8 else ""
    return f"s.da_assigned || s.da_profile{deadline}"


@lru_cache(maxsize=64)
def _fetch(version: int) -> str:
    return (
        f"SELECT s.device_id AS key, {_facts(version)} || {_state(version)} || '}}' AS doc"
        f" FROM device_state s {_joined(version)} WHERE s.service_id = $1 AND s.device_id > $2"
        " ORDER BY s.device_id LIMIT $3"
    )


def fetch(tx: Tx, service_id: int, version: int, *, after: int, limit: int) -> Page:
    """Devices that are on a service now, by internal number, which never changes."""
    return tx.page(_fetch(version), service_id, after, limit)


def any_after(tx: Tx, service_id: int, position: int) -> bool:
    """Whether a fetch has more to give."""
    sql = "SELECT device_id FROM device_state WHERE service_id = $1 AND device_id > $2 ORDER BY device_id LIMIT 1"
    return tx.value(sql, service_id, position) is not None


@lru_cache(maxsize=64)
def _sync(version: int, *, postgresql: bool) -> str:
    if postgresql:
        moment = """to_char(to_timestamp(o.at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
    else:
        moment = "strftime('%Y-%m-%dT%H:%M:%SZ', o.at / 1000, 'unixepoch')"
    replaced = (
        """ || CASE WHEN o.op = 3 AND o.reason = 1 THEN ',"released_by_replacement":true' ELSE '' END"""
        if version >= 10
        else ""
    )
    return (
        f"SELECT o.seq AS key, {_facts(version)}"
        # A device that has left shows nothing of what it is elsewhere now.
        f" || CASE WHEN s.service_id = o.service_id THEN {_state(version)} ELSE '{_EMPTY}' END{replaced}"
        """ || ',"op_type":"' || CASE o.op WHEN 1 THEN 'added' WHEN 2 THEN 'modified' ELSE 'deleted' END"""
        f""" || '","op_date":"' || {moment} || '"}}' AS doc"""
        f" FROM operation o JOIN device_state s ON s.device_id = o.device_id {_joined(version)}"
        " WHERE o.service_id = $1 AND o.seq > $2 ORDER BY o.seq LIMIT $3"
    )


def sync(tx: Tx, service_id: int, version: int, *, after: int, limit: int) -> Page:
    """A service's operations in the order they were done."""
    return tx.page(_sync(version, postgresql=tx.postgresql), service_id, after, limit)


def details(tx: Tx, service_id: int, version: int, serials: list[str]) -> dict[str, str]:
    """The records of those of the canonical `serials` that are on a service, by serial."""
    rows = tx.rows(
        f"""SELECT e.v, {_facts(version)} || {_state(version)} || ',"response_status":"SUCCESS"}}'"""
        f" FROM {tx.each('$1')} e JOIN serial_owner o ON o.serial = e.v"
        f" JOIN device_state s ON s.device_id = o.device_id {_joined(version)} WHERE s.service_id = $2",
        *(tx.pack(serials), service_id),
    )
    return dict(rows)
