"""What clients send about `blueprints` and their relationships."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from pomona.business_api.bodies import decoded
from pomona.business_api.errors import ApiError, Problem
from pomona.registry import blueprints
from pomona.registry.blueprint_links import Relation
from pomona.registry.errors import Invalid
from pomona.registry.naming import checked_name, checked_text

T = TypeVar("T")

MOST = 100_000
"""Ids that a request may name in one relationship: it is done in one transaction."""

_AT = "/data/attributes"


class _Linkage(msgspec.Struct, gc=False):
    type: str
    id: str


class _Linkages(msgspec.Struct):
    data: list[_Linkage]


class _Relationships(msgspec.Struct, forbid_unknown_fields=True):
    apps: _Linkages | None = None
    configurations: _Linkages | None = None
    packages: _Linkages | None = None
    orgDevices: _Linkages | None = None
    users: _Linkages | None = None
    userGroups: _Linkages | None = None


class _Created(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    description: str | None = None


class _New(msgspec.Struct):
    type: Literal["blueprints"]
    attributes: _Created
    relationships: _Relationships | None = None


class _CreateBody(msgspec.Struct):
    data: _New


class _ChangedAttributes(msgspec.Struct, forbid_unknown_fields=True):
    name: str | None = None
    description: str | None = None


class _Changed(msgspec.Struct):
    type: Literal["blueprints"]
    id: str
    attributes: _ChangedAttributes | None = None
    relationships: _Relationships | None = None


class _UpdateBody(msgspec.Struct):
    data: _Changed


_create = msgspec.json.Decoder(_CreateBody)
_update = msgspec.json.Decoder(_UpdateBody)
_linkages = msgspec.json.Decoder(_Linkages)

NAMES = {
    Relation.APPS: "apps",
    Relation.CONFIGURATIONS: "configurations",
    Relation.PACKAGES: "packages",
    Relation.ORG_DEVICES: "orgDevices",
    Relation.USERS: "users",
    Relation.USER_GROUPS: "userGroups",
}
"""What the API calls each relationship; its resources are of the type of the same name."""


@dataclass(frozen=True, slots=True)
class Creation:
    """A blueprint to make, with public ids by relationship."""

    name: str
    description: str
    links: dict[Relation, list[str]]


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change; None and relationships that are not there stay as they are."""

    name: str | None
    description: str | None
    links: dict[Relation, list[str]]


def creation(body: bytes) -> Creation:
    """The body of a POST. Raises `ApiError`: 409 for a name that cannot be, and without any resource or any member."""
    sent = decoded(_create, body).data
    name, description = _attributes(sent.attributes.name, sent.attributes.description)
    links = _links(sent.relationships)
    lacks = blueprints.lacking(links)
    if lacks:
        kinds = {"RESOURCES": "apps, configurations, packages", "MEMBERS": "orgDevices, users, userGroups"}
        raise ApiError(409, *(
            Problem(
                f"ENTITY_ERROR.RELATIONSHIP.MISSING_{word}",
                f"A blueprint needs something in one of: {kinds[word]}.",
                "/data/relationships",
            )
            for word in lacks
        ))  # fmt: skip
    assert name is not None
    return Creation(name, description or "", links)


def changes(body: bytes, id: str) -> Changes:
    """The body of a PATCH of the blueprint `id`. Raises `ApiError`."""
    sent = decoded(_update, body).data
    if sent.id.lower() != id.lower():
        detail = "The id in the body is not the one in the path."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, "/data/id"))
    attributes = sent.attributes or _ChangedAttributes()
    return Changes(*_attributes(attributes.name, attributes.description), _links(sent.relationships))


def linkages(body: bytes, relation: Relation) -> list[str]:
    """The ids in the body of a POST or DELETE of a relationship. Raises `ApiError`."""
    return _ids(decoded(_linkages, body).data, NAMES[relation], "/data")


def _attributes(name: str | None, description: str | None) -> tuple[str | None, str | None]:
    return (
        _checked(checked_name, name, f"{_AT}/name"),
        _checked(lambda text: checked_text(text, "description"), description, f"{_AT}/description"),
    )


def _checked(check: Callable[[T], T], value: T | None, pointer: str) -> T | None:
    try:
        return None if value is None else check(value)
    except Invalid as problem:
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", str(problem), pointer)) from None


def _links(sent: _Relationships | None) -> dict[Relation, list[str]]:
    """Those that were sent."""
    found = {}
    for relation, name in NAMES.items():
        listed = None if sent is None else getattr(sent, name)
        if listed is not None:
            found[relation] = _ids(listed.data, name, f"/data/relationships/{name}/data")
    return found


def _ids(listed: Sequence[_Linkage], type: str, pointer: str) -> list[str]:
    if len(listed) > MOST:
        detail = f"{len(listed)} ids are too many for one request; send at most {MOST:,} at a time."
        raise ApiError(413, Problem("ENTITY_ERROR.TOO_LARGE", detail, pointer))
    for n, each in enumerate(listed):
        if each.type != type:
            detail = f"'{each.type[:60]}' cannot be in this relationship; expected '{type}'."
            raise ApiError(409, Problem("ENTITY_ERROR.RELATIONSHIP.INVALID", detail, f"{pointer}/{n}/type"))
    return [each.id for each in listed]
