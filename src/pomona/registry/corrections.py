"""An override corrects what is known of devices that stay: their asset tag, and the date of the order they came by."""

from collections.abc import Mapping

import msgspec

from pomona.registry import device_records, operations
from pomona.registry.operations import Op
from pomona.registry.orders import Order
from pomona.store import Row, Tx
from pomona.store.projections import DeviceRow

_LEAST_APART = 1_000


def correct(tx: Tx, order: Order, asset_tags: Mapping[int, str], *, redated: bool, now: int) -> None:
    """Writes the asset tags (by device number) and, if it was `redated`, the date of `order` to devices that it brought.

    Only what differs is touched. A service learns of a new asset tag. The caller holds the organisation's lock.
    """
    rows = tx.rows(
        "SELECT d.id, d.serial, d.source, d.source_id, d.identifiers, d.added_at, d.asset_tag, s.service_id,"
        f" s.operated_at, p.da_v7, p.ba FROM {tx.each('$1', 'bigint')} e JOIN device d ON d.id = e.c0 AND d.order_id = $2"
        " JOIN device_state s ON s.device_id = d.id JOIN product p ON p.id = d.product_id ORDER BY d.id",
        *(tx.pack([(id,) for id in asset_tags]), order.id),
    )
    changed = [row for row in rows if redated or row[6] != asset_tags[row[0]]]
    if not changed:
        return
    _write(tx, order, changed, asset_tags)
    _tell(tx, [row for row in changed if row[6] != asset_tags[row[0]]], now)


def _write(tx: Tx, order: Order, rows: list[Row], asset_tags: Mapping[int, str]) -> None:
    devices = [(row[0], _device(order, row, asset_tags[row[0]]), row[9], row[10]) for row in rows]
    tx.execute(
        f"UPDATE device SET asset_tag = e.c1 FROM {tx.each('$1', 'bigint', 'text')} e WHERE device.id = e.c0",
        tx.pack([(id, device.asset_tag) for id, device, _, _ in devices]),
    )
    device_records.rewrite(
        tx,
        ((id, device_records.encode(tx.projections, device, da_v7, ba)) for id, device, da_v7, ba in devices),
    )


def _tell(tx: Tx, rows: list[Row], now: int) -> None:
    by_service: dict[int, list[tuple[int, int]]] = {}
    for row in rows:
        if row[7] is not None:
            by_service.setdefault(row[7], []).append((row[0], max(now, row[8] + _LEAST_APART)))
    for service in sorted(by_service):
        operations.append(tx, service, by_service[service], Op.MODIFIED)
        tx.execute(
            "UPDATE device_state SET operated_at = e.c1, updated_at = $1, revision = revision + 1, ba = $2"
            f" FROM {tx.each('$3', 'bigint', 'bigint')} e WHERE device_state.device_id = e.c0",
            *(now, tx.projections.business.state(now, True), tx.pack(by_service[service])),
        )


def _device(order: Order, row: Row, asset_tag: str) -> DeviceRow:
    imei, meid, eid, wifi, bluetooth, ethernet = msgspec.json.decode(row[4])
    return DeviceRow(
        serial=row[1],
        imei=tuple(imei),
        meid=tuple(meid),
        eid=eid,
        wifi_mac=wifi,
        bluetooth_mac=bluetooth,
        ethernet_mac=tuple(ethernet),
        asset_tag=asset_tag,
        source=row[2],
        source_id=row[3],
        order_number=order.number,
        ordered_at=order.ordered_at,
        added_at=row[5],
    )
