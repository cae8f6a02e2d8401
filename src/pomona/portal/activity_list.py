"""All bulk changes, newest first."""

from typing import Any

from pomona.portal import words
from pomona.portal.answers import Answer, Shown
from pomona.portal.paging import number_of
from pomona.portal.service_names import ServiceName, service_names
from pomona.portal.visit import Visit
from pomona.registry import activities
from pomona.registry.activities import Activity
from pomona.store import Tx

PAGE = 50


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of activities; `?before=` is the number of the last one seen."""
    before = number_of(visit.query, "before")
    found = activities.newest(tx, visit.organization_id, before=before, limit=PAGE + 1)
    names = service_names(tx, visit.organization_id)
    context = {
        "activities": [line(activity, names) for activity in found[:PAGE]],
        "older": found[PAGE - 1].id if len(found) > PAGE else None,
        "newest": before is None,
    }
    return Shown("activity_list.html", context)


def line(activity: Activity, names: dict[int, ServiceName]) -> dict[str, Any]:
    """What a list shows of an activity."""
    look, state = words.activity_state(activity)
    service = names.get(activity.service_id or 0)
    return {
        "uuid": activity.uuid,
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
