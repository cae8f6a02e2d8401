"""The date by which a device that was moved has to have gone over to its new service without being erased."""

from collections.abc import Sequence

from pomona.registry import audit, operations, profile_assignments, profiles
from pomona.registry.actors import Actor
from pomona.registry.devices import PROFILE_STATUSES
from pomona.registry.errors import Invalid
from pomona.registry.operations import Op
from pomona.registry.profile_assignments import Held
from pomona.registry.services import Service
from pomona.store import Tx

MOST = 2_000
"""Devices at a time: one transaction's worth."""

_TYPES = ("bigint", "bigint", "text", "text")


def set_deadline(
    tx: Tx, service: Service, serials: Sequence[str], deadline: int | None, *, actor: Actor, now: int
) -> set[str]:
    """Sets the deadline (ms) of devices that are on a service, or with None takes it back; the service is told.

    Gives the canonical serials that are on the service; the others are left alone. Raises `Invalid` beyond `MOST`.
    """
    if len(serials) > MOST:
        raise Invalid(f"Set the deadline of at most {MOST} devices at a time.", field="devices")
    tx.lock(service.organization_id)
    held = profile_assignments.on_service(tx, service.id, serials)
    changed = [device for device in held.values() if device.deadline != deadline]
    if changed:
        rows = [(device.id, device.next_at(now), *_encoded(tx, device, deadline)) for device in changed]
        rows.sort(key=lambda row: row[0])
        _write(tx, rows, deadline, now)
        operations.append(tx, service.id, [row[:2] for row in rows], Op.MODIFIED)
        after = {"deadline": deadline, "devices": len(rows)}
        audit.record(
            tx,
            service.organization_id,
            "MIGRATION_DEADLINE_CHANGED",
            actor,
            service.subject,
            now=now,
            after=after,
        )
    return set(held)


def _encoded(tx: Tx, device: Held, deadline: int | None) -> tuple[str, str | None]:
    uuid = None if device.profile_id is None else profiles.by_id(tx, device.profile_id).uuid
    return device.with_deadline(deadline).encoded(
        tx, PROFILE_STATUSES[device.status], uuid, device.profile_assigned_at, device.pushed_at
    )


def _write(tx: Tx, rows: list[tuple[int, int, str, str | None]], deadline: int | None, now: int) -> None:
    business = tx.projections.business
    status = None if deadline is None else "REQUESTED"
    tx.execute(
        "UPDATE device_state SET migration_deadline = $1, migration_status = $2, ba_migration = $3, ba = $4,"
        " updated_at = $5, revision = revision + 1, operated_at = e.c1, da = e.c2, da_v1 = e.c3"
        f" FROM {tx.each('$6', *_TYPES)} e WHERE device_state.device_id = e.c0",
        *(deadline, status, None if status is None else business.migration(status, deadline)),
        *(business.state(now, True), now, tx.pack(rows)),
    )
