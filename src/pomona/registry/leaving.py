"""A device's user takes it out of the organisation, which a device that was added by hand lets them for thirty days."""

from pomona.registry import audit, departures, devices, enrollments, provisional
from pomona.registry.actors import Actor
from pomona.registry.devices import organization_of
from pomona.registry.errors import NotFound
from pomona.store import Tx


def leave(tx: Tx, serial: str, *, address: str | None = None, now: int) -> None:
    """The device with this canonical serial leaves its organisation, its supervision and its management.

    Raises `NotFound` for one that nobody owns, and `Forbidden` for one that may not go.
    """
    id = _owned(tx, serial)
    organization_id = organization_of(id)
    tx.lock(organization_id)
    if _owned(tx, serial) != id:
        raise NotFound("device", serial)
    device = devices.by_id(tx, id)
    provisional.check_may_leave(device, now)
    actor = Actor("SYSTEM", device.serial, f"User of {device.serial}", address)
    enrollment = enrollments.by_serial(tx, organization_id, device.serial)
    if enrollment is not None and enrollment.kind != "byod":
        enrollments.leave(tx, enrollment, actor=actor, now=now)
    departures.leave(tx, [id], actor=actor, now=now)
    subject = audit.Subject("DEVICE", device.serial, device.serial)
    audit.record(tx, organization_id, "DEVICE_REMOVED_FROM_ORG", actor, subject, now=now,
                 after={"provisional": True}, devices=[id])  # fmt: skip


def _owned(tx: Tx, serial: str) -> int:
    id: int | None = tx.value("SELECT device_id FROM serial_owner WHERE serial = $1", serial)
    if id is None:
        raise NotFound("device", serial)
    return id
