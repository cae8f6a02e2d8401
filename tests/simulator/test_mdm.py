"""A simulated external service: devices that its profile sends there enrol in it, over the wire."""

import json

import pytest
from starlette.applications import Starlette

from pomona.registry import profile_assignments, profiles
from pomona.simulator import devices
from pomona.simulator.device import Device
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.devices import Outcome
from pomona.simulator.mdm import DeviceManagement, MdmEvent
from pomona.simulator.randomness import seeded
from pomona.store import Tx
from tests.support.serving import Serve
from tests.support.sites import Site
from tests.support.worlds import ADMIN


class External:
    """A service that was linked, knows its serials, and has given its devices a profile."""

    def __init__(self, site: Site, serve: Serve) -> None:
        self.events: list[MdmEvent] = []
        self.serials: set[str] = set()
        self.mdm = DeviceManagement(
            "Acme MDM", seeded("acme"), expects=self.serials.__contains__, report=self.events.append
        )
        self.origin = serve(Starlette(routes=self.mdm.routes()))
        self.site, self.service = site, site.world.service("Acme MDM")

    def take(self, device: Device) -> None:
        """The device is assigned to this service, which gives it its profile."""
        site, service = self.site, self.service
        site.world.activity("ASSIGN_DEVICES", [device.serial], service)
        self.serials.add(device.serial)
        body = json.dumps({"url": self.mdm.enrol_url(self.origin), "await_device_configured": True}).encode()
        now = site.runtime.clock.now()

        def give(tx: Tx) -> None:
            made = profiles.define(
                tx, site.world.id, service.id, "Acme", body, actor=ADMIN, now=now, rng=site.runtime.rng
            )
            tx.lock(site.world.id)
            profile_assignments.assign(tx, made, [device.serial], now=now)

        site.runtime.store.write_sync(give)


def enrol(site: Site, device: Device) -> Outcome:
    async def run(world: DeviceWorld) -> Outcome:
        return (await devices.enrol(world, device, devices.automated())).outcome

    return site.play(run)


@pytest.fixture
def external(quick_site: Site, serve: Serve) -> External:
    return External(quick_site, serve)


def test_a_device_enrols_where_its_profile_sends_it(external: External) -> None:
    device = external.site.device()
    external.take(device)
    outcome = enrol(external.site, device)
    assert (outcome.result, outcome.released, outcome.detail) == ("enrolled", True, "")
    assert outcome.service == external.origin.removeprefix("http://")
    assert [event.step for event in external.events] == [
        "profile",
        "authenticated",
        "enrolled",
        "informed",
        "released",
    ]
    managed = external.mdm.devices[device.udid]
    assert (managed.status, managed.awaiting) == ("enrolled", False)
    assert managed.information["SerialNumber"] == device.serial


def test_a_device_that_is_not_its_own_is_refused(external: External) -> None:
    device = external.site.device()
    external.take(device)
    external.serials.clear()
    outcome = enrol(external.site, device)
    assert outcome.result == "failed"
    assert "HTTP 403" in outcome.detail
    assert external.mdm.devices == {}


@pytest.mark.parametrize("body", [b"", b"\x30\x80", b"<plist><dict/></plist>", b"x" * (1 << 20 | 1)])
def test_nonsense_is_refused_everywhere(external: External, body: bytes) -> None:
    for method, path in (("POST", "enrol"), ("POST", "scep"), ("PUT", "checkin"), ("PUT", "connect")):
        answer = external.site.http.request(method, f"{external.origin}/mdm/{path}", content=body)
        assert answer.status_code == 400, path
    assert external.events == []
