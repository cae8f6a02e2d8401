"""The attributes of an `orgDevices` resource, encoded when the rows change and put together by concatenation."""

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
        return run(
            {
                "addedToOrgDateTime": iso_millis(device.added_at),
                "orderNumber": device.order_number,
                "orderDateTime": iso_millis(device.ordered_at),
                "imei": device.imei,
                "meid": device.meid,
                "eid": device.eid,
                "purchaseSourceId": device.source_id,
                "purchaseSourceType": device.source,
                "wifiMacAddress": device.wifi_mac,
                "bluetoothMacAddress": device.bluetooth_mac,
                "ethernetMacAddress": device.ethernet_mac,
            }
        )

    def state(self, updated_at: int, assigned: bool) -> str:
        return run(
            {"updatedDateTime": iso_millis(updated_at), "status": "ASSIGNED" if assigned else "UNASSIGNED"}
        )

    def migration(self, status: str | None, deadline: int | None) -> str:
        return run(
            {
                "isMdmMigrationCapable": status is not None,
                "mdmMigrationStatus": status,
                "mdmMigrationDeadlineDateTime": None if deadline is None else iso_millis(deadline),
            }
        )
