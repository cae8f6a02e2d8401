"""The enrolment profile of an organisation: what makes a device ask us for an identity and then for orders."""

import uuid
from dataclasses import dataclass
from typing import Any

from pomona.formats import mobileconfig
from pomona.registry.challenges import EnrollmentKind
from pomona.registry.organizations import Organization

_MODES: dict[EnrollmentKind, mobileconfig.EnrollmentMode] = {"adde": "ADDE", "byod": "BYOD"}
_CAPABILITIES = ("com.apple.mdm.bootstraptoken",)
_NAMES = uuid.UUID("6b1f3a52-7a0e-4c39-9d53-5f2f6a1f0c77")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One enrolment profile to build: for whom, under which origin, and with which challenge."""

    organization: Organization
    origin: str
    kind: EnrollmentKind
    challenge: str
    common_name: str
    email: str = ""
    roots: tuple[bytes, ...] = ()


def identifier(organization: Organization) -> str:
    """The profile's identifier: the same each time, so that a new one replaces an old one and can be removed by name."""
    return f"org.pomona.enrolment.{organization.slug}"


def topic(number: str) -> str:
    """The push topic of the devices of the organisation with this number."""
    return f"com.apple.mgmt.pomona.{number}"


def build(wanted: Wanted) -> dict[str, Any]:
    """The whole profile as a property list's dictionary."""
    organization, name = wanted.organization, identifier(wanted.organization)
    base = f"{wanted.origin}/manage/{organization.slug}"
    scep = mobileconfig.scep_payload(
        url=f"{base}/scep",
        challenge=wanted.challenge,
        subject=(("O", organization.name[:64]), ("CN", wanted.common_name)),
        identifier=f"{name}.identity",
        uuid=_uuid(organization, "identity"),
        name=organization.name,
    )
    mdm = mobileconfig.mdm_payload(
        identity_uuid=_uuid(organization, "identity"),
        topic=topic(organization.number),
        server_url=f"{base}/connect",
        checkin_url=f"{base}/checkin",
        identifier=f"{name}.mdm",
        uuid=_uuid(organization, "mdm"),
        enrollment_mode=_MODES.get(wanted.kind),
        assigned_managed_apple_id=wanted.email,
        server_capabilities=() if wanted.kind == "byod" else _CAPABILITIES,
    )
    roots = [
        mobileconfig.root_certificate_payload(
            der, identifier=f"{name}.root{n}", uuid=_uuid(organization, f"root{n}")
        )
        for n, der in enumerate(wanted.roots)
    ]
    return mobileconfig.enrolment_profile(
        scep=scep,
        mdm=mdm,
        identifier=name,
        uuid=_uuid(organization, "profile"),
        display_name=f"{organization.name} device management",
        organization=organization.name,
        description=f"Lets {organization.name} manage this device.",
        roots=roots,
    )


def _uuid(organization: Organization, part: str) -> str:
    return str(uuid.uuid5(_NAMES, f"{organization.number}/{part}")).upper()
