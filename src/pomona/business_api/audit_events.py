"""`auditEvents`: what happened, as far as Apple has a type for it."""

import hashlib
import uuid

from pomona.business_api import audit_pages, cursors
from pomona.business_api.audit_pages import Event, Wanted
from pomona.business_api.audit_types import CATEGORIES, KEYS
from pomona.business_api.call import Answer, Call, Listed, encode, listed
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import ApiError, Problem, bad_parameter
from pomona.business_api.fieldsets import ResourceType
from pomona.business_api.query import Query, moment
from pomona.formats.times import iso_millis
from pomona.store import Tx

AUDIT_EVENTS = ResourceType(
    "auditEvents",
    (
        "eventDateTime", "type", "category", "actorType", "actorId", "actorName", "subjectType", "subjectId",
        "subjectName", "outcome", "groupId", "eventDataPropertyKey", *KEYS.values(),
    ),
)  # fmt: skip

_START, _END = "filter[startTimestamp]", "filter[endTimestamp]"
_ACTOR, _SUBJECT, _TYPE = "filter[actorId]", "filter[subjectId]", "filter[type]"


def listing(tx: Tx, call: Call) -> Answer:
    """Events between two times, both included, newest first."""
    query = call.query
    query.offers(_START, _END, _ACTOR, _SUBJECT, _TYPE, AUDIT_EVENTS.parameter)
    limit, fieldset, wanted = query.limit(), AUDIT_EVENTS.selected(query), _wanted(query)
    owner = call.organization_id
    after = cursors.key_of(call.runtime, query.first("cursor"), Listing.AUDIT_EVENTS, owner, call.now)
    page = audit_pages.page(tx, owner, wanted, after, limit)
    body = b",".join([_resource(event) for event in page.events])
    cursor = None
    if page.more is not None:
        cursor = cursors.make(call.runtime, Listing.AUDIT_EVENTS, owner, page.more, call.now)
    return listed(call, Listed(body, limit, cursor, fieldset))


def _wanted(query: Query) -> Wanted:
    start, end = _time(query, _START), _time(query, _END)
    if start > end:
        raise bad_parameter(_END, "The end is before the start.")
    types = query.filter("type")
    for type in types or ():
        if type not in KEYS:
            raise bad_parameter(
                _TYPE, f"'{type[:100]}' is no type; expected one of {', '.join(sorted(KEYS))}."
            )
    return Wanted(start, end, types, query.filter("actorId"), query.filter("subjectId"))


def _time(query: Query, name: str) -> int:
    text = query.first(name)
    if not text:
        detail = f"Say which events with '{name}', a time like 2026-01-02T03:04:05Z."
        raise ApiError(400, Problem("PARAMETER_ERROR.REQUIRED", detail, parameter=name))
    return moment(name, text)


def _resource(event: Event) -> bytes:
    line, item = event
    key = KEYS[item.type]
    attributes = {
        "eventDateTime": iso_millis(line.at),
        "type": item.type,
        "category": CATEGORIES[item.type],
        "actorType": line.actor.kind if line.actor.kind in ("USER", "API_USER") else "SYSTEM",
        "actorId": line.actor.id,
        "actorName": line.actor.name,
        "subjectType": item.subject.kind,
        "subjectId": item.subject.id,
        "subjectName": item.subject.name,
        "outcome": "SUCCESS",
        "groupId": line.activity or _id("group", line.id),
        "eventDataPropertyKey": key,
        key: item.data,
    }
    return encode({"type": "auditEvents", "id": _id("event", line.id, item.n), "attributes": attributes})


def _id(*parts: object) -> str:
    """The same each time, and silent about how much other organisations do."""
    text = ":".join(map(str, parts)).encode()
    return str(uuid.UUID(bytes=hashlib.blake2b(text, digest_size=16).digest()))
