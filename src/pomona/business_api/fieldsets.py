"""Sparse fieldsets: `fields[orgDevices]=serialNumber,status` leaves everything else out.

Resources are filtered as text: their members are found and copied, never understood.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from pomona.business_api.errors import bad_parameter
from pomona.business_api.query import Query

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource: its name and those of its attributes and relationships, in the order they are written."""

    name: str
    attributes: tuple[str, ...]
    relationships: tuple[str, ...] = ()

    @property
    def parameter(self) -> str:
        """The query parameter that selects among them."""
        return f"fields[{self.name}]"

    def selected(self, query: Query) -> "Fieldset | None":
        """What a request asks for; None when that is everything. Raises `ApiError` 400 for a name that is not there."""
        names = None if query.empty else query.fields(self.name)
        if names is None:
            return None
        known = (*self.attributes, *self.relationships)
        for name in names:
            if name not in known:
                raise bad_parameter(
                    self.parameter,
                    f"'{name[:100]}' is not a valid field name of '{self.name}'; expected some of {', '.join(known)}.",
                )
        return Fieldset(self, tuple(name for name in known if name in names))


@dataclass(frozen=True, slots=True)
class Fieldset:
    """Some of a type's attributes and relationships."""

    type: ResourceType
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        """As it stands in a URL's query."""
        return ",".join(self.names)

    def of_many(self, resources: bytes) -> bytes:
        """The resources (JSON, joined by commas) with nothing but what is selected, joined likewise."""
        return _encode(_decoder(self).decode(b"[" + resources + b"]"))[1:-1]


def filtered(fieldset: Fieldset | None, resources: bytes) -> bytes:
    """The resources as they are, or what a fieldset leaves of them."""
    return resources if fieldset is None else fieldset.of_many(resources)


@lru_cache(maxsize=256)
def _decoder(fieldset: Fieldset) -> msgspec.json.Decoder[Any]:
    type = fieldset.type
    members: list[tuple[str, Any, Any]] = [
        ("type", msgspec.Raw, msgspec.UNSET),
        ("id", msgspec.Raw, msgspec.UNSET),
        ("attributes", _struct(type.attributes, fieldset.names), msgspec.UNSET),
    ]
    if any(name in fieldset.names for name in type.relationships):
        members.append(("relationships", _struct(type.relationships, fieldset.names), msgspec.UNSET))
    members.append(("links", msgspec.Raw, msgspec.UNSET))
    return msgspec.json.Decoder(list[_optional("Resource", members)])  # type: ignore[misc]


def _struct(names: Iterable[str], selected: Iterable[str]) -> Any:
    chosen = [name for name in names if name in selected]
    return _optional("Members", [(name, msgspec.Raw, msgspec.UNSET) for name in chosen])


def _optional(name: str, members: list[tuple[str, Any, Any]]) -> Any:
    return msgspec.defstruct(
        name, [(member, kind | msgspec.UnsetType, default) for member, kind, default in members], gc=False
    )
