"""The registry's log as the API tells it: a line about many devices becomes one event for each of them.

Neither a line nor its devices are ever loaded whole: a page reads on from where the last one ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from pomona.business_api.audit_types import ACTIVITIES, RETURNING
from pomona.registry import audit, devices
from pomona.registry.actors import Actor
from pomona.registry.audit import Subject
from pomona.store import Row, Tx

RELEASERS = {"API_USER": "API", "MDM": "MDM", "SUPPLIER": "RESELLER"}
"""`releaseEntityType` by who took a device away; everybody else is a person."""

COLUMNS = (
    "e.id, e.at, e.type, coalesce(a.actor_kind, e.actor_kind), coalesce(a.actor_id, e.actor_id),"
    " coalesce(a.actor_name, e.actor_name), e.subject_kind, e.subject_id, e.subject_name, e.after,"
    " e.devices, e.activity_id, a.uuid, a.type, s.name,"
    " (SELECT max(r.n) FROM activity_result r WHERE r.activity_id = e.activity_id),"
    " (SELECT o.number FROM organization o WHERE o.id = e.organization_id), a.final_at"
)
JOINS = "LEFT JOIN activity a ON a.id = e.activity_id LEFT JOIN service s ON s.id = a.service_id"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log. An activity's actor is who asked for it, whoever stopped it. `service` is the name of the
    activity's service, empty once it is deleted; `last` the number of its last result; `unit` the organisation's only
    unit. `put_off` is a release that was not final yet."""

    organization_id: int
    id: int
    at: int
    type: str
    actor: Actor
    subject: Subject
    after: dict[str, Any]
    devices: str | None
    activity_id: int | None
    activity: str | None
    activity_type: str | None
    service: str
    last: int
    unit: str
    put_off: bool

    @classmethod
    def of(cls, organization_id: int, row: Row) -> "Line":
        """From `COLUMNS`."""
        after = None if row[9] is None else msgspec.json.decode(row[9])
        values: tuple[Any, ...] = (
            *(organization_id, *row[:3], Actor(*row[3:6]), Subject(*row[6:9])),
            *(after if isinstance(after, dict) else {}, *row[10:14], row[14] or ""),
            *(-1 if row[15] is None else row[15], row[16], row[17] is not None),
        )
        return cls(*values)


class Item(NamedTuple):
    """One event of a line: its number within it, its type here, its own data, and what it is about."""

    n: int
    type: str
    data: dict[str, Any]
    subject: Subject


class Read(NamedTuple):
    """Events of a line, and the number behind which it goes on; None when that was all of it."""

    items: list[Item]
    more: int | None


class Span(NamedTuple):
    """What to read of a line: what comes behind number `after`, at most `most` events, looking at `window` rows, and
    only those about the `serials` if there are any."""

    after: int
    most: int
    window: int
    serials: list[str] | None


def read(tx: Tx, line: Line, span: Span) -> Read:
    """The next events of a line."""
    if line.activity_id is not None:
        return _of_activity(tx, line, span)
    if line.subject.kind in ("ORDER", "BATCH"):
        return _of_order(tx, line, span)
    made = _of_replacement(tx, line) if line.type == "DEVICE_REPLACED" else [_single(line)]
    return Read([item for item in made if item.n > span.after], None)


def _of_activity(tx: Tx, line: Line, span: Span) -> Read:
    """Its devices that it changed."""
    if line.activity_type in RETURNING:
        return _of_return(tx, line, span)
    type = ACTIVITIES.get(line.activity_type or "")
    if type is None or line.put_off:
        return Read([], None)
    only = "" if span.serials is None else f" AND r.serial IN (SELECT v FROM {tx.each('$4')} e)"
    chosen = () if span.serials is None else (tx.pack(span.serials),)
    end = min(span.after + span.window, line.last)
    rows = tx.rows(
        "SELECT r.n, r.serial FROM activity_result r WHERE r.activity_id = $1 AND r.n > $2 AND r.n <= $3"
        f" AND r.status = 1{only} ORDER BY r.n LIMIT ${4 + len(chosen)}",
        *(line.activity_id, span.after, end, *chosen, span.most),
    )
    items = [Item(n, type, _change(line, type, serial), _device(serial)) for n, serial in rows]
    reached = rows[-1][0] if len(rows) == span.most else end
    return Read(items, reached if reached < line.last else None)


def _of_return(tx: Tx, line: Line, span: Span) -> Read:
    """Devices that went back to the service they were on, or to none."""
    only = "" if span.serials is None else f" AND r.serial IN (SELECT v FROM {tx.each('$4')} e)"
    chosen = () if span.serials is None else (tx.pack(span.serials),)
    end = min(span.after + span.window, line.last)
    rows = tx.rows(
        "SELECT r.n, r.serial, b.before_service, coalesce(v.name, '') FROM activity_result r JOIN activity_result b"
        " ON b.activity_id = r.restores / 4294967296 AND b.n = r.restores % 4294967296"
        " LEFT JOIN service v ON v.id = b.before_service WHERE r.activity_id = $1 AND r.n > $2 AND r.n <= $3"
        f" AND r.status = 1 AND r.before_service IS DISTINCT FROM b.before_service{only}"
        f" ORDER BY r.n LIMIT ${4 + len(chosen)}",
        *(line.activity_id, span.after, end, *chosen, span.most),
    )
    items = []
    for n, serial, service_id, name in rows:
        data = {"serialNumber": serial} | ({} if service_id is None else {"targetServerName": name})
        type = "DEVICE_UNASSIGNED_FROM_SERVER" if service_id is None else "DEVICE_ASSIGNED_TO_SERVER"
        items.append(Item(n, type, data, _device(serial)))
    reached = rows[-1][0] if len(rows) == span.most else end
    return Read(items, reached if reached < line.last else None)


