"""Devices that are here turn out to be something else than was taken for granted: a record of their making was loaded."""

from collections.abc import Iterable, Mapping

from pomona.catalogue.facts import Facts
from pomona.catalogue.records import Record
from pomona.registry import arrivals, audit, device_numbers, device_records, operations
from pomona.registry.actors import Actor
from pomona.registry.devices import organization_of
from pomona.registry.operations import Op
from pomona.store import Row, Tx
from pomona.store.projections import DeviceRow

_LEAST_APART = 1_000
"""Milliseconds between two operations of a device: consumers tell by whole seconds which came later."""


def correct(tx: Tx, records: Mapping[str, Record], *, actor: Actor, now: int) -> int:
    """Makes every owned device of these canonical serials what its record says; gives how many that changed.

    Their services are told that they were modified, and each organisation's audit log names them. Where they are
    assigned does not change.
    """
    owned = _owned(tx, records)
    for organization_id in sorted({organization_of(id) for id in owned.values()}):
        tx.lock(organization_id)
    if owned and tx.postgresql:
        owned = _owned(tx, records)
    facts = {serial: records[serial].facts() for serial in owned}
    rows = [row for row in _rows(tx, owned.values()) if _differs(row, facts[row[1]])]
    if not rows:
        return 0
    _write(tx, rows, facts)
    _tell(tx, rows, now)
    _record(tx, [row[0] for row in rows], actor, now)
    return len(rows)


def _owned(tx: Tx, serials: Iterable[str]) -> dict[str, int]:
    rows = tx.rows(
        f"SELECT o.serial, o.device_id FROM {tx.each('$1')} e JOIN serial_owner o ON o.serial = e.v",
        tx.pack(list(serials)),
    )
    return dict(rows)


def _rows(tx: Tx, ids: Iterable[int]) -> list[Row]:
    return tx.rows(
        "SELECT d.id, d.serial, d.source, d.source_id, d.asset_tag, d.added_at, d.identifiers, d.inferred, p.part_number,"
        " coalesce(o.number, ''), coalesce(o.ordered_at, d.added_at), r.device_id, s.service_id, s.operated_at"
        f" FROM {tx.each('$1', 'bigint')} e JOIN device d ON d.id = e.c0 JOIN product p ON p.id = d.product_id"
        " JOIN device_state s ON s.device_id = d.id LEFT JOIN purchase_order o ON o.id = d.order_id"
        " LEFT JOIN replacement r ON r.device_id = d.id ORDER BY d.id",
        tx.pack([(id,) for id in ids]),
    )


def _differs(row: Row, facts: Facts) -> bool:
    return bool(row[7]) or (row[8], row[6]) != (facts.product.part_number, device_numbers.kept(facts))


def _write(tx: Tx, rows: list[Row], facts: Mapping[str, Facts]) -> None:
    products = arrivals.known_products(tx, [facts[row[1]].product for row in rows])
    changes, numbers, records = [], [], []
    for row in rows:
        made = facts[row[1]]
        product = products[made.product.part_number]
        changes.append((row[0], product.kind, product.id, device_numbers.kept(made)))
        numbers += [(value, row[0]) for value in device_numbers.numbers(made.imei, made.meid)]
        encoded = device_records.encode(tx.projections, _device(row, made), product.da_v7, product.ba)
        records.append((row[0], encoded))
    tx.execute(
        "UPDATE device SET kind = e.c1, product_id = e.c2, identifiers = e.c3, inferred = 0"
        f" FROM {tx.each('$1', 'bigint', 'bigint', 'bigint', 'text')} e WHERE device.id = e.c0",
        tx.pack(changes),
    )
    _renumber(tx, rows, numbers)
    device_records.rewrite(tx, records)


def _renumber(tx: Tx, rows: list[Row], numbers: list[tuple[str, int]]) -> None:
    before = [(value, row[0]) for row in rows for value in device_numbers.findable(row[6])]
    tx.execute(
        "DELETE FROM device_identifier WHERE (value, device_id) IN"
        f" (SELECT c0, c1 FROM {tx.each('$1', 'text', 'bigint')} e)",
        tx.pack(before),
    )
    tx.insert("device_identifier", ("value", "device_id"), sorted(numbers))


def _device(row: Row, facts: Facts) -> DeviceRow:
    return DeviceRow(
        serial=facts.serial,
        imei=facts.imei,
        meid=facts.meid,
        eid=facts.eid,
        wifi_mac=facts.wifi_mac,
        bluetooth_mac=facts.bluetooth_mac,
        ethernet_mac=facts.ethernet_mac,
        asset_tag=row[4],
        source=row[2],
        source_id=row[3],
        order_number=row[9],
        ordered_at=row[10],
        added_at=row[5],
        replacement=row[11] is not None,
    )


def _tell(tx: Tx, rows: list[Row], now: int) -> None:
    by_service: dict[int | None, list[tuple[int, int]]] = {}
    for row in rows:
        moment = row[13] if row[12] is None else max(now, row[13] + _LEAST_APART)
        by_service.setdefault(row[12], []).append((row[0], moment))
    for service, moments in sorted(by_service.items(), key=lambda item: item[0] or 0):
        if service is not None:
            operations.append(tx, service, moments, Op.MODIFIED)
        tx.execute(
            "UPDATE device_state SET operated_at = e.c1, updated_at = $1, ba = $2"
            f" FROM {tx.each('$3', 'bigint', 'bigint')} e WHERE device_state.device_id = e.c0",
            *(now, tx.projections.business.state(now, service is not None), tx.pack(moments)),
        )


def _record(tx: Tx, ids: Iterable[int], actor: Actor, now: int) -> None:
    by_organization: dict[int, list[int]] = {}
    for id in ids:
        by_organization.setdefault(organization_of(id), []).append(id)
    subject = audit.Subject("CATALOGUE", "manufacturing", "Manufacturing records")
    for organization_id, devices in sorted(by_organization.items()):
        audit.record(tx, organization_id, "DEVICE_FACTS_CORRECTED", actor, subject, now=now,
                     after={"devices": len(devices)}, devices=devices)  # fmt: skip
