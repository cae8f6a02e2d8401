"""Organisation Activation Lock: a device that is erased asks for the organisation's code before it is set up again."""

from dataclasses import dataclass
from typing import Literal

from pomona.catalogue.kinds import Kind
from pomona.keys.keyring import KeyRing
from pomona.keys.randomness import Rng
from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.store import Tx

Answer = Literal["SUCCESS", "NOT_ACCESSIBLE", "DEVICE_NOT_SUPPORTED", "DEVICE_ALREADY_LOCKED"]

LOCKABLE = frozenset({Kind.IPHONE, Kind.IPAD, Kind.MAC, Kind.WATCH, Kind.VISION})
"""Kinds of device that have the lock."""

_PURPOSE = "activation-lock"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is on. `has_key` tells whether the service kept a bypass code's hash here; `locked_at` in ms."""

    locked_at: int
    locked_by: str
    lost_message: str | None
    has_key: bool


def lock(
    tx: Tx,
    organization_id: int,
    service_id: int,
    serial: str,
    *,
    escrow_key: str | None,
    lost_message: str | None,
    keys: KeyRing,
    actor: Actor,
    now: int,
    rng: Rng,
) -> Answer:
    """Locks a device of a service, by canonical serial. The caller holds the organisation's lock.

    `escrow_key` is the hash of the bypass code that opens it (64 hex digits); it is sealed, like any secret.
    """
    row = tx.row(
        "SELECT d.id, d.kind FROM serial_owner o JOIN device d ON d.id = o.device_id"
        " JOIN device_state s ON s.device_id = o.device_id WHERE o.serial = $1 AND s.service_id = $2",
        *(serial, service_id),
    )
    if row is None:
        return "NOT_ACCESSIBLE"
    id, kind = row
    if Kind(kind) not in LOCKABLE:
        return "DEVICE_NOT_SUPPORTED"
    if of_device(tx, id) is not None:
        return "DEVICE_ALREADY_LOCKED"
    sealed = None
    if escrow_key:
        sealed = keys.seal(_PURPOSE, bytes.fromhex(escrow_key), rng, bound_to=serial.encode())
    tx.execute(
        "INSERT INTO activation_lock (device_id, service_id, escrow_key, lost_message, locked_at, locked_by)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        *(id, service_id, sealed, lost_message or None, now, actor.name),
    )
    subject = audit.Subject("DEVICE", serial, serial)
    audit.record(tx, organization_id, "ACTIVATION_LOCK_ENABLED", actor, subject, now=now)
    return "SUCCESS"


def unlock(tx: Tx, organization_id: int, device_id: int, serial: str, *, actor: Actor, now: int) -> bool:
    """Takes a device's lock off; False when there was none."""
    tx.lock(organization_id)
    if not tx.execute("DELETE FROM activation_lock WHERE device_id = $1", device_id):
        return False
    subject = audit.Subject("DEVICE", serial, serial)
    audit.record(tx, organization_id, "ACTIVATION_LOCK_DISABLED", actor, subject, now=now)
    return True


def of_device(tx: Tx, device_id: int) -> Lock | None:
    """A device's lock, by internal number."""
    row = tx.row(
        "SELECT locked_at, locked_by, lost_message, escrow_key FROM activation_lock WHERE device_id = $1",
        device_id,
    )
    if row is None:
        return None
    locked_at, locked_by, lost_message, escrow_key = row
    return Lock(locked_at, locked_by, lost_message, escrow_key is not None)
