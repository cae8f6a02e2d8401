"""What clients send about `mdmServers`."""

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from pomona.business_api.bodies import decoded
from pomona.business_api.errors import ApiError, Problem, no_resource
from pomona.formats.uploaded_certificate import CertificateProblem, parse_certificate
from pomona.registry.services import FAMILIES

_ID = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f-]{36}")
_NAME = "/data/attributes/serverName"
_FAMILIES = "/data/attributes/defaultProductFamilies"


class Certificate(msgspec.Struct):
    """A file: its name, and base64 of its content."""

    data: str
    name: str | None = None


class _Created(msgspec.Struct, forbid_unknown_fields=True):
    serverName: str
    serverCertificate: Certificate
    enableMdmDisownFlag: bool | None = None


class _NewServer(msgspec.Struct):
    type: Literal["mdmServers"]
    attributes: _Created


class _CreateBody(msgspec.Struct):
    data: _NewServer


class _Changed(msgspec.Struct, forbid_unknown_fields=True):
    serverName: str | None = None
    serverCertificate: Certificate | None = None
    enableMdmDisownFlag: bool | None = None
    defaultProductFamilies: list[str] | msgspec.UnsetType | None = msgspec.UNSET


class _ChangedServer(msgspec.Struct):
    type: Literal["mdmServers"]
    id: str
    attributes: _Changed = msgspec.field(default_factory=_Changed)


class _UpdateBody(msgspec.Struct):
    data: _ChangedServer


_create = msgspec.json.Decoder(_CreateBody)
_update = msgspec.json.Decoder(_UpdateBody)


@dataclass(frozen=True, slots=True)
class Creation:
    """A service to link; `certificate` is DER and its file's name."""

    name: str
    certificate: tuple[bytes, str]
    may_release: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change; None leaves it as it is, an empty list of families takes all away."""

    name: str | None
    may_release: bool | None
    certificate: tuple[bytes, str] | None
    families: list[str] | None

    @property
    def of_the_service(self) -> bool:
        """Whether anything but its families changes."""
        return (self.name, self.may_release, self.certificate) != (None, None, None)


def checked_id(id: str) -> str:
    """The id of a service as it stands in a path. Raises `ApiError` 404 for what can be none."""
    if not _ID.fullmatch(id):
        raise no_resource("mdmServers", id)
    return id


def creation(body: bytes) -> Creation:
    """The body of a POST. Raises `ApiError`."""
    sent = decoded(_create, body).data.attributes
    return Creation(
        _printable(sent.serverName), _parsed(sent.serverCertificate), bool(sent.enableMdmDisownFlag)
    )


def changes(body: bytes, id: str) -> Changes:
    """The body of a PATCH of the service `id`. Raises `ApiError`."""
    server = decoded(_update, body).data
    if server.id.replace("-", "").upper() != id.replace("-", "").upper():
        detail = "The id in the body is not the one in the path."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, "/data/id"))
    sent = server.attributes
    families = sent.defaultProductFamilies
    return Changes(
        None if sent.serverName is None else _printable(sent.serverName),
        sent.enableMdmDisownFlag,
        None if sent.serverCertificate is None else _parsed(sent.serverCertificate),
        None if families is msgspec.UNSET else _known(families or []),
    )


def _printable(name: str) -> str:
    if not name.strip().isprintable():
        detail = "The name holds a character that cannot be shown, a line break perhaps."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, _NAME))
    return name


def _parsed(certificate: Certificate) -> tuple[bytes, str]:
    try:
        der = parse_certificate(certificate.data.encode())
    except CertificateProblem as problem:
        pointer = "/data/attributes/serverCertificate/data"
        raise ApiError(400, Problem("PARAMETER_ERROR.INVALID", str(problem), pointer)) from None
    name = "".join(letter for letter in certificate.name or "" if letter.isprintable())
    return der, name[:200] or "certificate.pem"


def _known(families: list[str]) -> list[str]:
    for n, family in enumerate(families):
        if family not in FAMILIES:
            detail = f"'{family[:40]}' is no product family; expected some of {', '.join(FAMILIES)}."
            raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, f"{_FAMILIES}/{n}"))
    return list(dict.fromkeys(families))
