"""The user of a device that was added by hand takes it out again, for thirty days after it enrolled."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from pomona.catalogue.kinds import Kind
from pomona.registry import audit, by_hand, devices, provisional, services
from pomona.registry.by_hand import Asked
from pomona.registry.devices import Device as OwnedDevice
from pomona.simulator import device_enrolment
from pomona.simulator.device import Device
from pomona.simulator.device_enrolment import NoRecord
from pomona.simulator.device_network import DeviceProblem
from pomona.simulator.device_world import DeviceWorld
from tests.support.sites import Site
from tests.support.worlds import ADMIN

HOUR = 3_600_000


def added(site: Site, *, where: by_hand.Where | None = None) -> Device:
    """A phone that was added by hand to the built-in service."""
    device = site.device(Kind.IPHONE, arrive=False)
    store = site.runtime.store
    target = store.read_sync(lambda tx: services.built_in(tx, site.world.id)) if where is None else where
    store.write_sync(
        lambda tx: by_hand.add(
            tx, site.world.id, [Asked(device.serial)], where=target, actor=ADMIN, now=site.runtime.clock.now(),
            rng=site.runtime.rng,
        )
    )  # fmt: skip
    return device


def enrol(site: Site, device: Device) -> None:
    async def run(world: DeviceWorld) -> None:
        await device_enrolment.automated(world, device)

    site.play(run)


def leave(site: Site, device: Device) -> None:
    async def run(world: DeviceWorld) -> None:
        await device_enrolment.leave(world, device)

    site.play(run)


def owned(site: Site, device: Device) -> OwnedDevice:
    return site.runtime.store.read_sync(lambda tx: devices.get(tx, site.world.id, device.serial))


def test_it_leaves_within_thirty_days_with_its_management(site: Site) -> None:
    device = added(site)
    assert owned(site, device).provisional_until is None
    enrol(site, device)
    until = owned(site, device).provisional_until
    assert until is not None
    assert abs(until - site.runtime.clock.now() - provisional.PERIOD) < HOUR
    site.runtime.clock.offset += provisional.PERIOD - HOUR
    leave(site, device)
    gone = owned(site, device)
    assert gone.released_at is not None
    assert site.enrollment(device.serial).status == "left"
    events = site.runtime.store.read_sync(lambda tx: audit.newest(tx, site.world.id, limit=2))
    assert [event.type for event in events] == ["DEVICE_REMOVED_FROM_ORG", "DEVICE_UNENROLLED"]
    assert events[0].actor.name == f"User of {device.serial}"
    with pytest.raises(NoRecord):
        leave(site, device)


def test_afterwards_it_is_as_one_that_was_bought(site: Site) -> None:
    device = added(site)
    enrol(site, device)
    site.runtime.clock.offset += provisional.PERIOD + HOUR
    with pytest.raises(DeviceProblem, match=r"HTTP 403.*thirty days of .* are over"):
        leave(site, device)
    assert owned(site, device).released_at is None
    assert site.enrollment(device.serial).status == "enrolled"


def test_before_it_enrols_it_may_go_whenever(site: Site) -> None:
    device = added(site, where="placeholder")
    site.runtime.clock.offset += 400 * 86_400_000
    leave(site, device)
    assert owned(site, device).released_at is not None


def test_one_that_was_enrolled_before_it_was_assigned_begins_then(site: Site) -> None:
    device = added(site)
    enrol(site, device)
    store, world = site.runtime.store, site.world
    id = owned(site, device).id
    # As if it had enrolled by a downloaded profile while it waited in the placeholder.
    store.write_sync(lambda tx: tx.execute("UPDATE device SET provisional_until = NULL WHERE id = $1", id))
    built_in = store.read_sync(lambda tx: services.built_in(tx, world.id))
    world.activity("UNASSIGN_DEVICES", [device.serial])
    assert owned(site, device).provisional_until is None
    world.now = site.runtime.clock.now()
    world.activity("ASSIGN_DEVICES", [device.serial], built_in)
    assert owned(site, device).provisional_until == world.now + provisional.PERIOD


def test_one_from_a_supplier_stays(site: Site) -> None:
    device = site.device()
    with pytest.raises(DeviceProblem, match="was not added by hand"):
        leave(site, device)


def test_one_that_nobody_owns_is_told_nothing(site: Site) -> None:
    with pytest.raises(NoRecord):
        leave(site, site.device(arrive=False))


def test_another_device_cannot_take_it_out(site: Site) -> None:
    device, thief = added(site), site.device(arrive=False)
    asked = {"action": "LeaveOrganization", "sn": device.serial, "udid": device.udid}
    body = site.factory.identity(thief.serial, thief.udid).sign(json.dumps(asked).encode(), datetime.now(UTC))
    answer: httpx.Response = site.http.post("/activation/v1/record", content=body)
    assert (answer.status_code, answer.content) == (404, b"")
    assert owned(site, device).released_at is None
