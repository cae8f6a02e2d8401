"""The provisional period of a device that was added by hand: its user may take it out again for thirty days."""

from collections.abc import Sequence

from pomona.registry.devices import Device
from pomona.registry.errors import Forbidden
from pomona.store import Tx

PERIOD = 30 * 86_400_000
"""Milliseconds; they begin when the device is assigned to a service and enrols in it."""


def begin(tx: Tx, device_id: int, now: int) -> None:
    """The device enrolled: starts the period if it was added by hand, is on a service and this is its first time.

    The placeholder for devices added by hand is no service to enrol in.
    """
    tx.execute(
        "UPDATE device SET provisional_until = $1 WHERE id = $2 AND source = 'MANUALLY_ADDED'"
        " AND provisional_until IS NULL AND EXISTS (SELECT 1 FROM device_state s JOIN service v ON v.id = s.service_id"
        " WHERE s.device_id = device.id AND v.kind <> 'APPLE_CONFIGURATOR')",
        *(now + PERIOD, device_id),
    )


def begin_enrolled(tx: Tx, organization_id: int, ids: Sequence[int], now: int) -> None:
    """Devices (by number) came to the built-in service: starts the period of those that are enrolled in it already."""
    rows = tx.rows(
        f"SELECT d.id FROM {tx.each('$1', 'bigint')} e JOIN device d ON d.id = e.c0 AND d.provisional_until IS NULL"
        " JOIN enrollment n ON n.organization_id = $2 AND n.serial = d.serial AND n.status = 'enrolled' AND n.kind <> 'byod'"
        " WHERE d.source = 'MANUALLY_ADDED'",
        *(tx.pack([(id,) for id in ids]), organization_id),
    )
    for (id,) in rows:
        begin(tx, id, now)


def check_may_leave(device: Device, now: int) -> None:
    """Raises `Forbidden` for a device that a supplier brought, that left already, or whose period is over."""
    if device.source != "MANUALLY_ADDED" or device.released_at is not None:
        raise Forbidden(f"{device.serial} was not added by hand; only the organisation can release it.")
    if device.provisional_until is not None and now >= device.provisional_until:
        raise Forbidden(f"The thirty days of {device.serial} are over; only the organisation can release it.")
