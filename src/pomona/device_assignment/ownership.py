"""The calls that reach beyond assignment: giving devices up, locking them, and asking which one replaced another."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pomona.device_assignment import wire
from pomona.device_assignment.devices import required
from pomona.device_assignment.errors import Refused
from pomona.device_assignment.face import Call, Face
from pomona.device_assignment.profiles import slices
from pomona.registry import activation_locks, disowning, profile_assignments, replacements
from pomona.registry.profile_assignments import Given, canonical
from pomona.registry.replacements import Replacement
from pomona.registry.sessions import Party
from pomona.store import Tx

_REPLACEMENT_SINCE = 10


async def disown(face: Face, call: Call) -> bytes:
    """`POST /devices/disown`: devices leave the organisation for good; FAILED for a service that may not do that.

    Not a 403: a client that got one with a good session would open another and try again for ever.
    """
    serials = required(wire.decode(wire.DEVICE_LIST, call.body).devices)
    address = face.runtime.origins.client_address(call.scope)
    given: dict[str, Given] = {}
    for part in slices(serials):

        def work(tx: Tx, party: Party, part: Sequence[str] = part) -> dict[str, Given]:
            return disowning.disown(
                tx, party, part, actor=party.actor(address), now=call.now, rng=face.runtime.rng
            )

        given |= await face.write(call, work)
    return wire.encode({"devices": given})


async def activation_lock(face: Face, call: Call) -> bytes:
    """`POST /device/activationlock`: turns the organisation's Activation Lock on for one device."""
    asked = wire.decode(wire.ACTIVATION_LOCK, call.body)
    serial = canonical(asked.device)
    address = face.runtime.origins.client_address(call.scope)

    def work(tx: Tx, party: Party) -> str:
        if not party.switches.activation_lock:
            return "ORG_NOT_SUPPORTED"
        return activation_locks.lock(
            tx,
            party.organization_id,
            party.service_id,
            serial or "",
            escrow_key=asked.escrow_key,
            lost_message=(asked.lost_message or "").replace("\0", ""),
            keys=face.runtime.keys,
            actor=party.actor(address),
            now=call.now,
            rng=face.runtime.rng,
        )

    status = await face.write(call, work)
    return wire.encode({"serial_number": asked.device, "response_status": status})


async def replacement(face: Face, call: Call) -> bytes:
    """`GET /device/replacementDetails?device=…`: which unit a device stands in for. There since protocol 10."""
    if call.version < _REPLACEMENT_SINCE:
        raise Refused(404, "")
    asked = call.query("device")
    if not asked:
        raise Refused(400, "DEVICE_ID_REQUIRED")
    serial = canonical(asked) or ""

    def work(tx: Tx, party: Party) -> Replacement | None:
        held = profile_assignments.on_service(tx, party.service_id, [serial]).get(serial)
        return None if held is None else replacements.of_device(tx, held.id)

    found = await face.read(call, work)
    if found is None:
        raise Refused(404, "DEVICE_NOT_FOUND")
    day = datetime.fromtimestamp(found.replaced_at / 1000, UTC).date()
    return wire.encode({
        "serial_number": serial,
        "original_device_serial_number": found.original_serial,
        "replacement_date": day.isoformat(),
    })  # fmt: skip
