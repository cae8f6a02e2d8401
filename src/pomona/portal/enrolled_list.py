"""Devices enrolled in the built-in service: the organisation's own, and those that people brought."""

from typing import Any

from pomona.portal.answers import Answer, Shown
from pomona.portal.paging import page_of
from pomona.portal.visit import Visit
from pomona.registry import enrollments
from pomona.registry.enrollments import Enrollment
from pomona.store import Tx

KINDS = {
    "ade": "Automatically",
    "manual": "By hand",
    "adde": "By its user’s account",
    "byod": "A user’s own device",
}
"""How each kind of enrolment came about."""

STATES = {"pending": ("wait", "Begun"), "enrolled": ("ok", "Enrolled"), "left": ("off", "Left")}


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of enrolments in the order they began; `?left=1` adds those that ended, `?after=` is the last one seen."""
    left = visit.query.get("left") == "1"
    page = page_of(
        visit.query,
        lambda after, limit: enrollments.of_organization(
            tx, visit.organization_id, after=after, limit=limit, left=left
        ),
    )
    context = {
        "enrollments": [line(enrollment) for enrollment in page.rows],
        "left": left,
        "manual": f"{visit.origin}/manage/{visit.organization.slug}/manual",
        **page.links,
    }
    return Shown("enrolled_list.html", context)


def line(enrollment: Enrollment) -> dict[str, Any]:
    """What a list shows of an enrolment. A user's own device has no serial number here."""
    look, state = STATES[enrollment.status]
    return {
        "key": enrollment.key,
        "name": enrollment.device_name or enrollment.serial or "Unnamed",
        "serial": enrollment.serial or "",
        "how": KINDS[enrollment.kind],
        "person": enrollment.email or "",
        "look": look,
        "state": state,
        "waiting": enrollment.awaiting_configuration,
        "model": enrollment.model,
        "system": enrollment.os_version,
        "seen": enrollment.last_seen,
    }
