"""A repaired device comes back as another unit: it takes the place of the one that was sent in."""

from dataclasses import dataclass

from pomona.catalogue.facts import Facts, infer
from pomona.catalogue.products import by_part_number
from pomona.registry import arrivals, audit, departures, device_facts, devices
from pomona.registry.actors import Actor
from pomona.registry.arrivals import Arrival, Origin, Outcome, Target
from pomona.registry.device_facts import Unmade
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.registry.operations import Reason
from pomona.registry.orders import ClaimState
from pomona.store import Tx

RELEASED_BY = "REPLACEMENT:"
"""What stands in `device.released_by` of a unit that another one replaced, in the place of a person or program."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Which unit a device replaced, and when (ms)."""

    original_serial: str
    replaced_at: int


def replace(tx: Tx, organization_id: int, serial: str, unit: Facts, *, actor: Actor, now: int) -> Outcome:
    """Puts a new unit in the place of an owned device: same service, same asset tag; the old one leaves.

    What was left of the days in which the user of a device that was added by hand may leave goes over too. The service is told that the old one left by replacement. Raises `NotFound` when the organisation does not own the
    device, `Duplicate` when the new unit has an owner.
    """
    tx.lock(organization_id)
    id = devices.owned_id(tx, organization_id, serial)
    if id is None:
        raise NotFound("device", serial)
    if tx.value("SELECT device_id FROM serial_owner WHERE serial = $1", unit.serial) is not None:
        raise Duplicate(f"The unit {unit.serial} has an owner already.", field="unit")
    old = devices.by_id(tx, id)
    departures.leave(tx, [id], actor=actor, now=now, reason=Reason.REPLACEMENT)
    tx.execute("DELETE FROM device_repair WHERE device_id = $1", id)
    _end_claim(tx, old.serial)
    origin = Origin(organization_id, old.source, old.source_id, replacement=True)
    outcome = arrivals.arrive(
        tx,
        origin,
        [Arrival(unit, old.asset_tag)],
        now=now,
        target=Target.NONE if old.service_id is None else old.service_id,
        assigned_by=old.assigned_by or "",
    )[unit.serial]
    tx.execute("UPDATE device SET released_by = $1 WHERE id = $2", RELEASED_BY, old.id)
    tx.execute(
        "UPDATE device SET provisional_until = $1 WHERE id = $2", old.provisional_until, outcome.device_id
    )
    tx.execute(
        "INSERT INTO replacement (device_id, original_device_id, original_serial, replaced_at)"
        " VALUES ($1, $2, $3, $4)",
        *(outcome.device_id, old.id, old.serial, now),
    )
    subject = audit.Subject("DEVICE", unit.serial, unit.serial)
    audit.record(
        tx, organization_id, "DEVICE_REPLACED", actor, subject, now=now, after={"original": old.serial}
    )
    return outcome


def unit_facts(
    tx: Tx, organization_id: int, serial: str, unit: str, product: str = "", *, strict: bool = False
) -> Facts:
    """What the unit with this canonical serial is: what is on record or named, else the same as the device it replaces.

    Raises `NotFound` when the organisation does not own the device, `Invalid` for an unknown product and, with `strict`, for
    a unit of which nobody can tell.
    """
    id = devices.owned_id(tx, organization_id, serial)
    if id is None:
        raise NotFound("device", serial)
    found = device_facts.facts_of(tx, {unit: product})[unit]
    if isinstance(found, Unmade):
        raise Invalid(f"{found.detail[:1].upper()}{found.detail[1:]}.", field="product")
    if not found.inferred:
        return found
    old = devices.by_id(tx, id)
    same = by_part_number(old.part_number)
    if strict and (same is None or old.inferred):
        raise Invalid(
            f"Nobody told what {unit} is, and the catalogue is strict; name its product.", field="product"
        )
    return found if same is None else infer(unit, same)._replace(inferred=old.inferred)


def replaced_by(tx: Tx, device_id: int) -> str | None:
    """The serial of the unit that took a device's place, or None."""
    serial: str | None = tx.value(
        "SELECT d.serial FROM replacement r JOIN device d ON d.id = r.device_id WHERE r.original_device_id = $1",
        device_id,
    )
    return serial


def of_device(tx: Tx, device_id: int) -> Replacement | None:
    """Which unit a device (internal number) replaced."""
    row = tx.row("SELECT original_serial, replaced_at FROM replacement WHERE device_id = $1", device_id)
    return None if row is None else Replacement(*row)


def _end_claim(tx: Tx, serial: str) -> None:
    tx.execute(
        "UPDATE purchase_order SET live = live - 1, released = released + 1"
        " WHERE id = (SELECT order_id FROM claim WHERE serial = $1 AND state = 1)",
        serial,
    )
    tx.execute(
        f"UPDATE claim SET state = {ClaimState.RELEASED:d} WHERE serial = $1 AND state = {ClaimState.LIVE:d}",
        serial,
    )
