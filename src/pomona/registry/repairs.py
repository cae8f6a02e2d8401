"""Devices in repair: marked so that nobody releases them, or the unit that comes instead is not added."""

from typing import NamedTuple

from pomona.registry import audit, devices
from pomona.registry.actors import Actor
from pomona.registry.errors import NotFound
from pomona.store import Tx


class Repair(NamedTuple):
    """Since when (ms), and who said so."""

    since: int
    marked_by: str


def mark(tx: Tx, organization_id: int, serial: str, *, actor: Actor, now: int) -> bool:
    """Notes that an owned device, by canonical serial, is in repair; False when that was known. Raises `NotFound`."""
    id = _owned(tx, organization_id, serial)
    changed = tx.execute(
        "INSERT INTO device_repair (device_id, since, marked_by) VALUES ($1, $2, $3) ON CONFLICT (device_id) DO NOTHING",
        *(id, now, actor.name),
    )
    return _recorded(tx, organization_id, serial, id, "DEVICE_REPAIR_BEGUN", actor, now) if changed else False


def unmark(tx: Tx, organization_id: int, serial: str, *, actor: Actor, now: int) -> bool:
    """Notes that a device is back; False when it was not in repair. Raises `NotFound`."""
    id = _owned(tx, organization_id, serial)
    changed = tx.execute("DELETE FROM device_repair WHERE device_id = $1", id)
    return _recorded(tx, organization_id, serial, id, "DEVICE_REPAIR_ENDED", actor, now) if changed else False


def of_device(tx: Tx, device_id: int) -> Repair | None:
    """Whether a device, by internal number, is in repair."""
    row = tx.row("SELECT since, marked_by FROM device_repair WHERE device_id = $1", device_id)
    return None if row is None else Repair(*row)


def _owned(tx: Tx, organization_id: int, serial: str) -> int:
    tx.lock(organization_id)
    id = devices.owned_id(tx, organization_id, serial)
    if id is None:
        raise NotFound("device", serial)
    return id


def _recorded(tx: Tx, organization_id: int, serial: str, id: int, type: str, actor: Actor, now: int) -> bool:
    subject = audit.Subject("DEVICE", serial, serial)
    audit.record(tx, organization_id, type, actor, subject, now=now, devices=(id,))
    return True
