"""The registry's log as the API tells it: a line about many devices becomes one event for each of them.

Neither a line nor its devices are ever loaded whole: a page reads on from where the last one ended.
"""

from collections.abc import Callable
from typing import Any

from pomona.business_api import audit_batches
from pomona.business_api.audit_batches import removal
from pomona.business_api.audit_line import Item, Line, Read, Span, device
from pomona.business_api.audit_types import ACTIVITIES, RETURNING
from pomona.store import Tx


def read(tx: Tx, line: Line, span: Span) -> Read:
    """The next events of a line."""
    if line.activity_id is not None:
        return _of_activity(tx, line, span)
    if line.devices is not None:
        return audit_batches.of_batch(tx, line, span)
    made = audit_batches.of_replacement(tx, line) if line.type == "DEVICE_REPLACED" else [_single(line)]
    items = [item for item in made if item.n > span.after]
    return Read(items[: span.most], items[span.most - 1].n if len(items) > span.most else None)


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
    items = [Item(n, type, _change(line, type, serial), device(serial)) for n, serial in rows]
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
        items.append(Item(n, type, data, device(serial)))
    reached = rows[-1][0] if len(rows) == span.most else end
    return Read(items, reached if reached < line.last else None)


def _change(line: Line, type: str, serial: str) -> dict[str, Any]:
    if type == "DEVICE_REMOVED_FROM_ORG":
        return removal(line, serial)
    if type == "DEVICE_ASSIGNED_TO_SERVER":
        return {"serialNumber": serial, "targetServerName": line.service}
    return {"serialNumber": serial}


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
    "ACCOUNT_ROLE_LOCATION_CHANGED": lambda line: {
        "accountRoleLocationList": [
            {"roleName": line.after.get("role", ""), "locationUniqueIdentifier": line.unit}
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
    "DEVICE_REMOVED_FROM_ORG": lambda line: removal(line, line.subject.id),
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
