"""Automated Device Enrolment, from the activation record to the release from Setup Assistant, over real HTTP and HTTPS."""

from datetime import UTC, datetime

import pytest

from pomona.catalogue.kinds import Kind
from pomona.formats import mobileconfig, plists
from pomona.registry import audit
from pomona.registry import devices as registry_devices
from pomona.registry.devices import Device as OwnedDevice
from pomona.registry.services import built_in
from pomona.simulator import devices
from pomona.simulator.device import Device
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.devices import Outcome
from tests.management.hands import machine_info, profile_of
from tests.support.sites import Site
from tests.support.worlds import World


def enrol(site: Site, *wanted: Device) -> dict[str, Outcome]:
    """Enrols devices as they come out of the box."""

    async def run(world: DeviceWorld) -> dict[str, Outcome]:
        runs = devices.enrol_all(world, wanted, devices.automated())
        return {run.outcome.serial: run.outcome async for run in runs}

    return site.play(run)


def owned(site: Site, device: Device) -> OwnedDevice:
    return site.runtime.store.read_sync(lambda tx: registry_devices.get(tx, site.world.id, device.serial))


def test_every_kind_enrols_and_is_released(site: Site) -> None:
    kinds = (Kind.IPHONE, Kind.IPAD, Kind.MAC, Kind.APPLE_TV, Kind.VISION)
    fleet = {kind: site.device(kind) for kind in kinds}
    outcomes = enrol(site, *fleet.values())
    for kind, device in fleet.items():
        outcome = outcomes[device.serial]
        assert (outcome.result, outcome.detail, outcome.released) == ("enrolled", "", True)
        assert outcome.commands == (
            ("DeviceInformation", "Acknowledged"),
            ("DeviceConfigured", "Acknowledged"),
        )
        enrolled = site.enrollment(device.serial)
        assert (enrolled.kind, enrolled.status, enrolled.key) == ("ade", "enrolled", device.udid)
        assert not enrolled.awaiting_configuration
        assert enrolled.product_type == device.facts.product.product_type
        assert enrolled.os_version == device.facts.product.os_version
        assert enrolled.information["SerialNumber"] == device.serial
        assert enrolled.information["ModelName"] == kind.label
        assert owned(site, device).profile_status == "pushed"
    types = [event.type for event in site.runtime.store.read_sync(lambda tx: audit.newest(tx, site.world.id))]
    assert types.count("DEVICE_ENROLLED") == len(kinds)


def test_over_tls_the_record_brings_the_anchor_and_the_profile_the_root(secure_site: Site) -> None:
    device = secure_site.device()
    assert enrol(secure_site, device)[device.serial].result == "enrolled"
    response = secure_site.http.post(f"{secure_site.base}/enrol", content=machine_info(secure_site, device))
    enrolment = profile_of(response)
    assert len(enrolment.anchors) == 1
    assert enrolment.server_url.startswith("https://127.0.0.1:")


def test_a_watch_says_why_it_stays_out(quick_site: Site) -> None:
    watch = quick_site.device(Kind.WATCH)
    outcome = enrol(quick_site, watch)[watch.serial]
    assert outcome.result == "left out"
    assert "paired iPhone" in outcome.detail
    assert owned(quick_site, watch).profile_status == "assigned"


def test_a_device_nobody_assigned_stays_unmanaged(quick_site: Site) -> None:
    quick_site.world.default("IPAD", None)
    strange, idle = quick_site.device(arrive=False), quick_site.device(Kind.IPAD)
    outcomes = enrol(quick_site, strange, idle)
    assert {outcome.result for outcome in outcomes.values()} == {"unmanaged"}


def test_enrolling_again_begins_anew(site: Site) -> None:
    device = site.device()
    first = enrol(site, device)[device.serial]
    before = site.enrollment(device.serial)
    again = enrol(site, device)[device.serial]
    after = site.enrollment(device.serial)
    assert (first.result, again.result, again.released) == ("enrolled", "enrolled", True)
    assert (before.id, before.key) == (after.id, after.key)
    assert (after.enrolled_at or 0) >= (before.enrolled_at or 0)


@pytest.mark.parametrize("assigned", ["elsewhere", "nowhere", "other organisation", "unknown"])
def test_only_devices_on_the_built_in_service_get_a_profile(quick_site: Site, assigned: str) -> None:
    site, other = quick_site, World(quick_site.runtime.store, "Other")
    site.world.default("MAC", site.world.service("External") if assigned == "elsewhere" else None)
    site.use_built_in(other)
    owner = other if assigned == "other organisation" else site.world
    device = site.device(Kind.MAC, arrive=assigned != "unknown", world=owner)
    response = site.http.post(f"{site.base}/enrol", content=machine_info(site, device))
    assert response.status_code == 403
    assert response.headers["content-type"] == "application/json"
    assert "not assigned" in response.json()["message"]


def test_the_identity_must_be_the_devices_own(quick_site: Site) -> None:
    """A simulated device cannot ask for another one's profile: the factory wrote its serial into its identity."""
    thief, victim = quick_site.device(), quick_site.device()
    identity = quick_site.factory.identity(thief.serial, thief.udid)
    body = identity.sign(plists.dumps(victim.machine_info().to_plist()), datetime.now(UTC))
    response = quick_site.http.post(f"{quick_site.base}/enrol", content=body)
    assert response.status_code == 403
    assert "another serial" in response.json()["message"]


def test_later_assignment_brings_the_profile_too(site: Site) -> None:
    site.world.default("IPHONE", None)
    device = site.device()
    assert enrol(site, device)[device.serial].result == "unmanaged"
    service = site.runtime.store.read_sync(lambda tx: built_in(tx, site.world.id))
    site.world.activity("ASSIGN_DEVICES", [device.serial], service)
    assert owned(site, device).profile_status == "assigned"
    assert enrol(site, device)[device.serial].result == "enrolled"
    assert owned(site, device).profile_status == "pushed"


def test_the_profile_is_laid_out_as_blind_clients_expect(quick_site: Site) -> None:
    device = quick_site.device()
    response = quick_site.http.post(f"{quick_site.base}/enrol", content=machine_info(quick_site, device))
    document, signed = mobileconfig.unwrap(response.content)
    assert signed is None
    kinds = [payload["PayloadType"] for payload in document["PayloadContent"]]
    assert kinds == ["com.apple.security.scep", "com.apple.mdm"]
    mdm = document["PayloadContent"][1]
    assert mdm["AccessRights"] == 8191
    assert "EnrollmentMode" not in mdm
    assert mdm["Topic"].startswith("com.apple.mgmt.")
    assert (mdm["SignMessage"], mdm["CheckOutWhenRemoved"]) == (True, True)
