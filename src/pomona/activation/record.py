"""The cloud configuration: what a device is told of the organisation that owns it and the service it is to enrol in."""

from base64 import b64encode
from typing import Any

import msgspec

from pomona.formats.times import iso_seconds
from pomona.registry.built_in_profile import ORIGIN
from pomona.registry.organizations import Organization
from pomona.registry.profile_assignments import Activation

PROTOCOL_VERSION = 1
ADDRESSES = ("url", "configuration_web_url")
"""Keys of a profile whose addresses may begin with the placeholder for our origin."""


def build(found: Activation, organization: Organization, origin: str, anchors: tuple[bytes, ...]) -> bytes:
    """The record as JSON: the profile's keys as its service defined them, and the organisation's data.

    In the built-in service's profile the addresses begin with `origin`, and `anchors` (DER) vouch for it.
    """
    document: dict[str, Any] = dict(found.profile.document)
    ours = False
    for name in ADDRESSES:
        address = document.get(name)
        if isinstance(address, str) and address.startswith(ORIGIN):
            document[name] = origin + address.removeprefix(ORIGIN)
            ours = True
    if ours and anchors:
        document["anchor_certs"] = [b64encode(der).decode() for der in anchors]
    document |= {
        "profile_uuid": found.profile.uuid,
        "mdm_protocol_version": PROTOCOL_VERSION,
        "organization_name": organization.name,
        "organization_email": organization.email,
        "organization_phone": organization.phone,
        "organization_address": organization.address,
    }
    if found.deadline is not None:
        document["mdm_migration_deadline"] = iso_seconds(found.deadline)
    return msgspec.json.encode(document)
