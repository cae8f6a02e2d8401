"""`/pomona/v1/devices/{serial}/timeline`: everything on record of a device, newest first. Not among Apple's operations."""

from typing import Any

from pomona.business_api import cursors
from pomona.business_api.call import Answer, Call, Listed, encode, listed
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import no_resource
from pomona.business_api.operations import Endpoint, Read
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.formats.times import iso_millis
from pomona.registry import device_history, devices
from pomona.registry.device_history import Moment
from pomona.store import Tx


def show(tx: Tx, call: Call) -> Answer:
    """All tenures of the serial in the organisation, also after its release; nobody else's."""
    call.query.offers()
    try:
        serial = canonical(call.id)
    except InvalidSerial:
        raise no_resource("devices", call.id) from None
    owner = call.organization_id
    number = devices.latest_id(tx, owner, serial)
    if number is None:
        raise no_resource("devices", call.id)
    limit = call.query.limit()
    # The number of its last tenure stands for the serial: a cursor of one device is none of another.
    before = cursors.key_of(
        call.runtime, call.query.first("cursor"), Listing.DEVICE_TIMELINE, number, call.now
    )
    found = device_history.timeline(tx, owner, serial, before=before, limit=limit)
    body = b",".join(_resource(serial, *each) for each in zip(found.moments, found.places, strict=True))
    cursor = None
    if found.more is not None:
        cursor = cursors.make(call.runtime, Listing.DEVICE_TIMELINE, number, found.more, call.now)
    return listed(call, Listed(body, limit, cursor))


def _resource(serial: str, moment: Moment, place: int) -> bytes:
    actor = moment.actor
    attributes: dict[str, Any] = {
        "eventDateTime": iso_millis(moment.at),
        "event": moment.what,
        "eventType": moment.type or None,
        "actor": None
        if actor is None
        else {"type": actor.kind, "id": actor.id, "name": actor.name, "address": actor.address},
        "serviceName": moment.service or None,
        "serviceNameBefore": moment.lost_by or None,
        "activityId": moment.activity or None,
        "activityType": moment.activity_type or None,
        "detail": moment.note or None,
        "before": moment.before,
        "after": moment.after,
    }
    return encode({"type": "deviceEvents", "id": f"{serial}-{moment.at}-{place}", "attributes": attributes})


TIMELINE: dict[str, Endpoint] = {
    "devices/*/timeline": Endpoint("related", "timeline", {"GET": Read(show)}),
}
"""Paths below `/pomona/v1/`."""
