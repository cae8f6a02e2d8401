"""The attributes of an `orgDevices` resource, encoded when the rows change and put together by concatenation."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from pomona.catalogue.kinds import Kind
from pomona.formats.times import iso_millis
from pomona.store.projections import DeviceRow, ProductRow

_json = msgspec.json.Encoder().encode

FAMILIES = {
    Kind.IPHONE: "iPhone",
    Kind.IPAD: "iPad",
    Kind.MAC: "Mac",
    Kind.APPLE_TV: "AppleTV",
    Kind.WATCH: "Watch",
    Kind.VISION: "Vision",
}
"""`productFamily` of each kind."""


def run(members: dict[str, object]) -> str:
    """JSON members with a comma before each."""
    return "," + _json(members)[1:-1].decode()


def texts(values: Sequence[str]) -> str:
    """A JSON array of texts that need no escapes."""
    return '["' + '","'.join(values) + '"]' if values else "[]"


@lru_cache(maxsize=64)
def _origin(added_at: int, order_number: str, ordered_at: int, source_id: str, source: str) -> str:
    """What all devices of one order have in common."""
    return run(
        {
            "addedToOrgDateTime": iso_millis(added_at),
            "orderNumber": order_number,
            "orderDateTime": iso_millis(ordered_at),
            "purchaseSourceId": source_id,
            "purchaseSourceType": source,
        }
    )


class Encoder:
    """Implements `pomona.store.projections.BusinessDocs`. No attribute is ever left out: a client needs them all."""

    def product(self, product: ProductRow) -> str:
        return run(
            {
                "deviceModel": product.model,
                "productFamily": FAMILIES[Kind(product.kind)],
                "productType": product.product_type,
                "deviceCapacity": product.capacity,
                "partNumber": product.part_number,
                "color": product.color,
            }
        )

    def device(self, device: DeviceRow) -> str:
        # By hand: this runs for each device that arrives, and what is not the same for its whole order needs no escapes.
        origin = _origin(
            device.added_at, device.order_number, device.ordered_at, device.source_id, device.source
        )
        return (
            f'{origin},"imei":{texts(device.imei)},"meid":{texts(device.meid)},"eid":"{device.eid}"'
            f',"wifiMacAddress":"{device.wifi_mac}","bluetoothMacAddress":"{device.bluetooth_mac}"'
            f',"ethernetMacAddress":{texts(device.ethernet_mac)}'
        )

    def state(self, updated_at: int, assigned: bool) -> str:
        return run(
            {"updatedDateTime": iso_millis(updated_at), "status": "ASSIGNED" if assigned else "UNASSIGNED"}
        )

    def migration(
        self, capable: bool, status: str | None, deadline: int | None, release_at: int | None = None
    ) -> str:
        members: dict[str, object] = {
            "isMdmMigrationCapable": capable,
            "mdmMigrationStatus": status,
            "mdmMigrationDeadlineDateTime": None if deadline is None else iso_millis(deadline),
        }
        if release_at is not None:
            members["releaseDueDateTime"] = iso_millis(release_at)
        return run(members)
