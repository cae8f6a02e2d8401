"""Devices that came, went and moved: which messages an event of the log about them becomes, part by part."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from pomona.registry import audit
from pomona.registry.audit import Event
from pomona.registry.devices import organization_of
from pomona.registry.operations import Op
from pomona.store import Row, Tx

MOST = 500
"""Serial numbers in a message; also the devices that a part of an event looks at."""

TYPES = {"DEVICE_ADDED_TO_ORG": "device.added", "DEVICE_REMOVED_FROM_ORG": "device.released"}
"""Events of the log about devices that no activity changed."""


class Change(NamedTuple):
    """A message in the making: its type, what tells it from the others of its part, and its data."""

    type: str
    key: str
    data: dict[str, Any]


Part = tuple[list[Change], bool]
"""Messages, and whether the event has another part."""


def part(tx: Tx, organization_id: int, event: Event, n: int) -> Part:
    """A part of an event that keeps the numbers of its devices, or of a replacement."""
    if event.type == "DEVICE_REPLACED":
        return _replacement(tx, organization_id, event), False
    if event.type not in TYPES:
        return [], False
    numbers = audit.devices_of(event.devices)
    chosen = numbers[n * MOST : (n + 1) * MOST]
    told = _come if event.type == "DEVICE_ADDED_TO_ORG" else _gone
    return told(tx, event, chosen), len(numbers) > (n + 1) * MOST


def single(tx: Tx, organization_id: int, event: Event) -> Part:
    """An event about one device, which it names by its serial."""
    serial = event.subject.id
    if event.type == "DEVICE_REMOVED_FROM_ORG":
        return [Change("device.released", "", {"serialNumbers": [serial], **_about(event)})], False
    return _come(tx, event, _tenure(tx, organization_id, event, serial)), False


def part_of_activity(tx: Tx, event: Event, n: int) -> Part:
    """What an activity did to the devices of a window of its results.

    Told is what happened to each, by what its services were told, whatever the activity's type.
    """
    first, end = n * MOST, (n + 1) * MOST
    rows = tx.rows(
        "SELECT r.n, r.serial, r.before_service, o.service_id, o.op, d.released_at FROM activity_result r"
        " LEFT JOIN operation o ON o.device_id = r.device_id AND o.activity_id = r.activity_id"
        " LEFT JOIN device d ON d.id = r.device_id"
        " WHERE r.activity_id = $1 AND r.n >= $2 AND r.n < $3 AND r.status = 1 ORDER BY r.n, o.op",
        *(event.activity_id, first, end),
    )
    last = tx.value("SELECT max(n) FROM activity_result WHERE activity_id = $1", event.activity_id)
    about = {"activityId": event.subject.id}
    return _changes(tx, event, _by_fate(rows, event.at), about), last is not None and last >= end


_Fate = tuple[str, int | None]
"""The type of message, and the service (internal id) that gained or lost the device."""


def _by_fate(rows: Iterable[Row], until: int) -> dict[_Fate, list[str]]:
    """Serials by what became of them; a device has a row for each operation, the one that gained it first."""
    fates: dict[str, _Fate] = {}
    for _, serial, before, service, op, released_at in rows:
        gained = op in (Op.ADDED, Op.MODIFIED)
        if gained and service != before:
            fates[serial] = ("device.assigned", service)
        elif not gained and serial not in fates:
            # A release that was put off is not one yet, and may be by the time that this is read.
            if released_at is not None and released_at <= until:
                fates[serial] = ("device.released", None)
            elif op == Op.DELETED:
                fates[serial] = ("device.unassigned", service)
    found: dict[_Fate, list[str]] = {}
    for serial, fate in fates.items():
        found.setdefault(fate, []).append(serial)
    return found


def _changes(tx: Tx, event: Event, found: dict[_Fate, list[str]], about: dict[str, Any]) -> list[Change]:
    made = []
    for (type, id), serials in sorted(found.items(), key=lambda each: (each[0][0], each[0][1] or 0)):
        where = {} if id is None else {"service": _service(tx, event, id)}
        key = "" if id is None else str(id)
        made.append(Change(type, key, {"serialNumbers": serials, **where, **about}))
    return made


def _come(tx: Tx, event: Event, numbers: list[int]) -> list[Change]:
    rows = tx.rows(
        f"SELECT d.id, d.serial, d.source, d.source_id FROM {tx.each('$1', 'bigint')} e"
        " JOIN device d ON d.id = e.c0 ORDER BY d.id",
        tx.pack([(number,) for number in numbers]),
    )
    if not rows:
        return []
    about, placed = _about(event), _placed(tx, numbers)
    source = {"type": rows[0][2], "id": rows[0][3]}
    found: dict[_Fate, list[str]] = {}
    for id, serial, *_ in rows:
        if id in placed:
            found.setdefault(("device.assigned", placed[id]), []).append(serial)
    serials = [row[1] for row in rows]
    added = Change("device.added", "", {"serialNumbers": serials, "source": source, **about})
    return [added, *_changes(tx, event, found, about)]


def _gone(tx: Tx, event: Event, numbers: list[int]) -> list[Change]:
    rows = tx.rows(
        f"SELECT d.serial FROM {tx.each('$1', 'bigint')} e JOIN device d ON d.id = e.c0 ORDER BY d.id",
        tx.pack([(number,) for number in numbers]),
    )
    serials = [row[0] for row in rows]
    return [Change("device.released", "", {"serialNumbers": serials, **_about(event)})] if serials else []


def _placed(tx: Tx, numbers: list[int]) -> dict[int, int]:
    """The service (internal ids) that each device went to as it came: no activity, and no event of its own."""
    rows = tx.rows(
        f"SELECT o.device_id, o.service_id FROM {tx.each('$1', 'bigint')} e JOIN operation o ON o.device_id = e.c0"
        f" AND o.op = {Op.ADDED:d} AND o.activity_id IS NULL ORDER BY o.at DESC",
        tx.pack([(number,) for number in numbers]),
    )
    return {row[0]: row[1] for row in rows}


def _replacement(tx: Tx, organization_id: int, event: Event) -> list[Change]:
    """The unit that was sent in leaves, and the other takes its place."""
    original, serial = str(event.after["original"]), event.subject.id
    gone = Change("device.released", "", {"serialNumbers": [original], "replacedBy": serial})
    return [gone, *_come(tx, event, _tenure(tx, organization_id, event, serial))]


def _tenure(tx: Tx, organization_id: int, event: Event, serial: str) -> list[int]:
    """The device's number at the time: it may have left since, and come again."""
    rows = tx.rows(
        "SELECT d.id FROM serial_owner o JOIN device d ON d.id = o.device_id WHERE o.serial = $1 AND d.added_at = $2"
        " UNION SELECT g.id FROM device g WHERE g.serial = $1 AND g.released_at IS NOT NULL AND g.added_at = $2",
        *(serial, event.at),
    )
    return [row[0] for row in rows if organization_of(row[0]) == organization_id]


def _about(event: Event) -> dict[str, Any]:
    if event.subject.kind == "ORDER":
        return {"orderNumber": event.subject.name}
    return {"replaces": event.after["original"]} if event.type == "DEVICE_REPLACED" else {}


def _service(tx: Tx, event: Event, id: int) -> dict[str, Any]:
    """A service's public id and name; None both when it was deleted since and nothing here says what it was."""
    row = tx.row("SELECT uuid, name FROM service WHERE id = $1", id)
    if row is None and event.activity_id is not None:
        metadata = tx.value("SELECT metadata FROM activity WHERE id = $1", event.activity_id)
        emptied = msgspec.json.decode(metadata or "{}").get("empties")
        row = tx.row(
            "SELECT subject_id, subject_name FROM audit_event WHERE organization_id ="
            " (SELECT organization_id FROM activity WHERE id = $1) AND subject_kind = 'SERVICE' AND subject_id = $2"
            " AND type = 'SERVICE_DELETED'",
            *(event.activity_id, emptied or ""),
        )
    return {"id": row[0], "name": row[1]} if row else {"id": None, "name": None}
