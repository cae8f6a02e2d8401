"""`orgDeviceActivities`: bulk changes of devices, asked for here and done by the activity worker."""

from collections.abc import Callable

from pomona.business_api import activity_bodies, activity_logs, cursors
from pomona.business_api.activity_bodies import Wanted
from pomona.business_api.call import Answer, Call, Listed, created, encode, listed, single
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import ApiError, Problem, no_resource
from pomona.business_api.fieldsets import ResourceType, filtered
from pomona.formats.times import iso_millis
from pomona.registry import activities, services
from pomona.registry.activities import Activity
from pomona.registry.errors import NotFound
from pomona.store import Tx

ACTIVITIES = ResourceType(
    "orgDeviceActivities",
    ("status", "subStatus", "createdDateTime", "completedDateTime", "downloadUrl", "activityType",
     "activityTypeMetadata"),
)  # fmt: skip
KEPT = 30 * 86_400_000
"""Milliseconds for which an activity is shown here after its end; the registry and the portal keep it longer."""


def create(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Keeps an activity to be done within a second or two; unknown serials become failed rows of its log."""
    asked = wanted(call, body, activity_bodies.APPLES)

    def work(tx: Tx) -> Answer:
        activity = kept(tx, call, asked)
        return created(call, _resource(call, activity), call.url(f"orgDeviceActivities/{activity.uuid}"))

    return work


def one(tx: Tx, call: Call) -> Answer:
    """An activity; with a URL for its log, made anew each time, once it is completed."""
    call.query.offers(ACTIVITIES.parameter)
    fieldset = ACTIVITIES.selected(call.query)
    try:
        activity = activities.get(tx, call.organization_id, activity_bodies.checked_id(call.id))
    except NotFound:
        raise no_resource("orgDeviceActivities", call.id) from None
    if _forgotten(activity, call.now):
        raise no_resource("orgDeviceActivities", call.id)
    return single(call, filtered(fieldset, _resource(call, activity)))


def listing(tx: Tx, call: Call) -> Answer:
    """The activities of the last 30 days, newest first. Not among Apple's operations: asbmutil asks for it."""
    query = call.query
    query.offers(ACTIVITIES.parameter)
    limit, fieldset = query.limit(), ACTIVITIES.selected(query)
    owner = call.organization_id
    before = cursors.key_of(
        call.runtime, query.first("cursor"), Listing.ORG_DEVICE_ACTIVITIES, owner, call.now
    )
    found = activities.newest(tx, owner, before=before, limit=limit + 1)
    shown = [activity for activity in found[:limit] if not _forgotten(activity, call.now)]
    body = b",".join([_resource(call, activity) for activity in shown])
    cursor = None
    if len(found) > limit and len(shown) == limit:
        cursor = cursors.make(call.runtime, Listing.ORG_DEVICE_ACTIVITIES, owner, shown[-1].id, call.now)
    return listed(call, Listed(body, limit, cursor, fieldset))


def wanted(call: Call, body: bytes, types: tuple[str, ...]) -> Wanted:
    """The activity of a body that the account may ask for. Raises `ApiError`."""
    call.query.offers()
    asked = activity_bodies.wanted(body, call.account.kind, call.runtime.settings.activity_limit, types)
    check_permission(call, asked.type)
    return asked


def check_permission(call: Call, type: str) -> None:
    """Raises `ApiError` 403 unless the account may have activities of a type."""
    permission = "release" if type in ("RELEASE_DEVICES", "KEEP_DEVICES") else "assign"
    if permission not in call.account.permissions:
        detail = f"'{type}' needs the permission '{permission}', which the API account does not have."
        raise ApiError(403, Problem("FORBIDDEN_ERROR", detail))


def kept(tx: Tx, call: Call, asked: Wanted) -> Activity:
    """Keeps an activity that was asked for. Raises `ApiError` 409 for a service or a deadline that cannot be."""
    tx.lock(call.organization_id)
    return activities.create(
        tx,
        call.organization_id,
        asked.type,
        asked.serials,
        service_id=service_id(tx, call, asked),
        deadline=asked.deadline,
        actor=call.actor,
        now=call.now,
        rng=call.runtime.rng,
        limit=call.runtime.settings.activity_limit,
    )


def _forgotten(activity: Activity, now: int) -> bool:
    return activity.completed_at is not None and now - activity.completed_at > KEPT


def service_id(tx: Tx, call: Call, asked: Wanted) -> int | None:
    """The internal id of the service that a body names. Raises `ApiError` 409."""
    if asked.service is None:
        return None
    try:
        return services.by_uuid(tx, call.organization_id, asked.service).id
    except NotFound:
        raise activity_bodies.unknown_service(asked.service) from None


def _resource(call: Call, activity: Activity) -> bytes:
    attributes: dict[str, object] = {
        "status": activity.status,
        "subStatus": activity.sub_status,
        "createdDateTime": iso_millis(activity.created_at),
    }
    if activity.status == "COMPLETED" and activity.completed_at is not None:
        attributes["completedDateTime"] = iso_millis(activity.completed_at)
        attributes["downloadUrl"] = activity_logs.url(call, activity.uuid, activity.completed_at)
    if activity.type in activity_bodies.APPLES:
        # Strict clients know no other types; what an activity was asked to do is an extra that Apple does not tell at all.
        attributes["activityType"] = activity.type
        if activity.deadline is not None:
            attributes["activityTypeMetadata"] = {
                "mdmMigrationDeadlineDateTime": iso_millis(activity.deadline)
            }
    return encode({
        "type": "orgDeviceActivities",
        "id": activity.uuid,
        "attributes": attributes,
        "links": {"self": call.url(f"orgDeviceActivities/{activity.uuid}")},
    })  # fmt: skip
