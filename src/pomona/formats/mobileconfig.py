"""Building the enrolment profile (`.mobileconfig`) that makes a device a managed one.

Clients index its payloads blindly: the identity (SCEP) comes first, the MDM payload second, certificates last. Identifiers and
UUIDs are the caller's, so that a renewed profile can replace an installed one. `enrolment_reader` is the device's side.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pomona.formats.enrolment_reader import (
    Enrolment,
    MalformedProfile,
    ScepSettings,
    check_mode,
    read_enrolment,
    unwrap,
)

__all__ = [
    "ALL_RIGHTS",
    "CONTENT_TYPE",
    "EnrollmentMode",
    "Enrolment",
    "MalformedProfile",
    "ScepSettings",
    "check_mode",
    "enrolment_profile",
    "mdm_payload",
    "read_enrolment",
    "root_certificate_payload",
    "scep_payload",
    "unwrap",
]

EnrollmentMode = Literal["BYOD", "ADDE"]

CONTENT_TYPE = "application/x-apple-aspen-config"
ALL_RIGHTS = 8191
_CAPABILITIES = ("com.apple.mdm.per-user-connections", "com.apple.mdm.bootstraptoken", "com.apple.mdm.token")


def _payload(kind: str, identifier: str, uuid: str, display_name: str) -> dict[str, Any]:
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": uuid,
        "PayloadDisplayName": display_name,
    }


def scep_payload(
    *,
    url: str,
    challenge: str,
    subject: Sequence[tuple[str, str]],
    identifier: str,
    uuid: str,
    name: str = "",
    key_size: int = 2048,
    ca_fingerprint: bytes = b"",
) -> dict[str, Any]:
    """The payload that makes a device ask for its identity by SCEP.

    `subject` lists (type, value) in order, types being C, L, ST, O, OU, CN or dotted identifiers (some simulated devices
    know only the former). `key_size` is in bits and always sent, since devices default to 1024. The key may sign and encrypt.
    """
    content: dict[str, Any] = {
        "URL": url,
        "Subject": [[[kind, value]] for kind, value in subject],
        "Challenge": challenge,
        "Keysize": key_size,
        "Key Type": "RSA",
        "Key Usage": 5,
        "Retries": 3,
        "RetryDelay": 10,
    }
    if name:
        content["Name"] = name
    if ca_fingerprint:
        content["CAFingerprint"] = ca_fingerprint
    return {**_payload("com.apple.security.scep", identifier, uuid, "Identity"), "PayloadContent": content}


def mdm_payload(
    *,
    identity_uuid: str,
    topic: str,
    server_url: str,
    identifier: str,
    uuid: str,
    checkin_url: str = "",
    sign_message: bool = True,
    access_rights: int = ALL_RIGHTS,
    enrollment_mode: EnrollmentMode | None = None,
    assigned_managed_apple_id: str = "",
    server_capabilities: Sequence[str] = _CAPABILITIES,
    check_out_when_removed: bool = True,
) -> dict[str, Any]:
    """The payload that names the device management service and what it may do.

    `identity_uuid` is the PayloadUUID of the identity payload. Account-driven enrolment needs `enrollment_mode` and
    `assigned_managed_apple_id` both, other kinds neither; with BYOD the rights are left out, since a device gives up when it
    sees them. Raises ValueError for a topic that does not begin with `com.apple.mgmt.` and for half of such a pair.
    """
    if not topic.startswith("com.apple.mgmt."):
        raise ValueError(f"the topic {topic!r} must begin with com.apple.mgmt.")
    if (enrollment_mode is None) != (not assigned_managed_apple_id):
        raise ValueError(
            "account-driven enrolment needs both a mode and a Managed Apple Account, others neither"
        )
    payload = _payload("com.apple.mdm", identifier, uuid, "Device Management") | {
        "IdentityCertificateUUID": identity_uuid,
        "Topic": topic,
        "ServerURL": server_url,
        "SignMessage": sign_message,
        "CheckOutWhenRemoved": check_out_when_removed,
        "ServerCapabilities": list(server_capabilities),
    }
    if checkin_url:
        payload["CheckInURL"] = checkin_url
    if enrollment_mode is not None:
        payload |= {"EnrollmentMode": enrollment_mode, "AssignedManagedAppleID": assigned_managed_apple_id}
    if enrollment_mode != "BYOD":
        payload["AccessRights"] = access_rights
    return payload


def root_certificate_payload(
    der: bytes, *, identifier: str, uuid: str, display_name: str = ""
) -> dict[str, Any]:
    """The payload that makes a device trust the authority whose DER certificate is `der`."""
    head = _payload("com.apple.security.root", identifier, uuid, display_name or "Certificate authority")
    return {**head, "PayloadContent": der}


def enrolment_profile(
    *,
    scep: dict[str, Any],
    mdm: dict[str, Any],
    identifier: str,
    uuid: str,
    display_name: str,
    organization: str = "",
    description: str = "",
    roots: Iterable[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The whole profile as a property list dictionary, from the payloads that the other functions make.

    `identifier` is what RemoveProfile names later. Raises ValueError when the MDM payload names another identity.
    """
    if mdm["IdentityCertificateUUID"] != scep["PayloadUUID"]:
        raise ValueError("the MDM payload must name the PayloadUUID of the identity payload")
    profile = _payload("Configuration", identifier, uuid, display_name) | {"PayloadScope": "System"}
    if organization:
        profile["PayloadOrganization"] = organization
    if description:
        profile["PayloadDescription"] = description
    return {**profile, "PayloadContent": [scep, mdm, *roots]}
