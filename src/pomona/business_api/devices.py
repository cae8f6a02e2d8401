"""`orgDevices`: list, one, its AppleCare coverage and the service it is assigned to."""

from pomona.business_api import apple_care, cursors, device_filters, device_pages, servers
from pomona.business_api.call import Answer, Call, Listed, encode, including, listed, single
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import ApiError, Problem, no_resource
from pomona.business_api.fieldsets import ResourceType, filtered
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.registry import devices, services
from pomona.registry.errors import NotFound
from pomona.registry.services import Service
from pomona.store import Tx

ORG_DEVICES = ResourceType(
    "orgDevices",
    (
        "serialNumber", "addedToOrgDateTime", "orderNumber", "orderDateTime", "imei", "meid", "eid", "purchaseSourceId",
        "purchaseSourceType", "wifiMacAddress", "bluetoothMacAddress", "ethernetMacAddress", "deviceModel",
        "productFamily", "productType", "deviceCapacity", "partNumber", "color", "updatedDateTime", "status",
        "isMdmMigrationCapable", "mdmMigrationStatus", "mdmMigrationDeadlineDateTime", "releaseDueDateTime", "releasedFromOrgDateTime",
        "releaserEntityType", "releaserId",
    ),
    ("assignedServer", "appleCareCoverage"),
)  # fmt: skip

_PARAMETERS = (ORG_DEVICES.parameter, apple_care.APPLE_CARE.parameter, apple_care.INCLUDE)


def listing(tx: Tx, call: Call) -> Answer:
    """The organisation's devices; released ones are gone from it."""
    query = call.query
    query.offers(*_PARAMETERS, *device_filters.PARAMETERS)
    limit, fieldset, covered = query.limit(), ORG_DEVICES.selected(query), apple_care.wanted(query)
    owner = call.organization_id
    after = cursors.key_of(call.runtime, query.first("cursor"), Listing.ORG_DEVICES, owner, call.now)
    parts = device_filters.parts(tx, owner, query)
    if parts is None:
        page = device_pages.owned(tx, owner, call.origin, after, limit)
    else:
        page = device_pages.filtered(tx, owner, call.origin, parts, after, limit)
    cursor = None
    if page.more is not None:
        cursor = cursors.make(call.runtime, Listing.ORG_DEVICES, owner, page.more, call.now)
    if not covered:
        return listed(call, Listed(page.body, limit, cursor, fieldset))
    resources, coverage = apple_care.joined(tx, call, page.body)
    return including(listed(call, Listed(resources, limit, cursor, fieldset)), coverage)


def one(tx: Tx, call: Call) -> Answer:
    """One device, also after its release."""
    call.query.offers(*_PARAMETERS)
    fieldset, covered = ORG_DEVICES.selected(call.query), apple_care.wanted(call.query)
    resource = device_pages.one(tx, call.organization_id, _serial(call), call.origin)
    if resource is None:
        raise no_resource("orgDevices", call.id)
    if not covered:
        return single(call, filtered(fieldset, resource))
    resource, coverage = apple_care.joined(tx, call, resource)
    return including(single(call, filtered(fieldset, resource)), coverage)


def assigned_server_linkage(tx: Tx, call: Call) -> Answer:
    """The id of the service that a device is assigned to."""
    call.query.offers()
    service = _assigned(tx, call)
    identifier = encode({"type": "mdmServers", "id": service.uuid})
    links = {"self": call.own_url, "related": call.url(f"orgDevices/{_serial(call)}/assignedServer")}
    return Answer(200, (b'{"data":', identifier, b',"links":', encode(links), b"}"))


def assigned_server(tx: Tx, call: Call) -> Answer:
    """The service that a device is assigned to."""
    call.query.offers(servers.MDM_SERVERS.parameter)
    fieldset = servers.MDM_SERVERS.selected(call.query)
    service = _assigned(tx, call)
    return single(call, filtered(fieldset, servers.resource(tx, call, service)))


def _assigned(tx: Tx, call: Call) -> Service:
    """Unassigned is answered 404, like unknown: both Python clients fail on `"data": null`."""
    try:
        device = devices.get(tx, call.organization_id, _serial(call))
    except NotFound:
        raise no_resource("orgDevices", call.id) from None
    if device.service_id is None:
        detail = f"The device '{call.id}' is not assigned to a device management service."
        raise ApiError(404, Problem("NOT_FOUND", detail))
    return services.get(tx, call.organization_id, device.service_id)


def _serial(call: Call) -> str:
    try:
        return canonical(call.id)
    except InvalidSerial:
        raise no_resource("orgDevices", call.id) from None
