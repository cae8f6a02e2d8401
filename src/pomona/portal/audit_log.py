"""The audit log: who did what, when and from where."""

from pomona.portal.answers import Answer, Shown
from pomona.portal.events import event_lines
from pomona.portal.paging import number_of
from pomona.portal.visit import Visit
from pomona.registry import audit
from pomona.store import Tx

PAGE = 100


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of events, newest first; `?before=` is the number of the last one seen."""
    before = number_of(visit.query, "before")
    found = audit.newest(tx, visit.organization_id, before=before, limit=PAGE + 1)
    context = {
        "events": event_lines(tx, visit, found[:PAGE]),
        "older": found[PAGE - 1].id if len(found) > PAGE else None,
        "newest": before is None,
    }
    return Shown("audit_log.html", context)
