"""What clients send to `orgDeviceActivities`."""

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from pomona.business_api.bodies import decoded
from pomona.business_api.errors import ApiError, Problem, no_resource
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.formats.times import parse_iso
from pomona.registry.activity_steps import NEED_DEADLINE, NEED_SERVICE
from pomona.registry.api_accounts import ApiKind

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SERVICE_ID = re.compile(r"[0-9A-F]{32}|[0-9A-F-]{36}", re.IGNORECASE)
_SERIALS = re.compile(r"(?:[A-Z0-9]{8,20}\n)*")
_TYPE = "/data/attributes/activityType"
_SERVICE = "/data/relationships/mdmServer"
_DEVICES = "/data/relationships/devices/data"
_DEADLINE = "mdmMigrationDeadlineDateTime"
_AT = f"/data/attributes/activityTypeMetadata/{_DEADLINE}"
_NAMED = 20

APPLES = (
    "ASSIGN_DEVICES", "UNASSIGN_DEVICES", "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE",
    "UPDATE_MDM_MIGRATION_DEADLINE", "CANCEL_MDM_MIGRATION", "RELEASE_DEVICES",
)  # fmt: skip
"""The types of activity that Apple has."""

OURS = (*APPLES, "KEEP_DEVICES")
"""Those that can be asked for at our own paths."""

TAKES_SERVICE = NEED_SERVICE | {"UNASSIGN_DEVICES"}
"""pyaxm sends a service with UNASSIGN_DEVICES; then only devices of that one are taken off it."""


class _Attributes(msgspec.Struct, forbid_unknown_fields=True):
    activityType: str
    activityTypeMetadata: dict[str, object] | None = None


class _Service(msgspec.Struct):
    type: Literal["mdmServers"]
    id: str


class _Device(msgspec.Struct, gc=False):
    type: Literal["orgDevices"]
    id: str


class _ToService(msgspec.Struct):
    data: _Service | None = None


class _ToDevices(msgspec.Struct):
    data: list[_Device]


class _Relationships(msgspec.Struct, forbid_unknown_fields=True):
    devices: _ToDevices
    mdmServer: _ToService | None = None


class _Activity(msgspec.Struct):
    type: Literal["orgDeviceActivities"]
    attributes: _Attributes
    relationships: _Relationships


class _Body(msgspec.Struct):
    data: _Activity


_decoder = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An activity to create; serials are canonical, `service` is an id that may be unknown, `deadline` in ms."""

    type: str
    serials: list[str]
    service: str | None
    deadline: int | None


def offered(kind: ApiKind, types: tuple[str, ...] = APPLES) -> list[str]:
    """The types of activity that an account of a kind may create: School has no release."""
    return [type for type in types if kind == "BUSINESS" or type not in ("RELEASE_DEVICES", "KEEP_DEVICES")]


def wanted(body: bytes, kind: ApiKind, limit: int, types: tuple[str, ...] = APPLES) -> Wanted:
    """The body of a POST. Raises `ApiError`: 409 for a type that is not offered, an impossible serial or service or a
    deadline that is none, 422 for something missing, 413 for more than `limit` devices."""
    sent = decoded(_decoder, body).data
    type = sent.attributes.activityType
    if type not in offered(kind, types):
        detail = f"'{type[:60]}' is not offered; expected one of {', '.join(offered(kind, types))}."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, _TYPE))
    deadline = _deadline(type, sent.attributes.activityTypeMetadata)
    to = sent.relationships.mdmServer
    service = None if to is None or to.data is None else to.data.id
    _check_service(type, service)
    ids = [device.id for device in sent.relationships.devices.data]
    if not ids:
        detail = "An activity needs at least one device."
        raise ApiError(422, Problem("ENTITY_ERROR.RELATIONSHIP.REQUIRED", detail, _DEVICES))
    if len(ids) > limit:
        detail = f"{len(ids)} devices are too many for one activity; the limit here is {limit}."
        raise ApiError(413, Problem("ENTITY_ERROR.TOO_LARGE", detail, _DEVICES))
    return Wanted(type, _canonical(ids), service, deadline)


def unknown_service(id: str) -> ApiError:
    """The service that an activity names is not there."""
    detail = f"There is no resource of type 'mdmServers' with id '{id[:100]}'"
    return ApiError(409, Problem("ENTITY_ERROR.RELATIONSHIP.INVALID", detail, _SERVICE))


def checked_id(id: str, type: str = "orgDeviceActivities") -> str:
    """The id of an activity as it stands in a path. Raises `ApiError` 404 for what can be none."""
    if not _UUID.fullmatch(id):
        raise no_resource(type, id)
    return id


def _check_service(type: str, service: str | None) -> None:
    if service is None:
        if type in NEED_SERVICE:
            detail = f"'{type}' needs the device management service to assign to."
            raise ApiError(422, Problem("ENTITY_ERROR.RELATIONSHIP.REQUIRED", detail, _SERVICE))
    elif type not in TAKES_SERVICE:
        detail = f"'{type}' is about no service; leave 'mdmServer' out."
        raise ApiError(409, Problem("ENTITY_ERROR.RELATIONSHIP.INVALID", detail, _SERVICE))
    elif not _SERVICE_ID.fullmatch(service):
        raise unknown_service(service)


def _deadline(type: str, metadata: dict[str, object] | None) -> int | None:
    """The deadline that was sent. One beside a type that has none is kept, as Apple's own example sends it."""
    text = (metadata or {}).get(_DEADLINE)
    if text is None and type in NEED_DEADLINE:
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.REQUIRED", f"'{type}' needs '{_DEADLINE}'.", _AT))
    try:
        return None if text is None else parse_iso(str(text))
    except ValueError as problem:
        if type not in NEED_DEADLINE:
            return None
        detail = f"The deadline {problem}." if isinstance(text, str) else "The deadline must be a timestamp."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, _AT)) from None


def _canonical(ids: list[str]) -> list[str]:
    """One look at all of them together is ten times quicker than one at each."""
    text = "\n".join(ids) + "\n"
    if text.count("\n") == len(ids) and _SERIALS.fullmatch(text):
        return ids
    serials, problems = [], []
    for n, id in enumerate(ids):
        try:
            serials.append(canonical(id))
        except InvalidSerial as problem:
            detail = f"{str(problem)[:1].upper()}{str(problem)[1:]}."
            problems.append(Problem("ENTITY_ERROR.RELATIONSHIP.INVALID", detail, f"{_DEVICES}/{n}/id"))
            if len(problems) == _NAMED:
                break
    if problems:
        raise ApiError(409, *problems)
    return serials
