"""A device was repaired and another unit came back: it takes the old one's place."""

from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.service_names import service_names
from pomona.portal.visit import Visit
from pomona.registry import devices, replacements
from pomona.registry.errors import Invalid, NotFound
from pomona.store import Tx


def form(tx: Tx, visit: Visit) -> Answer:
    """Where the new unit is named."""
    device = devices.get(tx, visit.organization_id, visit.path["serial"])
    if device.released_at is not None:
        raise NotFound("device", device.serial)
    service = service_names(tx, visit.organization_id).get(device.service_id or 0)
    return Shown("device_replace.html", {"device": device, "service": service.name if service else ""})


def replace(tx: Tx, visit: Visit) -> Answer:
    """Puts the unit in the device's place, and shows it."""
    try:
        unit = canonical(visit.form.text("unit"))
    except InvalidSerial as problem:
        raise Invalid(f"{str(problem)[:1].upper()}{str(problem)[1:]}.", field="unit") from None
    owner, serial = visit.organization_id, visit.path["serial"].upper()
    strict = visit.runtime.settings.catalogue == "strict"
    facts = replacements.unit_facts(tx, owner, serial, unit, visit.form.text("product"), strict=strict)
    replacements.replace(tx, owner, serial, facts, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/devices/{unit}", "device-replaced")
