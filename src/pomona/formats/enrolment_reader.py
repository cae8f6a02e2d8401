"""Reading an enrolment profile the way a device does: what to ask for, whom to check in with, when to give up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pomona.formats import cms, plists
from pomona.formats.certificates import parse
from pomona.formats.der import MalformedDer
from pomona.formats.pem import certificates_in

_Value = TypeVar("_Value")
_ANCHORS = ("com.apple.security.root", "com.apple.security.pem", "com.apple.security.pkcs1")


class MalformedProfile(ValueError):
    """A device could not install this as an enrolment profile; the sentence names the payload and key."""


@dataclass(frozen=True, slots=True)
class ScepSettings:
    """How the device gets its identity: `subject` as (type, value) pairs in order, `key_size` in bits."""

    url: str
    challenge: str = field(repr=False)
    key_size: int
    subject: tuple[tuple[str, str], ...]
    payload_uuid: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an enrolment profile tells a device.

    `checkin_url` falls back to `server_url`; `access_rights` is None when absent; `enrollment_mode` is empty, `BYOD` or
    `ADDE`; `anchors` are DER certificates to trust.
    """

    identifier: str
    display_name: str
    scep: ScepSettings
    topic: str
    server_url: str
    checkin_url: str
    sign_message: bool
    check_out_when_removed: bool
    access_rights: int | None
    server_capabilities: tuple[str, ...]
    enrollment_mode: str
    assigned_managed_apple_id: str
    anchors: tuple[bytes, ...]


def unwrap(data: bytes) -> tuple[dict[str, Any], cms.Signed | None]:
    """The dictionary of a `.mobileconfig`, plain or CMS-signed, and what its signature says.

    Raises MalformedProfile; whether the signer deserves trust is the caller's to decide.
    """
    try:
        signed = cms.verify_signed(data) if data.startswith(b"\x30") else None
        return plists.loads(signed.content if signed else data), signed
    except (cms.MalformedCms, cms.BadSignature, plists.MalformedPlist) as error:
        raise MalformedProfile(f"not an enrolment profile: {error}") from None


def read_enrolment(plist: Mapping[str, Any]) -> Enrolment:
    """Read the dictionary of an enrolment profile whose identity comes by SCEP, payloads in any order.

    Raises MalformedProfile.
    """
    payloads = [item for item in _get(plist, "PayloadContent", list, "profile") if isinstance(item, dict)]
    mdm = _only(payloads, "com.apple.mdm")
    identity = _only(payloads, "com.apple.security.scep")
    if _get(mdm, "IdentityCertificateUUID", str) != _get(identity, "PayloadUUID", str):
        raise MalformedProfile("IdentityCertificateUUID names no identity payload of the profile")
    server_url = _get(mdm, "ServerURL", str)
    rights = mdm.get("AccessRights")
    return Enrolment(
        identifier=_get(plist, "PayloadIdentifier", str, "profile"),
        display_name=_get(plist, "PayloadDisplayName", str, "profile", ""),
        scep=_scep(identity),
        topic=_get(mdm, "Topic", str),
        server_url=server_url,
        checkin_url=_get(mdm, "CheckInURL", str, default=server_url),
        sign_message=_get(mdm, "SignMessage", bool, default=False),
        check_out_when_removed=_get(mdm, "CheckOutWhenRemoved", bool, default=False),
        access_rights=None if rights is None else _get(mdm, "AccessRights", int),
        server_capabilities=tuple(map(str, _get(mdm, "ServerCapabilities", list, default=[]))),
        enrollment_mode=_get(mdm, "EnrollmentMode", str, default=""),
        assigned_managed_apple_id=_get(mdm, "AssignedManagedAppleID", str, default=""),
        anchors=tuple(_anchor(item) for item in payloads if item.get("PayloadType") in _ANCHORS),
    )


def check_mode(enrolment: Enrolment, mode: str) -> None:
    """Give up as a device does in account-driven enrolment of the `mode` BYOD or ADDE; an empty `mode` is any other kind.

    Raises MalformedProfile when the profile's mode is another, the Managed Apple Account is missing, or BYOD comes with rights.
    """
    if enrolment.enrollment_mode != mode:
        found = enrolment.enrollment_mode or "none"
        raise MalformedProfile(f"EnrollmentMode is {found}; expected {mode or 'none'}")
    if mode and not enrolment.assigned_managed_apple_id:
        raise MalformedProfile("AssignedManagedAppleID is missing; account-driven enrolment needs it")
    if mode == "BYOD" and enrolment.access_rights is not None:
        raise MalformedProfile("AccessRights must be absent with EnrollmentMode BYOD")


def _only(payloads: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    found = [item for item in payloads if item.get("PayloadType") == kind]
    if len(found) != 1:
        raise MalformedProfile(f"the profile has {len(found)} payloads of type {kind}; expected one")
    return found[0]


def _get(
    payload: Mapping[str, Any], key: str, kind: type[_Value], where: str = "", default: _Value | None = None
) -> _Value:
    value = payload.get(key, default)
    if isinstance(value, kind) and (kind is not int or not isinstance(value, bool)):
        return value
    where = where or str(payload.get("PayloadType"))
    found = "missing" if value is None else f"a {type(value).__name__}"
    raise MalformedProfile(f"{key} of {where} is {found}; expected {kind.__name__}")


def _scep(payload: dict[str, Any]) -> ScepSettings:
    content = _get(payload, "PayloadContent", dict)
    where = "com.apple.security.scep"
    return ScepSettings(
        url=_get(content, "URL", str, where),
        challenge=_get(content, "Challenge", str, where, ""),
        key_size=_get(content, "Keysize", int, where, 1024),
        subject=_subject(_get(content, "Subject", list, where, [])),
        payload_uuid=_get(payload, "PayloadUUID", str),
    )


def _subject(names: list[Any]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for relative in names:
        for pair in relative if isinstance(relative, list) else [relative]:
            if (
                not isinstance(pair, list)
                or len(pair) != 2
                or not all(isinstance(part, str) for part in pair)
            ):
                raise MalformedProfile("Subject must be an array of arrays of [type, value] pairs")
            found.append((pair[0], pair[1]))
    return tuple(found)


def _anchor(payload: dict[str, Any]) -> bytes:
    content = _get(payload, "PayloadContent", bytes)
    try:
        return parse(next(iter(certificates_in(content)), content)).der
    except MalformedDer:
        raise MalformedProfile(f"PayloadContent of {payload['PayloadType']} is no certificate") from None
