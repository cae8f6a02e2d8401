"""`appleCareCoverage`: what covers a device, by itself, or beside many devices with `include`, which Apple's API lacks."""

from typing import Any

import msgspec

from pomona.business_api import cursors
from pomona.business_api.call import Answer, Call, Listed, encode, listed
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import bad_parameter, no_resource
from pomona.business_api.fieldsets import Fieldset, ResourceType, filtered
from pomona.business_api.query import Query
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.formats.times import iso_millis
from pomona.registry import apple_care, devices
from pomona.registry.apple_care import Coverage
from pomona.store import Tx

APPLE_CARE = ResourceType(
    "appleCareCoverage",
    (
        "status", "paymentType", "description", "startDateTime", "endDateTime", "isRenewable", "isCanceled",
        "contractCancelDateTime", "agreementNumber",
    ),
)  # fmt: skip

INCLUDE = "include"


def listing(tx: Tx, call: Call) -> Answer:
    """What is on record of a device, nothing for most; 404 for a device that is not here."""
    query = call.query
    query.offers(APPLE_CARE.parameter)
    limit, fieldset = query.limit(), APPLE_CARE.selected(query)
    device_id = _device_id(tx, call)
    after = cursors.key_of(call.runtime, query.first("cursor"), Listing.APPLE_CARE, device_id, call.now)
    found = apple_care.of_device(tx, device_id, after=after or 0, limit=limit + 1)
    cursor = None
    if len(found) > limit:
        cursor = cursors.make(call.runtime, Listing.APPLE_CARE, device_id, found[limit - 1].id, call.now)
    resources = b",".join([_resource(each, call.now) for each in found[:limit]])
    return listed(call, Listed(resources, limit, cursor, fieldset))


def wanted(query: Query) -> bool:
    """Whether a request for devices includes their coverage. Raises `ApiError` 400 for any other inclusion."""
    if query.empty:
        return False
    text = query.first(INCLUDE)
    if text is None:
        if query.fields(APPLE_CARE.name) is not None:
            raise bad_parameter(APPLE_CARE.parameter, f"It goes with '{INCLUDE}={APPLE_CARE.name}' alone.")
        return False
    if text != APPLE_CARE.name:
        raise bad_parameter(INCLUDE, f"'{text[:100]}' cannot be included; expected '{APPLE_CARE.name}'.")
    APPLE_CARE.selected(query)
    return True


def joined(tx: Tx, call: Call, resources: bytes) -> tuple[bytes, bytes]:
    """Devices (JSON, joined by commas) that name their coverage, and that coverage, likewise."""
    found: list[dict[str, Any]] = msgspec.json.decode(b"[" + resources + b"]")
    serials = [device["id"] for device in found]
    numbers = {id: serial for serial, id in apple_care.owned(tx, call.organization_id, serials).items()}
    if not numbers and len(serials) == 1:
        # It was released: by itself it still answers.
        numbers = {devices.latest_id(tx, call.organization_id, serials[0]) or 0: serials[0]}
    by_serial: dict[str, list[Coverage]] = {serial: [] for serial in numbers.values()}
    for each in apple_care.of_devices(tx, numbers):
        by_serial[numbers[each.device_id]].append(each)
    for device in found:
        device["relationships"][APPLE_CARE.name]["data"] = [
            {"type": APPLE_CARE.name, "id": each.name} for each in by_serial.get(device["id"], ())
        ]
    fieldset: Fieldset | None = APPLE_CARE.selected(call.query)
    included = b",".join([_resource(each, call.now) for of_one in by_serial.values() for each in of_one])
    return encode(found)[1:-1], filtered(fieldset, included)


def _device_id(tx: Tx, call: Call) -> int:
    try:
        id = devices.latest_id(tx, call.organization_id, canonical(call.id))
    except InvalidSerial:
        id = None
    if id is None:
        raise no_resource("orgDevices", call.id)
    return id


def _resource(coverage: Coverage, now: int) -> bytes:
    def time(at: int | None) -> str | None:
        return None if at is None else iso_millis(at)

    return encode({
        "type": APPLE_CARE.name,
        "id": coverage.name,
        "attributes": {
            "status": "ACTIVE" if coverage.active(now) else "INACTIVE",
            "paymentType": coverage.payment_type,
            "description": coverage.description,
            "startDateTime": iso_millis(coverage.start_at),
            "endDateTime": time(coverage.end_at),
            "isRenewable": coverage.renewable,
            "isCanceled": coverage.canceled_at is not None,
            "contractCancelDateTime": time(coverage.canceled_at),
            "agreementNumber": coverage.agreement_number,
        },
    })  # fmt: skip
