"""What happened to one device here, newest first, in plain words."""

from dataclasses import dataclass

from pomona.portal import words
from pomona.portal.events import event_lines
from pomona.portal.visit import Visit
from pomona.registry import device_history
from pomona.registry.actors import SYSTEM
from pomona.registry.audit import Event, Subject
from pomona.registry.devices import Device
from pomona.registry.results import Result
from pomona.store import Tx

PAGE = 100


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry. `by` is who caused it, `activity` the public id of the activity it belongs to."""

    at: int
    what: str
    by: str = ""
    activity: str = ""
    note: str = ""


def history(
    tx: Tx, visit: Visit, device: Device, before: int | None = None
) -> tuple[list[Moment], int | None]:
    """A page of everything on record of the serial in this organisation, and the key behind which more may follow."""
    found = device_history.timeline(tx, visit.organization_id, device.serial, before=before, limit=PAGE)
    return [_moment(tx, visit, device, each) for each in found.moments], found.more


_SENTENCES = {
    "ASSIGNED": "Assigned to {service}",
    "MOVED": "Moved from {lost_by} to {service}",
    "CHANGED": "Changed; {service} was told",
    "PROFILE_ASSIGNED": "Profile of {service} assigned",
    "UNASSIGNED": "Taken off {service}",
    "UNCHANGED": "{activity}: nothing to do",
    "REFUSED": "{activity}: not done",
    "RELEASED": "Released from the organisation",
}


def _moment(tx: Tx, visit: Visit, device: Device, of: device_history.Moment) -> Moment:
    activity = words.activity_type(of.activity_type) if of.activity_type else ""
    if of.what == "ADDED":
        what, note = _arrival(of.note)
    elif of.what == "EVENT":
        what, note = _event(tx, visit, device, of)
    elif of.what == "ACTIVITY":
        what, note = "Release put off" if of.activity_type == "RELEASE_DEVICES" else activity, ""
    else:
        what = _SENTENCES[of.what].format(service=of.service, lost_by=of.lost_by, activity=activity)
        what += " on arrival" if of.what == "ASSIGNED" and not of.activity else ""
        note = words.RESULTS[Result[of.note]].lower() if of.note else ""
    return Moment(of.at, what, of.by, of.activity, note)


def _arrival(note: str) -> tuple[str, str]:
    origin, _, order = note.partition(", ")
    source, _, id = origin.partition(" ")
    if source == "MANUALLY_ADDED":
        return "Added by hand", order
    return f"Added: {words.SOURCES.get(source, source)} {id}", order


def _event(tx: Tx, visit: Visit, device: Device, of: device_history.Moment) -> tuple[str, str]:
    subject = Subject("DEVICE", device.serial, device.serial)
    event = Event(0, of.at, of.type, of.actor or SYSTEM, subject, None, of.before, of.after)
    [line] = event_lines(tx, visit, [event])
    changes = (f"{change['name']} {change['after']}".strip() for change in line["changes"] if change["after"])
    return line["what"], "; ".join(changes)
