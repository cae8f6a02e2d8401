"""The assignment service's device record, encoded when the rows change and put together by concatenation.

A record is `{"serial_number":"…"` + the asset tag's run + the product's + the hardware's + the state, which ends it. All but the
state never changes and is one text, with the length of what protocols before 10 see of it: each concatenation costs a page
as much as finding its rows.
"""

from collections.abc import Sequence

import msgspec

from pomona.catalogue.kinds import Kind
from pomona.formats.times import iso_seconds
from pomona.store.projections import DeviceRow, ProductRow

_json = msgspec.json.Encoder().encode

FAMILIES = {
    Kind.IPHONE: ("iPhone", "iOS"),
    Kind.IPAD: ("iPad", "iPadOS"),
    Kind.MAC: ("Mac", "OSX"),
    Kind.APPLE_TV: ("AppleTV", "tvOS"),
    Kind.WATCH: ("Watch", "watchOS"),
    Kind.VISION: ("Vision", "visionOS"),
}
"""`device_family` and `os` of each kind. An iPad's `os` is `iOS` below protocol 7."""


def run(members: dict[str, object]) -> str:
    """JSON members with a comma before each, or nothing."""
    return "," + _json(members)[1:-1].decode() if members else ""


def texts(values: Sequence[str]) -> str:
    """A JSON array of texts that need no escapes."""
    return '["' + '","'.join(values) + '"]' if values else "[]"


class Encoder:
    """Implements `pomona.store.projections.AssignmentDocs`."""

    def product(self, product: ProductRow) -> tuple[str, str]:
        family, system = FAMILIES[Kind(product.kind)]
        base: dict[str, object] = {
            "model": product.model,
            "description": product.description,
            "color": product.color,
        }
        return run(base), run(base | {"device_family": family, "os": system})

    def device(self, device: DeviceRow) -> tuple[str, str]:
        # By hand: this runs for each device that arrives, and but for the tag there is nothing to escape.
        tag = run({"asset_tag": device.asset_tag}) if device.asset_tag else ""
        hardware = (
            f',"wifi_mac_address":"{device.wifi_mac}","bluetooth_mac_address":"{device.bluetooth_mac}"'
            if device.wifi_mac
            else ""
        )
        if device.ethernet_mac:
            hardware += f',"ethernet_mac_address":"{device.ethernet_mac[0]}"'
        if device.eid:
            hardware += f',"eid":"{device.eid}"'
        if device.imei:
            hardware += f',"imei":{texts(device.imei)}'
        if device.meid:
            hardware += f',"meid":{texts(device.meid)}'
        replacement = "true" if device.replacement else "false"
        return tag, f'{hardware},"is_replacement_device":{replacement}'

    def state(
        self,
        assigned_by: str,
        assigned_at: int,
        *,
        status: str = "empty",
        profile: str | None = None,
        profile_assigned_at: int | None = None,
        pushed_at: int | None = None,
        deadline: int | None = None,
    ) -> str:
        members: dict[str, object] = {}
        if assigned_by:
            members["device_assigned_by"] = assigned_by
        members |= {"device_assigned_date": iso_seconds(assigned_at), "profile_status": status}
        if profile is not None:
            members["profile_uuid"] = profile
        if profile_assigned_at is not None:
            members["profile_assign_time"] = iso_seconds(profile_assigned_at)
        if pushed_at is not None:
            members["profile_push_time"] = iso_seconds(pushed_at)
        if deadline is not None:
            members["mdm_migration_deadline"] = iso_seconds(deadline)
        return run(members) + "}"
