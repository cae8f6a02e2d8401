"""The provisional period of a device that was added by hand: its user may take it out again for thirty days."""

from pomona.registry import audit, departures, devices
from pomona.registry.actors import Actor
from pomona.registry.errors import Forbidden
from pomona.store import Tx

PERIOD = 30 * 86_400_000
"""Milliseconds; they begin when the device is assigned to a service and enrols in it."""


def begin(tx: Tx, device_id: int, now: int) -> None:
    """The device enrolled: starts the period if it was added by hand, is on a service and this is its first time."""
    tx.execute(
        "UPDATE device SET provisional_until = $1 WHERE id = $2 AND source = 'MANUALLY_ADDED'"
        " AND provisional_until IS NULL"
        " AND (SELECT s.service_id FROM device_state s WHERE s.device_id = device.id) IS NOT NULL",
        *(now + PERIOD, device_id),
    )


def leave(tx: Tx, organization_id: int, serial: str, *, actor: Actor, now: int) -> None:
    """The user takes the device out of the organisation, its supervision and its management.

    Raises `NotFound`, and `Forbidden` for one that a supplier brought or whose period is over.
    """
    tx.lock(organization_id)
    device = devices.get(tx, organization_id, serial)
    if device.source != "MANUALLY_ADDED" or device.released_at is not None:
        raise Forbidden(f"{device.serial} was not added by hand; only the organisation can release it.")
    if device.provisional_until is not None and now >= device.provisional_until:
        raise Forbidden(f"The thirty days of {device.serial} are over; only the organisation can release it.")
    departures.leave(tx, [device.id], actor=actor, now=now)
    subject = audit.Subject("DEVICE", device.serial, device.serial)
    audit.record(tx, organization_id, "DEVICE_REMOVED_FROM_ORG", actor, subject, now=now)
