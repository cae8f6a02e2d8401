"""Who signed a check-in: the header `Mdm-Signature` over the exact bytes of the body."""

from collections.abc import Mapping
from typing import Any

from pomona.formats import cms
from pomona.management.refusals import BadRequest
from pomona.registry.device_certificates import fingerprint
from pomona.runtime.asgi import Call

_LONGEST = 100
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.:_")


def signer(call: Call, body: bytes) -> bytes:
    """The SHA-256 of the certificate that signed the body. Raises `BadRequest`: never 401, which would end management."""
    header = call.header(b"mdm-signature")
    if header is None:
        raise BadRequest(
            "The header Mdm-Signature is missing; the profile asks the device to sign each message."
        )
    try:
        return fingerprint(cms.verify_detached(cms.from_header(header), body).signer)
    except (cms.MalformedCms, cms.BadSignature) as problem:
        raise BadRequest(f"Mdm-Signature: {problem}.") from None


def enrollment_key(message: Mapping[str, Any]) -> str:
    """The UDID, or in account-driven enrolment the EnrollmentID, that a message is about. Raises `BadRequest`."""
    for name in ("UDID", "EnrollmentID"):
        value = message.get(name)
        if isinstance(value, str) and 0 < len(value) <= _LONGEST and _LETTERS.issuperset(value):
            return value
    raise BadRequest(
        "The message lacks UDID and EnrollmentID; expected one of them, of at most 100 characters."
    )


def is_user_channel(message: Mapping[str, Any]) -> bool:
    """Whether a message speaks for a user of a Mac or Shared iPad, not for the device."""
    return any(name in message for name in ("UserID", "UserShortName", "EnrollmentUserID"))


def text(message: Mapping[str, Any], name: str, longest: int = 200) -> str:
    """A text of a message as it may be kept: no control characters, not too long; empty when it is missing."""
    value = message.get(name)
    if not isinstance(value, str):
        return ""
    kept = "".join(letter for letter in value[: 4 * longest] if letter.isprintable())
    return kept.strip()[:longest]
