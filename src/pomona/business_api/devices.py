"""`orgDevices`: list, one, its AppleCare coverage and the service it is assigned to."""

from pomona.business_api import cursors, device_filters, device_pages, servers
from pomona.business_api.call import Answer, Call, Listed, encode, listed, single
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
        "isMdmMigrationCapable", "mdmMigrationStatus", "mdmMigrationDeadlineDateTime", "releasedFromOrgDateTime",
        "releaserEntityType", "releaserId",
    ),
    ("assignedServer", "appleCareCoverage"),
)  # fmt: skip
APPLE_CARE = ResourceType(
    "appleCareCoverage",
    (
        "status", "paymentType", "description", "startDateTime", "endDateTime", "isRenewable", "isCanceled",
        "contractCancelDateTime", "agreementNumber",
    ),
)  # fmt: skip


def listing(tx: Tx, call: Call) -> Answer:
    """The organisation's devices; released ones are gone from it."""
    query = call.query
    query.offers(ORG_DEVICES.parameter, *device_filters.PARAMETERS)
    limit, fieldset = query.limit(), ORG_DEVICES.selected(query)
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
    return listed(call, Listed(page.body, limit, cursor, fieldset))


def one(tx: Tx, call: Call) -> Answer:
    """One device, also after its release."""
    call.query.offers(ORG_DEVICES.parameter)
    fieldset = ORG_DEVICES.selected(call.query)
    resource = device_pages.one(tx, call.organization_id, _serial(call), call.origin)
    if resource is None:
        raise no_resource("orgDevices", call.id)
    return single(call, filtered(fieldset, resource))


def apple_care(tx: Tx, call: Call) -> Answer:
    """What is known of a device's coverage: nothing, because only Apple knows; but not of a device that is not here."""
    call.query.offers(APPLE_CARE.parameter)
    APPLE_CARE.selected(call.query)
    limit = call.query.limit()
    if devices.latest_id(tx, call.organization_id, _serial(call)) is None:
        raise no_resource("orgDevices", call.id)
    return listed(call, Listed(b"", limit))


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
