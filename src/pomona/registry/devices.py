"""Devices of an organisation: numbers, look-up, and everything a person may want to know of one."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from pomona.catalogue.kinds import Kind
from pomona.registry.errors import NotFound
from pomona.store import Row, Tx

Source = Literal["APPLE", "RESELLER", "MANUALLY_ADDED"]

_ORGANIZATION_BITS = 40
PROFILE_STATUSES = ("empty", "assigned", "pushed", "removed")
"""Names of `device_state.profile_status`, by number."""


def first_number(organization_id: int) -> int:
    """The lowest device number an organisation can have."""
    return organization_id << _ORGANIZATION_BITS


def last_number(organization_id: int) -> int:
    """The highest device number an organisation can have."""
    return ((organization_id + 1) << _ORGANIZATION_BITS) - 1


def organization_of(device_id: int) -> int:
    """Which organisation a device number belongs to."""
    return device_id >> _ORGANIZATION_BITS


@dataclass(frozen=True, slots=True)
class Device:
    """One tenure of a serial: facts, where it came from, and its present state. Times are milliseconds.

    `inferred` says that nobody told what the serial is and its facts were derived from it. `release_at` is when a release that
    was put off becomes final; `migratable` whether the device could go over to another service without being erased.
    """

    id: int
    serial: str
    kind: Kind
    source: Source
    source_id: str
    order_id: int | None
    order_number: str | None
    ordered_at: int | None
    asset_tag: str
    imei: list[str]
    meid: list[str]
    eid: str
    wifi_mac: str
    bluetooth_mac: str
    ethernet_mac: list[str]
    inferred: bool
    added_at: int
    released_at: int | None
    released_by: str | None
    provisional_until: int | None
    product_type: str
    model: str
    description: str
    color: str
    capacity: str
    part_number: str
    service_id: int | None
    assigned_at: int | None
    assigned_by: str | None
    profile_id: int | None
    profile_status: str
    profile_assigned_at: int | None
    profile_pushed_at: int | None
    migration_deadline: int | None
    migration_status: str | None
    revision: int
    updated_at: int
    release_at: int | None
    migratable: bool

    @property
    def organization_id(self) -> int:
        """The organisation of this tenure."""
        return organization_of(self.id)


_SELECT = (
    "SELECT d.id, d.serial, d.kind, d.source, d.source_id, d.order_id, o.number, o.ordered_at, d.asset_tag,"
    " d.identifiers, d.inferred, d.added_at, d.released_at, d.released_by, d.provisional_until, p.product_type,"
    " p.model, p.description, p.color, p.capacity, p.part_number, s.service_id, s.assigned_at, s.assigned_by,"
    " s.profile_id, s.profile_status, s.profile_assigned_at, s.profile_pushed_at, s.migration_deadline,"
    " s.migration_status, s.revision, s.updated_at, s.release_at, s.migratable"
    " FROM device d JOIN product p ON p.id = d.product_id JOIN device_state s ON s.device_id = d.id"
    " LEFT JOIN purchase_order o ON o.id = d.order_id"
)


def owned_id(tx: Tx, organization_id: int, serial: str) -> int | None:
    """The number of the device with this canonical serial, if the organisation owns it now."""
    id: int | None = tx.value("SELECT device_id FROM serial_owner WHERE serial = $1", serial)
    return id if id is not None and organization_of(id) == organization_id else None


def latest_id(tx: Tx, organization_id: int, serial: str) -> int | None:
    """Like `owned_id`, else the number of its last tenure here if it was released."""
    id = owned_id(tx, organization_id, serial)
    if id is not None:
        return id
    found: int | None = tx.value(
        "SELECT max(id) FROM device WHERE serial = $1 AND released_at IS NOT NULL AND id BETWEEN $2 AND $3",
        *(serial, first_number(organization_id), last_number(organization_id)),
    )
    return found


def get(tx: Tx, organization_id: int, serial: str) -> Device:
    """The device, also after its release. Raises `NotFound`, the same for unknown and for foreign serials."""
    serial = serial.strip().upper()
    id = latest_id(tx, organization_id, serial)
    row = None if id is None else tx.row(f"{_SELECT} WHERE d.id = $1", id)
    if row is None:
        raise NotFound("device", serial)
    return _device(row)


def by_id(tx: Tx, id: int) -> Device:
    """By internal number. Raises `NotFound`."""
    row = tx.row(f"{_SELECT} WHERE d.id = $1", id)
    if row is None:
        raise NotFound("device", id)
    return _device(row)


def by_ids(tx: Tx, ids: list[int]) -> list[Device]:
    """Many by internal number, in the order asked for; unknown ones are left out."""
    table = tx.each("$1", "bigint")
    rows = tx.rows(f"{_SELECT} JOIN {table} e ON e.c0 = d.id ORDER BY e.n", tx.pack([(id,) for id in ids]))
    return [_device(row) for row in rows]


def resolve(tx: Tx, identifiers: list[str]) -> dict[str, str]:
    """The serials that IMEIs and MEIDs belong to; unknown ones are left out."""
    rows = tx.rows(
        f"SELECT e.v, d.serial FROM {tx.each('$1')} e JOIN device_identifier i ON i.value = substr(e.v, 1, 14)"
        " JOIN device d ON d.id = i.device_id ORDER BY d.id",
        tx.pack(identifiers),
    )
    return dict(rows)


def _device(row: Row) -> Device:
    facts = (*row[:2], Kind(row[2]), *row[3:9], *msgspec.json.decode(row[9]), bool(row[10]), *row[11:25])
    values = (*facts, PROFILE_STATUSES[row[25]], *row[26:-1], bool(row[-1]))
    return Device(*values)
