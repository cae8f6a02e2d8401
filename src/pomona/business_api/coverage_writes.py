"""`/pomona/v1/appleCareCoverage` and `/pomona/v1/orgDevices/{serial}/appleCareCoverage`: recording what covers devices.

Not among Apple's operations: there, only Apple knows.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from pomona.business_api.bodies import decoded
from pomona.business_api.call import Answer, Call, encode
from pomona.business_api.errors import ApiError, Problem
from pomona.business_api.operations import Endpoint, Write
from pomona.registry import apple_care, coverage_lists, devices
from pomona.registry.apple_care import Told
from pomona.registry.errors import Invalid
from pomona.store import Tx

_COLUMNS = {
    "serialNumber": "serial",
    "plan": "plan",
    "startDateTime": "start",
    "endDateTime": "end",
    "agreementNumber": "agreement_number",
    "paymentType": "payment",
    "contractCancelDateTime": "canceled",
    "description": "description",
}
"""The attributes, and what a line of a list calls them."""

_ATTRIBUTES = {column: attribute for attribute, column in _COLUMNS.items()} | {"renewable": "isRenewable"}


class _Attributes(msgspec.Struct, forbid_unknown_fields=True):
    serialNumber: str
    plan: str
    startDateTime: str
    endDateTime: str | None = None
    agreementNumber: str | None = None
    paymentType: str | None = None
    contractCancelDateTime: str | None = None
    description: str | None = None
    isRenewable: bool = False


class _Coverage(msgspec.Struct):
    type: Literal["appleCareCoverage"]
    attributes: _Attributes


class _Body(msgspec.Struct):
    data: list[_Coverage]


class _Identifier(msgspec.Struct):
    type: Literal["appleCareCoverage"]
    id: str


class _Identifiers(msgspec.Struct):
    data: list[_Identifier]


_recording = msgspec.json.Decoder(_Body)
_removal = msgspec.json.Decoder(_Identifiers)


def record(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Keeps coverages, each in place of what was on record of the same; tells what became of each, in their order.

    A device that is not here is a result; anything else that cannot be refuses all of it.
    """
    call.query.offers()
    sent = decoded(_recording, body).data
    if not sent:
        raise ApiError(
            422, Problem("ENTITY_ERROR.ATTRIBUTE.REQUIRED", "Tell at least one coverage.", "/data")
        )
    if len(sent) > apple_care.MOST:
        detail = f"{len(sent)} coverages are too many at a time; at most {apple_care.MOST} are taken."
        raise ApiError(413, Problem("ENTITY_ERROR.TOO_LARGE", detail, "/data"))
    told = [_told(each.attributes, n) for n, each in enumerate(sent)]

    def work(tx: Tx) -> Answer:
        outcomes = apple_care.record(tx, call.organization_id, told, actor=call.actor, now=call.now)
        data = [
            {
                "type": "recordedCoverage",
                "id": str(n),
                "attributes": {"serialNumber": each.serial, "coverageId": each.name, "result": each.word},
            }
            for n, each in enumerate(outcomes, 1)
        ]
        return Answer(200, (encode({"data": data, "links": {"self": call.own_url}}),))

    return work


def remove(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Forgets coverages of a device by their ids; all of them or, if one is not there, none."""
    call.query.offers()
    ids = [each.id for each in decoded(_removal, body).data]

    def work(tx: Tx) -> Answer:
        device = devices.get(tx, call.organization_id, call.id)
        for id in dict.fromkeys(ids):
            apple_care.remove(tx, call.organization_id, device.serial, id, actor=call.actor, now=call.now)
        return Answer(204)

    return work


def _told(sent: _Attributes, n: int) -> Told:
    cells = {column: getattr(sent, attribute) or "" for attribute, column in _COLUMNS.items()}
    cells["renewable"] = "yes" if sent.isRenewable else "no"
    try:
        return apple_care.checked(coverage_lists.told(cells))
    except Invalid as problem:
        pointer = f"/data/{n}/attributes/{_ATTRIBUTES.get(problem.field or '', 'plan')}"
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", str(problem), pointer)) from None


COVERAGE = {
    "appleCareCoverage": Endpoint(
        "collection", "recordedCoverage", {"POST": Write(record, "devices", large=True)}, school=False
    ),
    "orgDevices/*/appleCareCoverage": Endpoint(
        "related", "recordedCoverage", {"DELETE": Write(remove, "devices")}, school=False
    ),
}
"""Paths below `/pomona/v1/`."""
