"""What happened in an organisation, as programs are told of it: messages made of the events of its log.

An event is parted where it is about many devices. Part `n` of an event is always the same messages, whoever asks and
however often, so that a message keeps its id when it is made again.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pomona.formats.times import iso_millis
from pomona.registry import activities, audit, device_news
from pomona.registry.audit import Event
from pomona.registry.device_news import Change
from pomona.registry.event_types import FROM_LOG
from pomona.store import Tx


class Position(NamedTuple):
    """Up to where a log was read: the event's id, and the last part of it, `WHOLE` when that was all."""

    event: int
    part: int


WHOLE = -1

_PAGE = 200


class News(NamedTuple):
    """A message: what it is about, when that happened (ms), and its data. `key` tells it from the others of its part."""

    event: int
    part: int
    key: str
    type: str
    at: int
    data: dict[str, Any]


class Read(NamedTuple):
    """Messages, up to where that is, and whether there may be more at once."""

    news: list[News]
    to: Position
    more: bool


class Whose(NamedTuple):
    """An organisation: its internal id, and the Organisation ID that stands in each message."""

    id: int
    number: str


def follow(tx: Tx, whose: Whose, position: Position, most: int) -> Read:
    """The next messages behind a position: parts of events until there are `most` messages or no more."""
    found: list[News] = []
    event = None if position.part == WHOLE else audit.one(tx, whose.id, position.event)
    if event is not None:
        position = _parts(tx, event, whose, position.part + 1, most, found)
    elif position.part != WHOLE:
        position = Position(position.event, WHOLE)
    while position.part == WHOLE and len(found) < most:
        events = audit.following(tx, whose.id, position.event, limit=_PAGE)
        for event in events:
            position = _parts(tx, event, whose, 0, most, found)
            if position.part != WHOLE or len(found) >= most:
                return Read(found, position, True)
        if len(events) < _PAGE:
            return Read(found, position, False)
    return Read(found, position, True)


def _parts(tx: Tx, event: Event, whose: Whose, part: int, most: int, found: list[News]) -> Position:
    """Reads the parts of an event until there are enough messages; gives the position behind."""
    while True:
        told, more = _part(tx, whose.id, event, part)
        found.extend(_news(event, whose.number, part, each) for each in told)
        if not more:
            return Position(event.id, WHOLE)
        if len(found) >= most:
            return Position(event.id, part)
        part += 1


def _news(event: Event, number: str, part: int, change: Change) -> News:
    actor = {"type": event.actor.kind, "id": event.actor.id, "name": event.actor.name}
    data = {"organizationId": number, "actor": actor, **change.data}
    return News(event.id, part, change.key, change.type, event.at, data)


Part = tuple[Iterable[Change], bool]


def _part(tx: Tx, organization_id: int, event: Event, part: int) -> Part:
    if event.activity_id is not None and event.subject.kind == "ACTIVITY":
        return _activity(tx, event, part)
    if event.devices is not None or event.type == "DEVICE_REPLACED":
        return device_news.part(tx, organization_id, event, part)
    if event.type in device_news.TYPES and event.subject.kind == "DEVICE":
        return device_news.single(tx, organization_id, event)
    type = FROM_LOG.get(event.type)
    if type is None:
        return (), False
    return (Change(type, "", _DATA[type.partition(".")[0]](event)),), False


def _activity(tx: Tx, event: Event, part: int) -> Part:
    """Its devices, then its end."""
    changes, more = device_news.part_of_activity(tx, event, part)
    if more:
        return changes, True
    activity = activities.by_uuid(tx, event.subject.id)
    return ([*changes, Change("activity.finished", "", _finished(activity))] if activity else changes), False


def _finished(activity: activities.Activity) -> dict[str, Any]:
    ended = activity.completed_at
    return {
        "activity": {
            "id": activity.uuid,
            "activityType": activity.type,
            "status": activity.status,
            "subStatus": activity.sub_status,
            "devices": activity.total,
            "succeeded": activity.succeeded,
            "failed": activity.failed,
            "createdDateTime": iso_millis(activity.created_at),
            "completedDateTime": None if ended is None else iso_millis(ended),
        }
    }


def _enrolment(event: Event) -> dict[str, Any]:
    after = event.after or {}
    serial = None if event.subject.name == event.subject.id else event.subject.name
    return {"enrollmentId": event.subject.id, "serialNumber": serial, "enrollmentType": after.get("kind")}


def _order(event: Event) -> dict[str, Any]:
    after = event.after
    return {
        "orderNumber": event.subject.name,
        "orderType": after["order_type"],
        "orderDateTime": iso_millis(after["ordered_at"]),
        "purchaseOrderNumber": after["po_number"],
        "supplier": {
            "type": after["supplier_kind"],
            "id": after["supplier_number"],
            "name": after["supplier"],
        },
        "devices": {name: after[name] for name in ("available", "pending", "returned", "refused")},
    }


def _token(event: Event) -> dict[str, Any]:
    after = event.after
    service = {"id": event.subject.id, "name": event.subject.name}
    return {"service": service, "days": after["days"], "expiryDateTime": iso_millis(after["expires_at"])}


def _domain(event: Event) -> dict[str, Any]:
    after = event.after
    expiry = iso_millis(after["expires_at"])
    return {"domain": event.subject.name, "days": after["days"], "expiryDateTime": expiry}


_DATA: dict[str, Callable[[Event], dict[str, Any]]] = {
    "device": _enrolment,
    "order": _order,
    "token": _token,
    "domain": _domain,
}
"""What a message says that is made of one event, by the first word of its type."""
