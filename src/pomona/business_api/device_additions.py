"""`/pomona/v1/devices`: adding devices by hand, as Apple Configurator does, one, many, or a CSV file of them.

Not among Apple's operations: there, Configurator is the only way in beside a supplier's order.
"""

from collections.abc import Callable, Sequence

import msgspec

from pomona.business_api.bodies import decoded
from pomona.business_api.call import Answer, Call, encode
from pomona.business_api.errors import ApiError, Problem, bad_parameter
from pomona.business_api.operations import Endpoint, Write
from pomona.registry import by_hand, device_lists
from pomona.registry.by_hand import Asked, Where
from pomona.registry.device_lists import DeviceList, Entry, Outcome
from pomona.registry.errors import Invalid, NotFound
from pomona.store import Tx

_DEVICES = "/data/attributes/devices"
_EXPECTED = "expected placeholder, default, none or the id of a device management service"
_YES_OR_NO = {None: False, "false": False, "0": False, "": True, "true": True, "1": True}


class _Device(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    serialNumber: str = ""
    imei: str = ""
    meid: str = ""
    productType: str = ""
    assetTag: str = ""


class _Attributes(msgspec.Struct, forbid_unknown_fields=True):
    devices: list[_Device]
    target: str = "placeholder"
    dryRun: bool = False


class _Addition(msgspec.Struct):
    attributes: _Attributes


class _Body(msgspec.Struct):
    data: _Addition


_decoder = msgspec.json.Decoder(_Body)


def create(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Adds the devices of a JSON document; answers what became of each, in their order."""
    call.query.offers()
    wanted = decoded(_decoder, body).data.attributes
    entries = [
        Entry(n, Asked(each.serialNumber or each.imei or each.meid, each.productType, each.assetTag))
        for n, each in enumerate(wanted.devices, 1)
    ]
    _check_size(len(entries))
    return _adding(call, DeviceList(entries, []), wanted.target, dry_run=wanted.dryRun)


def upload(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Adds the devices of a CSV file. `target` and `dryRun` are parameters; with `format=csv` the report is a file too."""
    call.query.offers()
    target = call.query.first("target") or "placeholder"
    dry_run = _YES_OR_NO.get(call.query.first("dryRun"))
    if dry_run is None:
        raise bad_parameter("dryRun", "Expected true or false.")
    if call.query.first("format") not in (None, "json", "csv"):
        raise bad_parameter("format", "Expected json or csv.")
    try:
        named = device_lists.read(body)
    except Invalid as problem:
        raise ApiError(422, Problem("ENTITY_ERROR", str(problem))) from None
    _check_size(len(named.entries) + len(named.problems))
    return _adding(call, named, target, dry_run=dry_run)


ADDITIONS = {
    "devices": Endpoint(
        "collection", "devices", {"POST": Write(create, "devices", large=True)}, school=False
    ),
    "devices:import": Endpoint(
        "collection", "devices:import", {"POST": Write(upload, "devices", large=True)}, school=False
    ),
}
"""Paths below `/pomona/v1/`."""


def _adding(call: Call, named: DeviceList, target: str, *, dry_run: bool) -> Callable[[Tx], Answer]:
    def work(tx: Tx) -> Answer:
        where = _where(tx, call, target)
        report = device_lists.add(
            tx,
            call.organization_id,
            named,
            where=where,
            strict=call.runtime.settings.catalogue == "strict",
            dry_run=dry_run,
            actor=call.actor,
            now=call.now,
            rng=call.runtime.rng,
        )
        if call.query.first("format") == "csv":
            return Answer(200, (device_lists.csv_report(report),), media_type=b"text/csv; charset=utf-8")
        return _document(call, report, dry_run)

    return work


def _where(tx: Tx, call: Call, target: str) -> Where:
    try:
        return by_hand.place(tx, call.organization_id, target)
    except NotFound:
        detail = f"'{target[:60]}' is no place to put devices; {_EXPECTED}."
        raise ApiError(
            409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, "/data/attributes/target")
        ) from None


def _check_size(count: int) -> None:
    if not count:
        raise ApiError(422, Problem("ENTITY_ERROR.ATTRIBUTE.REQUIRED", "Name at least one device.", _DEVICES))
    if count > by_hand.MOST:
        detail = f"{count} devices are too many at a time; at most {by_hand.MOST} are taken."
        raise ApiError(413, Problem("ENTITY_ERROR.TOO_LARGE", detail, _DEVICES))


def _document(call: Call, report: Sequence[Outcome], dry_run: bool) -> Answer:
    data = [
        {
            "type": "addedDevices",
            "id": str(each.line),
            "attributes": {
                "device": each.device,
                "serialNumber": each.serial,
                "result": each.result,
                "reason": each.reason,
                "deviceModel": each.model,
            },
        }
        for each in report
    ]
    added = sum(each.added for each in report)
    meta = {"total": len(report), "added": added, "refused": len(report) - added, "dryRun": dry_run}
    return Answer(200, (encode({"data": data, "links": {"self": call.own_url}, "meta": meta}),))
