"""The SQL of device records: each is put together from texts that were encoded when the rows changed.

What a record has depends on the protocol version that the client asks for.
"""

from functools import lru_cache

from pomona.store import Tx
from pomona.store.tx import Page

NEWEST = 10
"""The newest protocol version there is."""

_IPAD = """'"os":"iPadOS"', '"os":"iOS"'"""
_RECORD = "JOIN assignment_record r ON r.device_id = s.device_id"
_PRODUCT = "JOIN device d ON d.id = s.device_id JOIN product p ON p.id = d.product_id"


@lru_cache(maxsize=64)
def _facts(version: int) -> str:
    """What a device is."""
    if version < 2:
        return """'{"serial_number":"' || d.serial || '"' || r.tag || p.da_v1"""
    if version >= 10:
        return "r.facts"
    base = "substr(r.facts, 1, CAST(r.base AS INTEGER))"
    return f"replace({base}, {_IPAD})" if version < 7 else base


@lru_cache(maxsize=64)
def _tables(version: int) -> str:
    """Where that is kept."""
    return _RECORD if version >= 2 else f"{_RECORD} {_PRODUCT}"


@lru_cache(maxsize=64)
def _record(version: int, then: str = "") -> str:
    """A whole record; `then` is SQL of more members."""
    state = "s.da" if version >= 8 else "coalesce(s.da_v1, s.da)"
    return " || ".join(part for part in (_facts(version), then, state) if part)


@lru_cache(maxsize=64)
def _fetch(version: int) -> str:
    return (
        f"SELECT s.device_id AS key, {_record(version)} AS doc FROM device_state s {_tables(version)}"
        " WHERE s.service_id = $1 AND s.device_id > $2 ORDER BY s.device_id LIMIT $3"
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
    operation = (
        """',"op_type":"' || CASE o.op WHEN 1 THEN 'added' WHEN 2 THEN 'modified' ELSE 'deleted' END"""
        f""" || '","op_date":"' || {moment} || '"'"""
    )
    if version >= 10:
        operation += (
            """ || CASE WHEN o.op = 3 AND o.reason = 1 THEN ',"released_by_replacement":true' ELSE '' END"""
        )
    # A device that has left shows nothing of what it is elsewhere now.
    gone = f"""{_facts(version)} || {operation} || ',"profile_status":"empty"}}'"""
    return (
        f"SELECT o.seq AS key, CASE WHEN s.service_id = o.service_id THEN {_record(version, operation)}"
        f" ELSE {gone} END AS doc"
        f" FROM operation o JOIN device_state s ON s.device_id = o.device_id {_tables(version)}"
        " WHERE o.service_id = $1 AND o.seq > $2 ORDER BY o.seq LIMIT $3"
    )


def sync(tx: Tx, service_id: int, version: int, *, after: int, limit: int) -> Page:
    """A service's operations in the order they were done."""
    return tx.page(_sync(version, postgresql=tx.postgresql), service_id, after, limit)


@lru_cache(maxsize=64)
def _details(version: int) -> str:
    record = _record(version, """',"response_status":"SUCCESS"'""")
    return (
        f"SELECT e.v, {record} FROM {{serials}} e JOIN serial_owner o ON o.serial = e.v"
        f" JOIN device_state s ON s.device_id = o.device_id {_tables(version)} WHERE s.service_id = $2"
    )


def details(tx: Tx, service_id: int, version: int, serials: list[str]) -> dict[str, str]:
    """The records of those of the canonical `serials` that are on a service, by serial."""
    sql = _details(version).replace("{serials}", tx.each("$1"))
    return dict(tx.rows(sql, tx.pack(serials), service_id))