def _change(line: Line, type: str, serial: str) -> dict[str, Any]:
    if type == "DEVICE_REMOVED_FROM_ORG":
        return _removal(line, serial)
    if type == "DEVICE_ASSIGNED_TO_SERVER":
        return {"serialNumber": serial, "targetServerName": line.service}
    return {"serialNumber": serial}


def _of_order(tx: Tx, line: Line, span: Span) -> Read:
    """The devices that an order's step brought or took: never more than a step does at a time."""
    numbers = audit.devices_of(line.devices)
    chosen = numbers[span.after + 1 :]
    if span.serials is None:
        chosen = chosen[: span.most]
    rows = tx.rows(
        "SELECT d.id, d.serial, d.source, d.source_id"
        f" FROM {tx.each('$1', 'bigint')} e JOIN device d ON d.id = e.c0 ORDER BY d.id",
        tx.pack([(number,) for number in chosen]),
    )
    places = {number: n for n, number in enumerate(numbers)}
    items = [
        Item(places[id], line.type, _arrival_or_removal(line, *told), _device(told[0]))
        for id, *told in rows
        if span.serials is None or told[0] in span.serials
    ][: span.most]
    reached = items[-1].n if len(items) == span.most else len(numbers) - 1
    return Read(items, reached if reached < len(numbers) - 1 else None)


def _arrival_or_removal(line: Line, serial: str, source: str, source_id: str) -> dict[str, Any]:
    if line.type == "DEVICE_REMOVED_FROM_ORG":
        return _removal(line, serial)
    return {"serialNumber": serial, "purchaseSourceType": source, "purchaseSourceId": source_id}


def _removal(line: Line, serial: str) -> dict[str, Any]:
    type = RELEASERS.get(line.actor.kind, "USER")
    id = "" if type == "USER" else line.actor.id
    return {"serialNumber": serial, "releaseEntityId": id, "releaseEntityType": type}


def _of_replacement(tx: Tx, line: Line) -> list[Item]:
    """The unit that was sent in leaves, the other comes from where that one came from."""
    serial, original = line.subject.id, str(line.after.get("original", ""))
    removal = {"serialNumber": original, "releaseEntityId": "", "releaseEntityType": "REPLACEMENT"}
    return [
        Item(0, "DEVICE_REMOVED_FROM_ORG", removal, _device(original)),
        Item(1, "DEVICE_ADDED_TO_ORG", _arrival(tx, line, serial), _device(serial)),
    ]


def _arrival(tx: Tx, line: Line, serial: str) -> dict[str, Any]:
    device = devices.get(tx, line.organization_id, serial)
    return _arrival_or_removal(line, serial, device.source, device.source_id)


_DATA: dict[str, Callable[[Line], dict[str, Any]]] = {
    "API_ACCOUNT_CREATED_WITH_KEY": lambda line: {"keyId": line.after.get("keyId")},
    "API_ACCOUNT_KEY_GENERATED": lambda line: {"keyId": line.after.get("keyId")},
    "API_ACCOUNT_KEY_REVOKED": lambda line: {"keyId": line.after.get("keyId")},
    "API_ACCOUNT_NAME_CHANGED": lambda line: {"newName": line.after.get("newName")},
    "API_ACCOUNT_ROLE_LOCATION_CHANGED": lambda line: {
        "apiAccountRoleLocationList": [
            {"roleName": name, "locationUniqueIdentifier": line.unit}
            for name in line.after.get("permissions", [])
        ]
    },
    **dict.fromkeys(
        ("COLLECTION_CREATED", "COLLECTION_UPDATED", "COLLECTION_DELETED"),
        lambda line: {name: line.after.get(name, "") for name in ("name", "description")},
    ),
    **dict.fromkeys(
        ("CONFIG_SETTINGS_CREATED", "CONFIG_SETTINGS_UPDATED", "CONFIG_SETTINGS_DELETED"),
        lambda line: {name: line.after.get(name) for name in ("configType", "configId", "configVersion")},
    ),
    "DEVICE_ADDED_TO_ORG": lambda line: {
        "serialNumber": line.subject.id,
        "purchaseSourceType": "MANUALLY_ADDED",
        "purchaseSourceId": "CONFIGURATOR",
    },
    "DEVICE_REMOVED_FROM_ORG": lambda line: _removal(line, line.subject.id),
    "SUBJECT_HAS_APPLECARE_PURCHASE_ADDED": lambda line: {"subscriptionId": line.after.get("subscriptionId")},
    "SUBJECT_HAS_APPLECARE_PURCHASE_REMOVED": lambda line: {
        "subscriptionId": line.after.get("subscriptionId")
    },
}
"""An event's own data, of those that have any and are about one thing."""


def _single(line: Line) -> Item:
    type = "ACCOUNT_ADDED" if line.type == "ACCOUNT_CREATED" else line.type
    data = _DATA[type](line) if type in _DATA else {}
    return Item(0, type, data, line.subject)


def _device(serial: str) -> Subject:
    return Subject("DEVICE", serial, serial)
