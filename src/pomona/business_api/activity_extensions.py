"""`/pomona/v1/activities`: searched, looked at in advance, undone and stopped. Nothing of this is Apple's."""

from collections.abc import Callable

from pomona.business_api import activities as apples
from pomona.business_api import activity_bodies, activity_documents, cursors
from pomona.business_api.call import Answer, Call, Listed, created, encode, listed, single
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import bad_parameter, no_resource
from pomona.business_api.operations import Endpoint, Read, Write
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.formats.times import parse_iso
from pomona.registry import activities, activity_search, previews, results, services
from pomona.registry.activity_records import Activity
from pomona.registry.activity_search import ActivityFilter
from pomona.registry.activity_steps import STEPS
from pomona.registry.errors import Invalid, NotFound
from pomona.store import Tx

NAMED = 50
"""Serials that a preview names for each reason."""

_FILTERS = ("type", "status", "since", "until", "actor", "service", "device")


def listing(tx: Tx, call: Call) -> Answer:
    """Activities newest first, all that are kept; filters are combined."""
    call.query.offers(*(f"filter[{name}]" for name in _FILTERS))
    limit, owner = call.query.limit(), call.organization_id
    wanted = _filter(tx, call)
    before = cursors.key_of(call.runtime, call.query.first("cursor"), Listing.ACTIVITIES, owner, call.now)
    found = activity_search.search(tx, owner, wanted, before=before, limit=limit)
    named = activity_documents.names(tx, owner)
    body = b",".join(encode(activity_documents.brief(call, each, named)) for each in found.activities)
    cursor = None
    if found.more is not None:
        cursor = cursors.make(call.runtime, Listing.ACTIVITIES, owner, found.more, call.now)
    return listed(call, Listed(body, limit, cursor))


def one(tx: Tx, call: Call) -> Answer:
    """An activity, with whether it can be undone and what followed it."""
    call.query.offers()
    return single(call, activity_documents.whole(tx, call, _named(tx, call)))


def outcomes(tx: Tx, call: Call) -> Answer:
    """What became of each device, in the order asked for; with `filter[status]=FAILED` only of those that failed."""
    call.query.offers("filter[status]")
    limit, activity = call.query.limit(), _named(tx, call)
    status = call.query.filter("status")
    if status not in (None, ["FAILED"]):
        raise bad_parameter("filter[status]", "Expected FAILED, or nothing for all.")
    listing = Listing.ACTIVITY_RESULTS if status is None else Listing.ACTIVITY_FAILURES
    after = cursors.key_of(call.runtime, call.query.first("cursor"), listing, activity.id, call.now)
    look = results.page if status is None else results.failures
    rows = look(tx, activity.id, after=-1 if after is None else after, limit=limit + 1)
    named = activity_documents.names(tx, call.organization_id)
    body = b",".join(activity_documents.result(row, named) for row in rows[:limit])
    cursor = None
    if len(rows) > limit:
        cursor = cursors.make(call.runtime, listing, activity.id, rows[limit - 1].n, call.now)
    return listed(call, Listed(body, limit, cursor))


