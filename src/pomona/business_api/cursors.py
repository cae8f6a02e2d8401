"""Cursors: where a list goes on. They carry everything, so that any process can answer them."""

import struct
from enum import IntEnum

from pomona.business_api.errors import bad_parameter
from pomona.keys.keyring import BadSeal
from pomona.runtime import Runtime

LIFE = 7 * 86_400_000
"""Milliseconds: clients keep cursors to go on with a big listing the next day."""

_PURPOSE = "business-api-cursor"
_FORM = struct.Struct(">Bqqq")


class Listing(IntEnum):
    """What is listed; cursors outlive a process, so the numbers never change."""

    ORG_DEVICES = 1
    MDM_SERVERS = 2
    DEVICES_OF_SERVER = 3
    ORG_DEVICE_ACTIVITIES = 4
    MDM_DEVICES = 5
    USERS = 6
    AUDIT_EVENTS = 7
    APPLE_CARE = 8
    WEBHOOKS = 9
    WEBHOOK_DELIVERIES = 10
    USER_GROUPS = 20
    USERS_OF_GROUP = 21
    ORGANIZATIONAL_UNITS = 22
    USERS_OF_UNIT = 23
    APPS = 24
    PACKAGES = 25
    CONFIGURATIONS = 26
    BLUEPRINTS = 27
    APPS_OF_BLUEPRINT = 28
    CONFIGURATIONS_OF_BLUEPRINT = 29
    PACKAGES_OF_BLUEPRINT = 30
    DEVICES_OF_BLUEPRINT = 31
    USERS_OF_BLUEPRINT = 32
    GROUPS_OF_BLUEPRINT = 33
    ACTIVITIES = 40
    ACTIVITY_RESULTS = 41
    ACTIVITY_FAILURES = 42
    DEVICE_TIMELINE = 43


def make(runtime: Runtime, listing: Listing, owner: int, key: int, now: int) -> str:
    """A cursor behind `key` in a listing of an organisation or a service, whose number is `owner`."""
    return runtime.keys.sign_text(_PURPOSE, _FORM.pack(listing, owner, key, now))


def key_of(runtime: Runtime, cursor: str | None, listing: Listing, owner: int, now: int) -> int | None:
    """The key to go on behind, None at the beginning.

    Raises `ApiError` 400 for a cursor that was not made here, belongs to another listing or is older than a week.
    """
    if cursor is None:
        return None
    try:
        found = _FORM.unpack(runtime.keys.verify_text(_PURPOSE, cursor))
    except (BadSeal, ValueError, struct.error):
        raise bad_parameter("cursor", "The cursor is not one that was handed out here.") from None
    if found[:2] != (listing, owner):
        raise bad_parameter("cursor", "The cursor belongs to another list than the one it was sent to.")
    if now - found[3] > LIFE:
        raise bad_parameter("cursor", "The cursor is older than a week; begin the list again without it.")
    return int(found[2])
