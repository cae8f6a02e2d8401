"""The built-in service's enrolment profile: one per organisation, made with it, given to every device that comes.

Its addresses stand as a placeholder for the origin, because they are those that the device itself used to reach us.
"""

from typing import NamedTuple

import msgspec

from pomona.keys.randomness import Rng
from pomona.registry import profiles
from pomona.registry.actors import SYSTEM
from pomona.registry.profiles import Profile
from pomona.registry.services import Service
from pomona.store import Tx

ORIGIN = "{origin}"
"""Stands in the profile's addresses for the origin that a device uses."""

NAME = "Pomona Device Management"

SKIPPED_PANES = ("Android", "Diagnostics", "Payment", "Privacy", "Siri", "TOS", "Welcome")
"""Panes of Setup Assistant that a device of an organisation need not show."""


class OwnProfile(NamedTuple):
    """What a device is given when it comes to a service that assigns its profile by itself."""

    id: int
    uuid: str


def make(tx: Tx, service: Service, slug: str, *, now: int, rng: Rng) -> Profile:
    """Makes the profile of a new organisation's built-in service; `slug` stands for the organisation in URLs."""
    body = {
        "profile_name": NAME,
        "url": f"{ORIGIN}/manage/{slug}/enrol",
        "await_device_configured": True,
        "is_supervised": True,
        "is_mandatory": True,
        "is_mdm_removable": True,
        "allow_pairing": True,
        "skip_setup_items": list(SKIPPED_PANES),
    }
    return profiles.define(
        tx,
        service.organization_id,
        service.id,
        NAME,
        msgspec.json.encode(body),
        actor=SYSTEM,
        now=now,
        rng=rng,
    )


def of(tx: Tx, service_id: int) -> OwnProfile | None:
    """The profile that devices of this service get without anybody assigning it; None for external services."""
    row = tx.row(
        "SELECT p.id, p.uuid FROM service s JOIN profile p ON p.service_id = s.id"
        " WHERE s.id = $1 AND s.kind = 'APPLE_MDM' ORDER BY p.id LIMIT 1",
        service_id,
    )
    return None if row is None else OwnProfile(*row)