def create(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Keeps an activity, as at Apple's path; devices whose release is not final yet can be kept here too."""
    asked = apples.wanted(call, body, activity_bodies.OURS)
    return lambda tx: _made(tx, call, apples.kept(tx, call, asked))


def preview(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """What an activity with this body would do: counted by kind, present service and outcome. Changes nothing."""
    asked = apples.wanted(call, body, activity_bodies.OURS)

    def look(tx: Tx) -> Answer:
        found = previews.preview(
            tx,
            call.organization_id,
            asked.type,
            asked.serials,
            service_id=apples.service_id(tx, call, asked),
            deadline=asked.deadline,
            now=call.now,
            failing=NAMED,
        )
        named = activity_documents.names(tx, call.organization_id)
        return single(call, activity_documents.preview(found, asked.type, named, "preview"))

    return look


def undo(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Puts every device back that is still as the activity left it; the others become failed rows. Takes no body."""
    call.query.offers()

    def work(tx: Tx) -> Answer:
        activity = _named(tx, call)
        apples.check_permission(call, activity.type)
        days = call.runtime.settings.undo_days
        made = activities.undoing(
            tx, activity, actor=call.actor, now=call.now, rng=call.runtime.rng, days=days
        )
        return _made(tx, call, made)

    return work


def preview_undo(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """What undoing an activity would do. Changes nothing, takes no body."""
    call.query.offers()

    def look(tx: Tx) -> Answer:
        activity = _named(tx, call)
        apples.check_permission(call, activity.type)
        found = previews.undoing(
            tx, activity, now=call.now, days=call.runtime.settings.undo_days, failing=NAMED
        )
        named = activity_documents.names(tx, call.organization_id)
        return single(call, activity_documents.preview(found, "UNDO_ACTIVITY", named, activity.uuid))

    return look


def stop(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Stops what has not been done yet; one that has ended stays as it is. Takes no body."""
    call.query.offers()

    def work(tx: Tx) -> Answer:
        activity = _named(tx, call)
        apples.check_permission(call, activity.type)
        activities.stop(tx, activity, actor=call.actor, now=call.now)
        return single(call, activity_documents.whole(tx, call, _named(tx, call)))

    return work


def _made(tx: Tx, call: Call, activity: Activity) -> Answer:
    return created(
        call, activity_documents.whole(tx, call, activity), call.extension_url(f"activities/{activity.uuid}")
    )


def _named(tx: Tx, call: Call) -> Activity:
    try:
        return activities.get(tx, call.organization_id, activity_bodies.checked_id(call.id, "activities"))
    except NotFound:
        raise no_resource("activities", call.id) from None


def _filter(tx: Tx, call: Call) -> ActivityFilter:
    query = call.query
    for name in ("actor", "service"):
        if "\0" in (query.first(f"filter[{name}]") or ""):
            raise bad_parameter(f"filter[{name}]", "The value has characters that nothing here has.")
    types = tuple(query.filter("type") or ())
    if unknown := [type for type in types if type not in STEPS]:
        expected = ", ".join(STEPS)
        raise bad_parameter(
            "filter[type]", f"'{unknown[0][:60]}' is no activity; expected some of {expected}."
        )
    try:
        states = tuple(activity_search.state(word) for word in query.filter("status") or ())
    except Invalid as problem:
        raise bad_parameter("filter[status]", str(problem)) from None
    serial = query.first("filter[device]") or ""
    try:
        serial = canonical(serial) if serial else ""
    except InvalidSerial as problem:
        raise bad_parameter("filter[device]", f"{problem}.") from None
    since, until = _time(call, "since"), _time(call, "until")
    return ActivityFilter(
        types, states, since, until, query.first("filter[actor]") or "", _service(tx, call), serial
    )


def _time(call: Call, name: str) -> int | None:
    text = call.query.first(f"filter[{name}]")
    try:
        return None if text is None else parse_iso(text)
    except ValueError as problem:
        raise bad_parameter(f"filter[{name}]", f"{problem}.") from None


def _service(tx: Tx, call: Call) -> int | None:
    text = call.query.first("filter[service]")
    if text is None:
        return None
    try:
        return services.find(tx, call.organization_id, text).id
    except NotFound as problem:
        raise bad_parameter("filter[service]", str(problem)) from None


ACTIVITIES: dict[str, Endpoint] = {
    "activities": Endpoint(
        "collection",
        "activities",
        {"GET": Read(listing), "POST": Write(create, None, school=True, large=True)},
    ),
    "activities:preview": Endpoint(
        "collection",
        "activities:preview",
        {"POST": Write(preview, None, school=True, large=True, changes=False)},
    ),
    "activities/*": Endpoint("instance", "activities", {"GET": Read(one)}),
    "activities/*/results": Endpoint("related", "results", {"GET": Read(outcomes)}),
    "activities/*/undo": Endpoint("related", "undo", {"POST": Write(undo, None, school=True)}),
    "activities/*/undo/preview": Endpoint(
        "related", "undo/preview", {"POST": Write(preview_undo, None, school=True, changes=False)}
    ),
    "activities/*/stop": Endpoint("related", "stop", {"POST": Write(stop, None, school=True)}),
}
"""Paths below `/pomona/v1/`."""
