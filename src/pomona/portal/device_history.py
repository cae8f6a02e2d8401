"""What happened to one device here, newest first: how it came, where it was assigned, what its services were told."""

from dataclasses import dataclass
from typing import Any

from pomona.portal import words
from pomona.portal.events import event_lines
from pomona.portal.visit import Visit
from pomona.registry import audit
from pomona.registry.audit import Event
from pomona.registry.devices import Device
from pomona.registry.operations import Op, Reason
from pomona.store import Row, Tx

_MOST = 200
_ADDED = "DEVICE_ADDED_TO_ORG"


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry. `by` is who caused it, `activity` the public id of the activity it belongs to."""

    at: int
    what: str
    by: str = ""
    activity: str = ""
    note: str = ""


def history(tx: Tx, visit: Visit, device: Device) -> list[Moment]:
    """Everything that is on record of the device's present tenure."""
    events = audit.about(tx, visit.organization_id, "DEVICE", device.serial, limit=_MOST)
    events = [event for event in events if event.at >= device.added_at]
    moments = [*_events(tx, visit, events), *_operations(tx, device), _arrival(device, events)]
    if device.released_at is not None:
        moments.insert(0, Moment(device.released_at, "Released from the organisation"))
    # What happened in the same instant stays in this order: an arrival comes before the assignment that it caused.
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def _arrival(device: Device, events: list[Event]) -> Moment:
    if device.source == "MANUALLY_ADDED":
        by = next((event.actor.name for event in events if event.type == _ADDED), "")
        return Moment(device.added_at, "Added by hand", by)
    note = f"order {device.order_number}" if device.order_number else ""
    return Moment(device.added_at, f"Added: {words.SOURCES[device.source]} {device.source_id}", note=note)


def _operations(tx: Tx, device: Device) -> list[Moment]:
    rows = tx.rows(
        "SELECT o.op, o.reason, o.at, coalesce(s.name, 'a deleted service'), coalesce(a.uuid, ''),"
        " coalesce(a.actor_name, ''), coalesce(a.type, '') FROM operation o LEFT JOIN service s ON s.id = o.service_id"
        " LEFT JOIN activity a ON a.id = o.activity_id WHERE o.device_id = $1 ORDER BY o.at DESC, o.op LIMIT $2",
        *(device.id, _MOST),
    )
    moments: list[Moment] = []
    losses: dict[tuple[int, str], str] = {}
    for row in rows:
        if row[0] == Op.DELETED:
            losses[row[2], row[4]] = row[3]
    for row in rows:
        if row[0] == Op.DELETED and _moved(rows, row):
            continue
        moments.append(_moment(row, losses.get((row[2], row[4]), "")))
    return moments


def _moved(rows: list[Row], loss: Row) -> bool:
    return any(row[0] == Op.ADDED and (row[2], row[4]) == (loss[2], loss[4]) for row in rows)


def _moment(row: Row, lost_by: str) -> Moment:
    op, reason, at, service, activity, by, _ = row
    if op == Op.ADDED and lost_by:
        what = f"Moved from {lost_by} to {service}"
    elif op == Op.ADDED:
        what = f"Assigned to {service}" if activity else f"Assigned to {service} on arrival"
    elif op == Op.DELETED:
        what = f"Taken off {service}"
    elif reason == Reason.PROFILE_ASSIGNED:
        what = f"Profile of {service} assigned"
    elif reason == Reason.REPLACEMENT:
        what = f"Replaced another device of {service}"
    else:
        what = f"Changed; {service} was told"
    return Moment(at, what, by, activity)


def _events(tx: Tx, visit: Visit, events: list[Event]) -> list[Moment]:
    found = [event for event in events if event.type != _ADDED]
    return [_of_event(line) for line in event_lines(tx, visit, found)]


def _of_event(line: dict[str, Any]) -> Moment:
    changes = "; ".join(
        f"{change['name']} {change['after']}".strip() for change in line["changes"] if change["after"]
    )
    return Moment(line["at"], line["what"], line["by"], note=changes)
