"""Lines of the log about devices that came or went together: an order's step, a list added by hand, a replacement.

A device that came may have gone to a service at once. The service's own log has that, and an event tells it.
"""

from typing import Any

from pomona.business_api.audit_line import Item, Line, Read, Span, device
from pomona.registry import audit, devices
from pomona.registry.operations import Op
from pomona.store import Row, Tx

RELEASERS = {"API_USER": "API", "MDM": "MDM", "SUPPLIER": "RESELLER"}
"""`releaseEntityType` by who took a device away; everybody else is a person."""

_AT_ONCE = 2_000
"""Milliseconds after its arrival in which a device's first service was told of it."""

_CAME = (
    "SELECT d.id, d.serial, d.source, d.source_id, CASE WHEN o.device_id IS NOT NULL THEN coalesce(s.name, '') END"
    " FROM {each} e JOIN device d ON d.id = e.c0"
    f" LEFT JOIN operation o ON o.device_id = d.id AND o.op = {Op.ADDED:d} AND o.activity_id IS NULL"
    " AND o.at BETWEEN $2 AND $3 LEFT JOIN service s ON s.id = o.service_id ORDER BY d.id"
)
_WENT = "SELECT d.id, d.serial FROM {each} e JOIN device d ON d.id = e.c0 ORDER BY d.id"


def of_batch(tx: Tx, line: Line, span: Span) -> Read:
    """The devices that a line brought or took: never more than a step does at a time.

    Each has two numbers: that of its coming or going, and that of its assignment.
    """
    numbers = audit.devices_of(line.devices)
    chosen = numbers[max(span.after + 1, 0) // 2 :]
    if span.serials is None:
        chosen = chosen[: span.most + 1]
    if not chosen:
        return Read([], None)
    packed = tx.pack([(number,) for number in chosen])
    if line.type == "DEVICE_REMOVED_FROM_ORG":
        rows = tx.rows(_WENT.format(each=tx.each("$1", "bigint")), packed)
    else:
        rows = tx.rows(_CAME.format(each=tx.each("$1", "bigint")), packed, line.at, line.at + _AT_ONCE)
    places = {number: n for n, number in enumerate(numbers)}
    items = [
        item
        for row in rows
        if span.serials is None or row[1] in span.serials
        for item in _of_device(line, places[row[0]], row)
        if item.n > span.after
    ][: span.most]
    reached = items[-1].n if len(items) == span.most else 2 * places[chosen[-1]] + 1
    return Read(items, reached if reached < 2 * len(numbers) - 1 else None)


def _of_device(line: Line, place: int, row: Row) -> list[Item]:
    serial, subject = row[1], device(row[1])
    if line.type == "DEVICE_REMOVED_FROM_ORG":
        return [Item(2 * place, line.type, removal(line, serial), subject)]
    came = Item(2 * place, line.type, _arrival(serial, row[2], row[3]), subject)
    return [came] if row[4] is None else [came, Item(2 * place + 1, *_assigned(serial, row[4]))]


def of_replacement(tx: Tx, line: Line) -> list[Item]:
    """The unit that was sent in leaves, the other comes from where that one came from, to the service it was on."""
    serial, original = line.subject.id, str(line.after.get("original", ""))
    gone = {"serialNumber": original, "releaseEntityId": "", "releaseEntityType": "REPLACEMENT"}
    unit = devices.get(tx, line.organization_id, serial)
    [row] = tx.rows(
        _CAME.format(each=tx.each("$1", "bigint")), tx.pack([(unit.id,)]), line.at, line.at + _AT_ONCE
    )
    items = [
        Item(0, "DEVICE_REMOVED_FROM_ORG", gone, device(original)),
        Item(1, "DEVICE_ADDED_TO_ORG", _arrival(serial, unit.source, unit.source_id), device(serial)),
    ]
    return items if row[4] is None else [*items, Item(2, *_assigned(serial, row[4]))]


def removal(line: Line, serial: str) -> dict[str, Any]:
    """What is told of a device that left."""
    type = RELEASERS.get(line.actor.kind, "USER")
    id = "" if type == "USER" else line.actor.id
    return {"serialNumber": serial, "releaseEntityId": id, "releaseEntityType": type}


def _arrival(serial: str, source: str, source_id: str) -> dict[str, Any]:
    return {"serialNumber": serial, "purchaseSourceType": source, "purchaseSourceId": source_id}


def _assigned(serial: str, service: str) -> tuple[str, dict[str, Any], audit.Subject]:
    data = {"serialNumber": serial, "targetServerName": service}
    return "DEVICE_ASSIGNED_TO_SERVER", data, device(serial)
