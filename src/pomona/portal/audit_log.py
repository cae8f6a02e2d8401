"""The audit log: who did what, when and from where."""

from typing import Any

from pomona.portal.answers import Answer, Shown
from pomona.portal.paging import number_of
from pomona.portal.visit import Visit
from pomona.registry import audit
from pomona.registry.audit import Event
from pomona.store import Tx

PAGE = 100
_PAGES = {"SERVICE": "services", "ACTIVITY": "activities", "DEVICE": "devices", "USER": "people"}


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of events, newest first; `?before=` is the number of the last one seen."""
    before = number_of(visit.query, "before")
    found = audit.newest(tx, visit.organization_id, before=before, limit=PAGE + 1)
    context = {
        "events": [event_line(event) for event in found[:PAGE]],
        "older": found[PAGE - 1].id if len(found) > PAGE else None,
        "newest": before is None,
    }
    return Shown("audit_log.html", context)


def event_line(event: Event) -> dict[str, Any]:
    """What a page shows of an event: who, what, about what, and each value that changed."""
    return {
        "at": event.at,
        "what": event.type.replace("_", " ").capitalize(),
        "by": event.actor.name,
        "by_kind": event.actor.kind,
        "address": event.actor.address or "",
        "subject": event.subject.name,
        "link": _link(event),
        "changes": _changes(event.before, event.after),
    }


def _link(event: Event) -> str:
    folder = _PAGES.get(event.subject.kind)
    return f"/portal/{folder}/{event.subject.id}" if folder else ""


def _changes(before: Any, after: Any) -> list[dict[str, str]]:
    if not isinstance(before, dict) and not isinstance(after, dict):
        return [] if before is None and after is None else [_change("", before, after)]
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return [_change(name, old.get(name), new.get(name)) for name in names]


def _change(name: str, before: Any, after: Any) -> dict[str, str]:
    return {"name": name.replace("_", " "), "before": _plain(before), "after": _plain(after)}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
