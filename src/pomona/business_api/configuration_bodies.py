"""What clients send about `configurations`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from pomona.business_api.bodies import decoded
from pomona.business_api.errors import ApiError, Problem
from pomona.registry import configuration_profiles, configurations
from pomona.registry.configuration_profiles import Profile
from pomona.registry.errors import Invalid
from pomona.registry.naming import checked_name

T = TypeVar("T")

BODY = 8_000_000
"""Bytes that a body may have: a profile of just under 1 MB takes up to six times that when each character is escaped."""

_AT = "/data/attributes"
_VALUES = f"{_AT}/customSettingsValues"
_PROFILE = f"{_VALUES}/configurationProfile"


class _Values(msgspec.Struct, forbid_unknown_fields=True):
    configurationProfile: str | None = None
    filename: str | None = None


class _Attributes(msgspec.Struct, forbid_unknown_fields=True):
    type: str | None = None
    name: str | None = None
    configuredForPlatforms: list[str] | None = None
    customSettingsValues: _Values | None = None


class _New(msgspec.Struct):
    type: Literal["configurations"]
    attributes: _Attributes


class _CreateBody(msgspec.Struct):
    data: _New


class _Changed(msgspec.Struct):
    type: Literal["configurations"]
    id: str
    attributes: _Attributes = msgspec.field(default_factory=_Attributes)


class _UpdateBody(msgspec.Struct):
    data: _Changed


_create = msgspec.json.Decoder(_CreateBody)
_update = msgspec.json.Decoder(_UpdateBody)


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change; None leaves it as it is."""

    name: str | None
    profile: Profile | None
    filename: str | None
    platforms: list[str] | None


@dataclass(frozen=True, slots=True)
class Creation:
    """A configuration to make; what is None is found from the rest."""

    name: str
    profile: Profile
    filename: str | None
    platforms: list[str] | None


def creation(body: bytes) -> Creation:
    """The body of a POST. Raises `ApiError`: 422 for something missing, 400 for a profile that cannot be kept, 409 else."""
    sent = decoded(_create, body).data.attributes
    if sent.type is None:
        raise _missing("type")
    _check_type(sent.type)
    if sent.name is None:
        raise _missing("name")
    values = sent.customSettingsValues or _Values()
    if values.configurationProfile is None:
        raise _missing("configurationProfile", _PROFILE)
    changes = _changes(sent)
    assert changes.name is not None
    assert changes.profile is not None
    return Creation(changes.name, changes.profile, changes.filename, changes.platforms)


def changes(body: bytes, id: str) -> Changes:
    """The body of a PATCH of the configuration `id`. Raises `ApiError`, 422 when it changes nothing."""
    sent = decoded(_update, body).data
    if sent.id.lower() != id.lower():
        detail = "The id in the body is not the one in the path."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, "/data/id"))
    if sent.attributes.type is not None:
        _check_type(sent.attributes.type)
    found = _changes(sent.attributes)
    if (found.name, found.profile, found.filename, found.platforms) == (None, None, None, None):
        detail = (
            "Nothing is to be changed; expected at least one of name, configuredForPlatforms, configurationProfile"
            " and filename."
        )
        raise ApiError(422, Problem("ENTITY_ERROR.ATTRIBUTE.REQUIRED", detail, _AT))
    return found


def _changes(sent: _Attributes) -> Changes:
    values = sent.customSettingsValues or _Values()
    return Changes(
        _checked(checked_name, sent.name, f"{_AT}/name"),
        None if values.configurationProfile is None else _profile(values.configurationProfile),
        _checked(configurations.checked_filename, values.filename, f"{_VALUES}/filename"),
        _checked(
            configuration_profiles.checked_platforms,
            sent.configuredForPlatforms,
            f"{_AT}/configuredForPlatforms",
        ),
    )


def _checked(check: Callable[[T], T], value: T | None, pointer: str) -> T | None:
    try:
        return None if value is None else check(value)
    except Invalid as problem:
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", str(problem), pointer)) from None


def _profile(text: str) -> Profile:
    try:
        return configuration_profiles.read(text)
    except Invalid as problem:
        of_a_key = problem.code == configuration_profiles.BAD_VALUE
        code = "PARAMETER_ERROR.INVALID" if of_a_key else "ENTITY_ERROR.ATTRIBUTE.INVALID"
        raise ApiError(400, Problem(code, str(problem), _PROFILE)) from None


def _check_type(type: str) -> None:
    if type != configurations.TYPE:
        detail = f"Only configurations of the type {configurations.TYPE} can be made or changed by API."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, f"{_AT}/type"))


def _missing(name: str, pointer: str | None = None) -> ApiError:
    problem = Problem("ENTITY_ERROR.ATTRIBUTE.REQUIRED", f"'{name}' is missing.", pointer or f"{_AT}/{name}")
    return ApiError(422, problem)
