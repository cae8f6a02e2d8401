"""All bulk changes, newest first, and those that a filter leaves."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.portal import words
from pomona.portal.answers import Answer, Shown
from pomona.portal.device_filters import PERIODS
from pomona.portal.paging import number_of
from pomona.portal.service_names import ServiceName, service_names
from pomona.portal.visit import Visit
from pomona.registry import activity_search
from pomona.registry.activities import Activity
from pomona.registry.activity_search import ActivityFilter
from pomona.store import Tx

PAGE = 50
STATES = {
    "IN_PROGRESS": "In progress",
    "COMPLETED_SUCCESSFULLY": "Completed successfully",
    "COMPLETED_WITH_ISSUES": "Completed with issues",
    "COMPLETED_WITH_SERVER_ERRORS": "Completed with server errors",
    "MANUALLY_STOPPED": "Manually stopped",
}
_NAMES = ("type", "state", "service", "begun", "by", "device")


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of activities; `?before=` is the number of the last one seen."""
    before = number_of(visit.query, "before")
    names = service_names(tx, visit.organization_id)
    wish = {name: text for name in _NAMES if (text := visit.query.get(name, "").strip()[:100])}
    found = activity_search.search(
        tx, visit.organization_id, _wanted(wish, names, visit.now), before=before, limit=PAGE
    )
    context = {
        "activities": [line(activity, names) for activity in found.activities],
        "older": None if found.more is None else urlencode({**wish, "before": found.more}),
        "newest": before is None,
        "wish": wish,
        "query": urlencode(wish),
        "choices": {
            "type": list(words.ACTIVITY_TYPES.items()),
            "state": list(STATES.items()),
            "service": [(service.uuid, service.name) for service in names.values()],
            "begun": [(period, label) for period, (label, _) in PERIODS.items()],
        },
    }
    return Shown("activity_list.html", context)


def _wanted(wish: Mapping[str, str], names: Mapping[int, ServiceName], now: int) -> ActivityFilter:
    """What an address asks for. What means nothing (an unknown type, a service that is gone) is left out."""
    type, state = wish.get("type", ""), wish.get("state", "")
    period = PERIODS.get(wish.get("begun", ""))
    uuid = wish.get("service", "").upper()
    try:
        serial = canonical(wish["device"]) if "device" in wish else ""
    except InvalidSerial:
        serial = wish["device"].upper()
    return ActivityFilter(
        types=(type,) if type in words.ACTIVITY_TYPES else (),
        states=(state,) if state in STATES else (),
        since=now - period[1] if period else None,
        actor=wish.get("by", ""),
        service_id=next((id for id, service in names.items() if service.uuid == uuid), None),
        serial=serial,
    )


def line(activity: Activity, names: dict[int, ServiceName]) -> dict[str, Any]:
    """What a list shows of an activity."""
    look, state = words.activity_state(activity)
    service = names.get(activity.service_id or 0)
    return {
        "uuid": activity.uuid,
        "type": activity.type,
        "what": words.activity_type(activity.type),
        "service": service.name if service else "",
        "look": look,
        "state": state,
        "total": activity.total,
        "done": activity.succeeded + activity.failed,
        "failed": activity.failed,
        "by": activity.actor.name,
        "at": activity.created_at,
    }
