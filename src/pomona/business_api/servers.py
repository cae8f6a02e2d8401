"""`mdmServers`: the device management services."""

from collections.abc import Callable

from pomona.business_api import cursors, device_pages, server_bodies
from pomona.business_api.call import Answer, Call, Listed, created, encode, listed, single
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import ApiError, Problem, no_resource
from pomona.business_api.fieldsets import ResourceType, filtered
from pomona.business_api.server_bodies import Changes
from pomona.formats.times import iso_millis
from pomona.registry import services
from pomona.registry.errors import NotFound
from pomona.registry.services import Service
from pomona.store import Tx

MDM_SERVERS = ResourceType(
    "mdmServers",
    (
        "serverName", "serverType", "status", "deviceCount", "enableMdmDisownFlag", "defaultProductFamilies",
        "lastConnectedDateTime", "lastConnectedIp", "createdDateTime", "updatedDateTime",
    ),
    ("devices",),
)  # fmt: skip


def listing(tx: Tx, call: Call) -> Answer:
    """The organisation's services in the order they were linked."""
    query = call.query
    query.offers(MDM_SERVERS.parameter)
    limit, fieldset = query.limit(), MDM_SERVERS.selected(query)
    owner = call.organization_id
    after = cursors.key_of(call.runtime, query.first("cursor"), Listing.MDM_SERVERS, owner, call.now)
    found = services.of_organization(tx, owner, after=after or 0, limit=limit + 1)
    families = _families(tx, owner)
    body = b",".join([_resource(call, service, families.get(service.id, [])) for service in found[:limit]])
    cursor = None
    if len(found) > limit:
        cursor = cursors.make(call.runtime, Listing.MDM_SERVERS, owner, found[limit - 1].id, call.now)
    return listed(call, Listed(body, limit, cursor, fieldset))


def one(tx: Tx, call: Call) -> Answer:
    """One service."""
    call.query.offers(MDM_SERVERS.parameter)
    fieldset = MDM_SERVERS.selected(call.query)
    return single(call, filtered(fieldset, resource(tx, call, named(tx, call))))


def devices_linkage(tx: Tx, call: Call) -> Answer:
    """The ids of a service's devices."""
    query = call.query
    query.offers()
    limit, service = query.limit(), named(tx, call)
    after = cursors.key_of(
        call.runtime, query.first("cursor"), Listing.DEVICES_OF_SERVER, service.id, call.now
    )
    page = device_pages.linked(tx, service.id, after, limit)
    cursor = None
    if page.more is not None:
        cursor = cursors.make(call.runtime, Listing.DEVICES_OF_SERVER, service.id, page.more, call.now)
    return listed(
        call, Listed(page.body, limit, cursor), related=call.url(f"mdmServers/{service.uuid}/devices")
    )


def create(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Links a service by the certificate that holds its public key."""
    call.query.offers()
    wanted = server_bodies.creation(body)

    def work(tx: Tx) -> Answer:
        service = services.create(
            tx,
            call.organization_id,
            wanted.name,
            wanted.certificate[0],
            certificate_name=wanted.certificate[1],
            may_release=wanted.may_release,
            actor=call.actor,
            now=call.now,
            rng=call.runtime.rng,
        )
        return created(call, resource(tx, call, service), call.url(f"mdmServers/{service.uuid}"))

    return work


def update(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Changes what is sent and leaves the rest."""
    call.query.offers()
    changes = server_bodies.changes(body, call.id)

    def work(tx: Tx) -> Answer:
        tx.lock(call.organization_id)
        service = named(tx, call)
        if changes.families is not None:
            _set_families(tx, call, service, changes.families)
        if changes.of_the_service:
            service = _change(tx, call, service, changes)
        return single(call, resource(tx, call, service))

    return work


def delete(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Unlinks a service that has no devices."""
    call.query.offers()

    def work(tx: Tx) -> Answer:
        tx.lock(call.organization_id)
        services.delete(tx, named(tx, call), actor=call.actor, now=call.now)
        return Answer(204)

    return work


def resource(tx: Tx, call: Call, service: Service) -> bytes:
    """A service as the API shows it."""
    return _resource(call, service, _families(tx, service.organization_id).get(service.id, []))


def _resource(call: Call, service: Service, families: list[str]) -> bytes:
    url = call.url(f"mdmServers/{service.uuid}")
    connected = None if service.connected_at is None else iso_millis(service.connected_at)
    return encode({
        "type": "mdmServers",
        "id": service.uuid,
        "attributes": {
            "serverName": service.name,
            "serverType": service.kind,
            "status": "ACTIVE",
            "deviceCount": service.device_count,
            "enableMdmDisownFlag": service.may_release,
            "defaultProductFamilies": families,
            "lastConnectedDateTime": connected,
            "lastConnectedIp": service.connected_from,
            "createdDateTime": iso_millis(service.created_at),
            "updatedDateTime": iso_millis(service.updated_at),
        },
        "relationships": {"devices": {"links": {"self": f"{url}/relationships/devices"}}},
        "links": {"self": url},
    })  # fmt: skip


def _families(tx: Tx, organization_id: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for family, service_id in sorted(services.defaults(tx, organization_id).items()):
        found.setdefault(service_id, []).append(family)
    return found


def named(tx: Tx, call: Call) -> Service:
    """The service whose id is in the path. Raises `ApiError` 404."""
    try:
        return services.by_uuid(tx, call.organization_id, server_bodies.checked_id(call.id))
    except NotFound:
        raise no_resource("mdmServers", call.id) from None


def _change(tx: Tx, call: Call, service: Service, changes: Changes) -> Service:
    return services.update(
        tx,
        service,
        name=changes.name,
        may_release=changes.may_release,
        certificate=changes.certificate,
        actor=call.actor,
        now=call.now,
    )


def _set_families(tx: Tx, call: Call, service: Service, wanted: list[str]) -> None:
    """Replaces the families that go to a service by default; one that goes elsewhere has to be taken away there first."""
    held = services.defaults(tx, call.organization_id)
    before = {family for family, id in held.items() if id == service.id}
    pointer = "/data/attributes/defaultProductFamilies"
    if not wanted and not before:
        detail = "The service is no default of any product family, so there is none to take away."
        raise ApiError(400, Problem("PARAMETER_ERROR.INVALID", detail, pointer))
    for family in wanted:
        if held.get(family, service.id) != service.id:
            detail = f"{family} goes to another service by default; take it away there first."
            raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE", detail, pointer))
    for family in sorted(before.symmetric_difference(wanted)):
        target = service if family in wanted else None
        services.set_default(tx, call.organization_id, family, target, actor=call.actor, now=call.now)
