"""Bodies about webhooks, and where in them a refusal of the registry belongs."""

from typing import Literal

import msgspec

from pomona.business_api.bodies import decoded
from pomona.business_api.errors import REGISTRY, ApiError, Problem
from pomona.formats.times import parse_iso
from pomona.registry.errors import RegistryError
from pomona.registry.webhooks import ROTATION_HOURS, Wanted

_POINTERS = {"hours": "overlapHours", "since": "sinceDateTime"}
"""Attributes whose names are not the registry's."""


class _Sent(msgspec.Struct, forbid_unknown_fields=True):
    name: str | None = None
    url: str | None = None
    events: list[str] | None = None
    status: Literal["ENABLED", "DISABLED"] | None = None
    skipMissed: bool = False
    secret: str | None = None


class _Creation(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    url: str
    events: list[str] = []
    secret: str | None = None


class _Rotation(msgspec.Struct, forbid_unknown_fields=True):
    secret: str | None = None
    overlapHours: int = ROTATION_HOURS


class _Replay(msgspec.Struct, forbid_unknown_fields=True):
    messageId: str | None = None
    sinceDateTime: str | None = None
    onlyFailed: bool = False


class _CreationData(msgspec.Struct):
    attributes: _Creation


class _ChangeData(msgspec.Struct):
    attributes: _Sent


class _RotationData(msgspec.Struct):
    attributes: _Rotation = msgspec.field(default_factory=_Rotation)


class _ReplayData(msgspec.Struct):
    attributes: _Replay


class _CreationBody(msgspec.Struct):
    data: _CreationData


class _ChangeBody(msgspec.Struct):
    data: _ChangeData


class _RotationBody(msgspec.Struct):
    data: _RotationData = msgspec.field(default_factory=_RotationData)


class _ReplayBody(msgspec.Struct):
    data: _ReplayData


_creation = msgspec.json.Decoder(_CreationBody)
_change = msgspec.json.Decoder(_ChangeBody)
_rotation = msgspec.json.Decoder(_RotationBody)
_replay = msgspec.json.Decoder(_ReplayBody)


def creation(body: bytes) -> Wanted:
    """The body of a POST. Raises `ApiError`."""
    sent = decoded(_creation, body).data.attributes
    return Wanted(name=sent.name, url=sent.url, events=sent.events, secret=sent.secret)


def changes(body: bytes) -> Wanted:
    """The body of a PATCH. Raises `ApiError`, also for a secret: a new one has a path of its own."""
    sent = decoded(_change, body).data.attributes
    if sent.secret is not None:
        detail = "A secret is changed by a POST to the webhook's /secret, which gives the new one."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.UNKNOWN", detail, "/data/attributes/secret"))
    enabled = None if sent.status is None else sent.status == "ENABLED"
    return Wanted(
        name=sent.name, url=sent.url, events=sent.events, enabled=enabled, skip_missed=sent.skipMissed
    )


def rotation(body: bytes) -> tuple[str | None, int]:
    """The new secret, if one was sent, and for how many hours the old one goes on. Raises `ApiError`."""
    sent = decoded(_rotation, body or b"{}").data.attributes
    return sent.secret, sent.overlapHours


def replay(body: bytes) -> tuple[str | None, int, bool]:
    """The message to send again, or None and since when (ms), and whether only what was given up. Raises `ApiError`."""
    sent = decoded(_replay, body).data.attributes
    if (sent.messageId is None) == (sent.sinceDateTime is None):
        detail = "Say what to send again: either 'messageId' or 'sinceDateTime'."
        raise ApiError(422, Problem("ENTITY_ERROR.ATTRIBUTE.REQUIRED", detail, "/data/attributes"))
    if sent.sinceDateTime is None:
        return sent.messageId, 0, False
    try:
        return None, parse_iso(sent.sinceDateTime), sent.onlyFailed
    except ValueError as problem:
        pointer = "/data/attributes/sinceDateTime"
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", f"{problem}.", pointer)) from None


def refusal(problem: RegistryError) -> ApiError:
    """The answer to what the registry says of a webhook."""
    status, code = REGISTRY[type(problem)]
    field = problem.field
    pointer = None if field is None else f"/data/attributes/{_POINTERS.get(field, field)}"
    return ApiError(status, Problem(code, str(problem), pointer))
