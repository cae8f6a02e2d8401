"""One device: what it is, where it came from, where it is assigned, what its service did, and its history."""

from typing import Any

from pomona.portal import words
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.device_history import history
from pomona.portal.paging import number_of
from pomona.portal.service_names import service_names
from pomona.portal.visit import Visit
from pomona.registry import apple_care, devices, enrollments, profiles, repairs, replacements, services
from pomona.registry.apple_care import Coverage
from pomona.registry.devices import Device
from pomona.registry.enrollments import Enrollment
from pomona.store import Tx


def show(tx: Tx, visit: Visit) -> Answer:
    """Also after its release; the same answer for a serial that is unknown and one that is somebody else's."""
    device = devices.get(tx, visit.organization_id, visit.path["serial"])
    service = (
        None if device.service_id is None else services.get(tx, visit.organization_id, device.service_id)
    )
    names = service_names(tx, visit.organization_id)
    before = number_of(visit.query, "before")
    moments, older = history(tx, visit, device, before)
    context = {
        "device": device,
        "kind": int(device.kind),
        "label": device.kind.label,
        "source": words.SOURCES[device.source],
        "facts": _facts(device),
        "service": service,
        "services": [
            {"uuid": named.uuid, "name": named.name}
            for id, named in names.items()
            if id != device.service_id and named.kind != "APPLE_CONFIGURATOR"
        ],
        "profile": words.PROFILES[device.profile_status],
        "profile_name": "" if device.profile_id is None else profiles.by_id(tx, device.profile_id).name,
        "coverage": [_covered(each, visit.now) for each in apple_care.of_device(tx, device.id)],
        "enrollment": _enrollment(enrollments.by_serial(tx, visit.organization_id, device.serial)),
        "history": moments,
        "older": older,
        "newest": before is None,
        "repair": None if device.released_at is not None else repairs.of_device(tx, device.id),
        "migration": words.MIGRATIONS.get(device.migration_status or ""),
        "targets": [
            {"uuid": named.uuid, "name": named.name}
            for id, named in names.items()
            if id != device.service_id and named.kind == "MDM"
        ],
        "replaces": replacements.of_device(tx, device.id),
        "replaced_by": None if device.released_at is None else replacements.replaced_by(tx, device.id),
    }
    return Shown("device_page.html", context)


def mark_repair(tx: Tx, visit: Visit) -> Answer:
    """Marks the device as in repair, or as back from it."""
    serial = visit.path["serial"].upper()
    back = bool(visit.form.text("back"))
    act = repairs.unmark if back else repairs.mark
    act(tx, visit.organization_id, serial, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/devices/{serial}", "repair-ended" if back else "repair-begun")


def _facts(device: Device) -> list[dict[str, Any]]:
    """What the hardware is: name, value, whether the value is to be read letter by letter."""
    product = (
        ("Model", device.model, False),
        ("Product type", device.product_type, True),
        ("Part number", device.part_number, True),
        ("Capacity", device.capacity, False),
        ("Colour", device.color.capitalize(), False),
        ("Asset tag", device.asset_tag, False),
    )
    numbers = (
        ("IMEI", ", ".join(device.imei), True),
        ("MEID", ", ".join(device.meid), True),
        ("EID", device.eid, True),
        ("Wi-Fi address", device.wifi_mac, True),
        ("Bluetooth address", device.bluetooth_mac, True),
        ("Ethernet address", ", ".join(device.ethernet_mac), True),
    )
    return [
        {"name": name, "value": value, "mono": mono, "guess": device.inferred and name != "Asset tag"}
        for name, value, mono in (*product, *numbers)
        if value
    ]


def _covered(coverage: Coverage, now: int) -> dict[str, Any]:
    """A badge's look and word, and what the coverage is."""
    look, word = ("ok", "Active") if coverage.active(now) else ("off", "Not active")
    return {"look": look, "word": word, "of": coverage}


def _enrollment(found: Enrollment | None) -> Enrollment | None:
    """A user's own device has no serial here, so what is found is the organisation's to see."""
    return None if found is None or found.kind == "byod" else found
