"""`mdmDevices`: devices that are enrolled in the built-in device management service now, and what they told it."""

from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from pomona.business_api import cursors
from pomona.business_api.call import Answer, Call, Listed, encode, listed, single
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import no_resource
from pomona.business_api.fieldsets import ResourceType, filtered
from pomona.business_api.projection import FAMILIES
from pomona.catalogue.kinds import Kind
from pomona.catalogue.products import by_product_type
from pomona.formats.times import iso_millis
from pomona.registry import commands
from pomona.registry.commands import Condition
from pomona.store import Tx

MDM_DEVICES = ResourceType(
    "mdmDevices", ("serialNumber", "deviceName", "productFamily", "enrolledUserId"), ("details",)
)
DETAILS = ResourceType(
    "mdmDeviceDetails",
    (
        "serialNumber", "deviceName", "deviceModel", "osVersion", "platform", "imei", "meid", "wifiMacAddress",
        "bluetoothMacAddress", "ethernetMacAddress", "lastCheckInDateTime", "isFirewallEnabled", "isFileVaultEnabled",
        "storageFreeCapacity", "storageTotalCapacity", "deviceLockStatus", "deviceEraseStatus", "lostModeStatus",
    ),
)  # fmt: skip

_GIGABYTE = 1 << 30
"""Bytes in what devices call a gigabyte when they tell their capacity."""

_PLATFORMS = {
    Kind.IPHONE: "PLATFORM_IOS",
    Kind.IPAD: "PLATFORM_IOS",
    Kind.MAC: "PLATFORM_MACOS",
    Kind.APPLE_TV: "PLATFORM_TVOS",
    Kind.WATCH: "PLATFORM_WATCHOS",
    Kind.VISION: "PLATFORM_VISIONOS",
}
_PREFIXES = {
    "iphone": Kind.IPHONE,
    "ipod": Kind.IPHONE,
    "ipad": Kind.IPAD,
    "appletv": Kind.APPLE_TV,
    "watch": Kind.WATCH,
    "realitydevice": Kind.VISION,
}
_NOW = "e.organization_id = $1 AND e.status = 'enrolled' AND e.serial IS NOT NULL"
_SELECT = (
    "SELECT e.id, e.serial, e.device_name, e.model, e.product_type, e.os_version, e.information, e.last_seen, a.uuid"
    " FROM enrollment e LEFT JOIN account a ON a.id = e.account_id"
)
# A device that was erased and made anew may have two: the newest is the one that is managed.
_NEWEST = (
    "NOT EXISTS (SELECT 1 FROM enrollment n WHERE n.organization_id = e.organization_id AND n.serial = e.serial"
    " AND n.id > e.id AND n.status = 'enrolled')"
)
_LISTED = f"{_SELECT} WHERE {_NOW} AND e.id > $2 AND {_NEWEST} ORDER BY e.id LIMIT $3"
_ONE = f"{_SELECT} WHERE {_NOW} AND e.serial = $2 ORDER BY e.id DESC LIMIT 1"


class _Enrolled(NamedTuple):
    id: int
    serial: str
    device_name: str
    model: str
    product_type: str
    os_version: str
    information: str
    last_seen: int
    user: str | None

    @property
    def kind(self) -> Kind | None:
        """What kind of device it is, by the type it tells; None for one that is not known."""
        if known := by_product_type(self.product_type):
            return known[0].kind
        told = self.product_type.lower()
        if "mac" in told:
            return Kind.MAC
        return next((kind for prefix, kind in _PREFIXES.items() if told.startswith(prefix)), None)


def listing(tx: Tx, call: Call) -> Answer:
    """Enrolled devices in the order they enrolled. A user's own device has no serial and is not among them."""
    query = call.query
    query.offers(MDM_DEVICES.parameter)
    limit, fieldset = query.limit(), MDM_DEVICES.selected(query)
    owner = call.organization_id
    after = cursors.key_of(call.runtime, query.first("cursor"), Listing.MDM_DEVICES, owner, call.now)
    found = [_Enrolled(*row) for row in tx.rows(_LISTED, owner, after or 0, limit + 1)]
    body = b",".join([_resource(call, device) for device in found[:limit]])
    cursor = None
    if len(found) > limit:
        cursor = cursors.make(call.runtime, Listing.MDM_DEVICES, owner, found[limit - 1].id, call.now)
    return listed(call, Listed(body, limit, cursor, fieldset))


def details(tx: Tx, call: Call) -> Answer:
    """What one enrolled device told of itself; empty where it did not."""
    call.query.offers(DETAILS.parameter)
    fieldset = DETAILS.selected(call.query)
    row = tx.row(_ONE, call.organization_id, call.id.upper())
    if row is None:
        raise no_resource("mdmDevices", call.id)
    device = _Enrolled(*row)
    return single(call, filtered(fieldset, _details(call, device, commands.condition(tx, device.id))))


def _details_url(call: Call, device: _Enrolled) -> str:
    return call.url(f"mdmDevices/{quote(device.serial, safe='')}/details")


def _resource(call: Call, device: _Enrolled) -> bytes:
    kind = device.kind
    return encode({
        "type": "mdmDevices",
        "id": device.serial,
        "attributes": {
            "serialNumber": device.serial,
            "deviceName": device.device_name,
            "productFamily": "" if kind is None else FAMILIES[kind],
            "enrolledUserId": device.user,
        },
        "relationships": {"details": {"links": {"related": _details_url(call, device)}}},
    })  # fmt: skip


def _details(call: Call, device: _Enrolled, condition: Condition) -> bytes:
    told: dict[str, Any] = msgspec.json.decode(device.information)
    known, kind = by_product_type(device.product_type), device.kind
    return encode({
        "type": "mdmDeviceDetails",
        "id": device.serial,
        "attributes": {
            "serialNumber": device.serial,
            "deviceName": device.device_name,
            "deviceModel": known[0].model if known else device.model or device.product_type,
            "osVersion": device.os_version,
            "platform": "" if kind is None else _PLATFORMS[kind],
            "imei": _several(told, "IMEI"),
            "meid": _several(told, "MEID"),
            "wifiMacAddress": _text(told, "WiFiMAC"),
            "bluetoothMacAddress": _text(told, "BluetoothMAC"),
            "ethernetMacAddress": _text(told, "EthernetMAC"),
            "lastCheckInDateTime": iso_millis(device.last_seen),
            "isFirewallEnabled": told.get("FirewallEnabled") is True,
            "isFileVaultEnabled": told.get("FDE_Enabled") is True,
            "storageFreeCapacity": _bytes(told, "AvailableDeviceCapacity"),
            "storageTotalCapacity": _bytes(told, "DeviceCapacity"),
            "deviceLockStatus": "LOCKED" if condition.locked else "UNLOCKED",
            "deviceEraseStatus": "ERASED" if condition.erased else "NOT_ERASED",
            "lostModeStatus": "ENABLED" if told.get("IsMDMLostModeEnabled") is True else "DISABLED",
        },
        "links": {"self": _details_url(call, device)},
    })  # fmt: skip


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _several(told: dict[str, Any], name: str) -> list[str]:
    value = _text(told, name)
    return [value] if value else []


def _bytes(told: dict[str, Any], name: str) -> int:
    """A capacity in bytes; 0 where the device told none, or nonsense."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        return 0
    return round(value * _GIGABYTE)
