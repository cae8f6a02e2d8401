"""What happened to one device during its tenure: how it came, where it was assigned, what its services were told."""

from dataclasses import dataclass
from typing import Literal

from pomona.registry import audit
from pomona.registry.devices import Device
from pomona.registry.operations import Op
from pomona.store import Row, Tx

What = Literal["ADDED", "ASSIGNED", "MOVED", "CHANGED", "UNASSIGNED", "EVENT", "RELEASED"]
_ARRIVED = "DEVICE_ADDED_TO_ORG"
_ORDER: tuple[What, ...] = ("ADDED", "ASSIGNED", "MOVED", "CHANGED", "UNASSIGNED", "EVENT", "RELEASED")


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry. `at` is in milliseconds; `service` is the name of the service it is about, `before` of the one that lost
    the device; `by` is who caused it; `activity` the public id of the activity it belongs to; `note` a detail in words."""

    at: int
    what: What
    service: str = ""
    before: str = ""
    by: str = ""
    activity: str = ""
    note: str = ""


def of_device(tx: Tx, device: Device, *, limit: int = 200) -> list[Moment]:
    """Everything on record of the device's present tenure, newest first; `limit` for each kind of source."""
    about = audit.about(tx, device.organization_id, "DEVICE", device.serial, limit=limit)
    events = [event for event in about if event.at >= device.added_at]
    arrival = next((event for event in events if event.type == _ARRIVED), None)
    moments = [
        _arrival(device, "" if arrival is None else arrival.actor.name),
        *_operations(tx, device, limit),
    ]
    moments += [
        Moment(event.at, "EVENT", by=event.actor.name, note=event.type)
        for event in events
        if event is not arrival
    ]
    if device.released_at is not None:
        by = (device.released_by or "").partition(":")[2]
        moments.append(Moment(device.released_at, "RELEASED", by=by))
    # What happened in the same instant stays in the order of cause and effect.
    moments.sort(key=lambda moment: (moment.at, _ORDER.index(moment.what)), reverse=True)
    return moments


def _arrival(device: Device, by: str) -> Moment:
    source = f"{device.source} {device.source_id}".strip()
    note = f"{source}, order {device.order_number}" if device.order_number else source
    return Moment(device.added_at, "ADDED", by=by, note=note)


def _operations(tx: Tx, device: Device, limit: int) -> list[Moment]:
    rows = tx.rows(
        "SELECT o.op, o.at, coalesce(s.name, 'a deleted service'), coalesce(a.actor_name, ''), coalesce(a.uuid, '')"
        " FROM operation o LEFT JOIN service s ON s.id = o.service_id LEFT JOIN activity a ON a.id = o.activity_id"
        " WHERE o.device_id = $1 ORDER BY o.at DESC, o.op LIMIT $2",
        *(device.id, limit),
    )
    # A move is told to both services at one time: it is one moment here.
    losses = {(row[1], row[4]): row[2] for row in rows if row[0] == Op.DELETED}
    gains = {(row[1], row[4]) for row in rows if row[0] == Op.ADDED}
    return [
        _moment(row, losses.get((row[1], row[4]), ""))
        for row in rows
        if row[0] != Op.DELETED or (row[1], row[4]) not in gains
    ]


def _moment(row: Row, before: str) -> Moment:
    op, at, service, by, activity = row
    if op == Op.ADDED:
        return Moment(at, "MOVED" if before else "ASSIGNED", service, before, by, activity)
    return Moment(at, "UNASSIGNED" if op == Op.DELETED else "CHANGED", service, "", by, activity)
