"""Resources of type `orgDevices`, put together by the database from the runs that are kept beside each device."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from pomona.business_api.call import encode
from pomona.business_api.projection import Encoder, run
from pomona.formats.times import iso_millis
from pomona.registry import device_selection, devices
from pomona.registry.device_parts import Part
from pomona.registry.devices import Device, first_number, last_number
from pomona.registry.errors import NotFound
from pomona.store import Tx

WINDOW = 50_000
"""Device numbers that a page looks through at most: many released devices in a row make it short, never slow."""

_UNABLE_TO_MIGRATE = Encoder().migration(False, None, None)
_NOT_RELEASED = run({"releasedFromOrgDateTime": None})
_RELEASERS = {
    "USER": "USER",
    "SYSTEM": "USER",
    "API_USER": "API",
    "MDM": "MDM",
    "SUPPLIER": "RESELLER",
    "REPLACEMENT": "REPLACEMENT",
}
"""`releaserEntityType` by who released a device."""

_DOCUMENT = (
    """concat('{"type":"orgDevices","id":"', b.serial, '","attributes":{"serialNumber":"', b.serial, '"', b.attributes,"""
    f" s.ba, coalesce(s.ba_migration, '{_UNABLE_TO_MIGRATE}'), CAST($1 AS TEXT), b.serial, CAST($2 AS TEXT), b.serial,"
    """ CAST($3 AS TEXT), b.serial, CAST($4 AS TEXT), b.serial, '"}}')"""
)
_STATE = "JOIN device_state s ON s.device_id = b.device_id"
_LISTED = (
    f"SELECT b.device_id AS key, {_DOCUMENT} AS doc FROM business_record b {_STATE}"
    " WHERE b.device_id > $5 AND b.device_id <= $6 AND b.released = 0 ORDER BY b.device_id LIMIT $7"
)
_CHOSEN = (
    f"SELECT b.device_id AS key, {_DOCUMENT} AS doc FROM ",
    f" e JOIN business_record b ON b.device_id = e.c0 {_STATE} ORDER BY b.device_id",
)
_OWNED = (
    f"SELECT {_DOCUMENT} FROM serial_owner o JOIN business_record b ON b.device_id = o.device_id {_STATE}"
    " WHERE o.serial = $5 AND o.device_id BETWEEN $6 AND $7"
)
_BY_NUMBER = f"SELECT {_DOCUMENT} FROM business_record b {_STATE} WHERE b.device_id = $5"
_LINKED = (
    """SELECT s.device_id AS key, concat('{"type":"orgDevices","id":"', d.serial, '"}') AS doc"""
    " FROM device_state s JOIN device d ON d.id = s.device_id"
    " WHERE s.service_id = $1 AND s.device_id > $2 ORDER BY s.device_id LIMIT $3"
)


class Resources(NamedTuple):
    """JSON joined by commas, and the key behind which more may follow (None at the end)."""

    body: bytes
    more: int | None


def owned(tx: Tx, organization_id: int, origin: str, after: int | None, limit: int) -> Resources:
    """The organisation's devices in the order they came; `after` is the number of the last one seen."""
    start = first_number(organization_id) if after is None else after
    last = first_number(organization_id) + int(
        tx.value("SELECT last_device FROM organization WHERE id = $1", organization_id)
    )
    end = min(start + WINDOW, last)
    page = tx.page(_LISTED, *_frame(origin, _NOT_RELEASED), start, end, limit)
    reached = page.high if page.size == limit else end
    return Resources(page.body, reached if reached < last else None)


def filtered(
    tx: Tx, organization_id: int, origin: str, parts: Sequence[Part], after: int | None, limit: int
) -> Resources:
    """Those of the organisation's devices that are all that `parts` say, in the order they came."""
    chosen = device_selection.choose(tx, organization_id, parts, after=after, limit=limit)
    return Resources(numbered(tx, origin, chosen.ids), chosen.after)


def numbered(tx: Tx, origin: str, ids: Sequence[int]) -> bytes:
    """Owned devices by internal number, in the order they came, joined by commas."""
    select = tx.each("$5", "bigint").join(_CHOSEN)
    return tx.page(select, *_frame(origin, _NOT_RELEASED), tx.pack([(id,) for id in ids])).body


def one(tx: Tx, organization_id: int, serial: str, origin: str) -> bytes | None:
    """One device by canonical serial, also after its release; None for an unknown and for a foreign one."""
    found: str | None = tx.value(
        _OWNED,
        *_frame(origin, _NOT_RELEASED),
        *(serial, first_number(organization_id), last_number(organization_id)),
    )
    if found is None:
        try:
            device = devices.get(tx, organization_id, serial)
        except NotFound:
            return None
        found = str(tx.value(_BY_NUMBER, *_frame(origin, _released(device)), device.id))
    return found.encode()


def linked(tx: Tx, service_id: int, after: int | None, limit: int) -> Resources:
    """The ids of a service's devices in the order they came to the organisation."""
    page = tx.page(_LINKED, service_id, after or 0, limit)
    if page.size < limit:
        return Resources(page.body, None)
    last = tx.value("SELECT max(device_id) FROM device_state WHERE service_id = $1", service_id)
    return Resources(page.body, page.high if page.high < last else None)


@lru_cache(maxsize=64)
def _frame(origin: str, released: str) -> tuple[str, str, str, str]:
    """What stands between a device's own runs: the same for each device of a page."""
    base = encode(f"{origin}/v1/orgDevices/")[1:-1].decode()
    return (
        f'{released}}},"relationships":{{"assignedServer":{{"links":{{"self":"{base}',
        f'/relationships/assignedServer","related":"{base}',
        f'/assignedServer"}}}},"appleCareCoverage":{{"links":{{"related":"{base}',
        f'/appleCareCoverage"}}}}}},"links":{{"self":"{base}',
    )


def _released(device: Device) -> str:
    members: dict[str, object] = {"releasedFromOrgDateTime": None}
    if device.released_at is not None:
        kind, _, id = (device.released_by or "").partition(":")
        members = {
            "releasedFromOrgDateTime": iso_millis(device.released_at),
            "releaserEntityType": _RELEASERS.get(kind, "USER"),
            "releaserId": id,
        }
    return run(members)
