"""The command queue: what may be sent to whom, what comes back, and how management ends by command."""

import pytest

from pomona.catalogue.kinds import Kind
from pomona.formats import plists
from pomona.management import commands
from pomona.management.profile import identifier
from pomona.registry import audit, enrollments
from pomona.registry import commands as queued
from pomona.registry.commands import Command
from pomona.registry.errors import Forbidden, InUse, Invalid
from pomona.simulator import devices
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.devices import Outcome, Run
from pomona.store import Tx
from tests.management.hands import automated, by_account, read
from tests.support.sites import PASSWORD, Site
from tests.support.worlds import ADMIN

EMAIL = "pat@example.pomona.test"
PROFILE = plists.dumps(
    {
        "PayloadType": "Configuration",
        "PayloadIdentifier": "com.example.wifi",
        "PayloadUUID": "1",
        "PayloadContent": [],
    }
)


def queue(site: Site, device: str, type: str, **keys: object) -> Command:
    runtime, now = site.runtime, site.runtime.clock.now()

    def change(tx: Tx) -> Command:
        found = enrollments.find(tx, site.world.id, device)
        return commands.queue(tx, found, type, keys, actor=ADMIN, now=now, rng=runtime.rng)

    return runtime.store.write_sync(change)


def history(site: Site, device: str) -> list[tuple[str, str]]:
    def look(tx: Tx) -> list[Command]:
        return queued.of_enrollment(tx, enrollments.find(tx, site.world.id, device))

    return [(command.type, command.state) for command in reversed(site.runtime.store.read_sync(look))]


def test_a_simulated_device_does_as_it_is_told(site: Site) -> None:
    device = site.device(Kind.IPAD)
    serial = device.serial

    async def run(world: DeviceWorld) -> tuple[Run, Outcome]:
        started = await devices.enrol(world, device, devices.automated())
        assert started.managed is not None
        for type, keys in (
            ("InstallProfile", {"Payload": PROFILE}),
            ("InstallProfile", {"Payload": b"nonsense"}),
            ("ProfileList", {}),
            ("RemoveProfile", {"Identifier": "com.example.wifi"}),
            ("RemoveProfile", {"Identifier": "com.example.none"}),
            ("SecurityInfo", {}),
            ("CertificateList", {}),
            ("InstalledApplicationList", {}),
            ("RestartDevice", {}),
            ("DeviceLock", {"Message": "Found?"}),
        ):
            queue(site, serial, type, **keys)
        return started, await devices.again(started.managed)

    _, outcome = site.play(run)
    assert outcome.result == "enrolled"
    assert history(site, serial)[2:] == [
        ("InstallProfile", "acknowledged"),
        ("InstallProfile", "error"),
        ("ProfileList", "acknowledged"),
        ("RemoveProfile", "acknowledged"),
        ("RemoveProfile", "error"),
        ("SecurityInfo", "acknowledged"),
        ("CertificateList", "acknowledged"),
        ("InstalledApplicationList", "acknowledged"),
        ("RestartDevice", "acknowledged"),
        ("DeviceLock", "acknowledged"),
    ]

    def listed(tx: Tx) -> bytes | None:
        found = queued.of_enrollment(tx, enrollments.find(tx, site.world.id, serial))
        return next(command.result for command in found if command.type == "ProfileList")

    result = plists.loads(site.runtime.store.read_sync(listed) or b"")
    names = {profile["PayloadIdentifier"] for profile in result["ProfileList"]}
    assert names == {"com.example.wifi", identifier(site.world.organization)}


def test_removing_the_enrolment_profile_ends_management(site: Site) -> None:
    device = site.device()

    async def run(world: DeviceWorld) -> Outcome:
        started = await devices.enrol(world, device, devices.automated())
        assert started.managed is not None
        queue(site, device.serial, "RemoveProfile", Identifier=identifier(site.world.organization))
        queue(site, device.serial, "ProfileList")
        return await devices.again(started.managed)

    assert site.play(run).result == "left"
    assert site.enrollment(device.serial).status == "left"
    assert history(site, device.serial)[-1] == ("ProfileList", "cancelled")
    with pytest.raises(InUse, match="managed no longer"):
        queue(site, device.serial, "ProfileList")
    types = [event.type for event in site.runtime.store.read_sync(lambda tx: audit.newest(tx, site.world.id))]
    assert types.count("DEVICE_UNENROLLED") == 1


def test_an_erased_device_is_gone_without_a_word(quick_site: Site) -> None:
    device = quick_site.device()

    async def run(world: DeviceWorld) -> Outcome:
        started = await devices.enrol(world, device, devices.automated())
        assert started.managed is not None
        queue(quick_site, device.serial, "EraseDevice")
        return await devices.again(started.managed)

    assert quick_site.play(run).result == "erased"
    assert quick_site.enrollment(device.serial).status == "enrolled"


@pytest.mark.parametrize("type", ["EraseDevice", "RestartDevice", "DeviceConfigured"])
def test_a_users_own_device_is_spared(quick_site: Site, type: str) -> None:
    quick_site.person(EMAIL)
    hand = by_account(quick_site, EMAIL, PASSWORD).enrol()
    with pytest.raises(Forbidden, match="belongs to its user"):
        queue(quick_site, hand.ids["EnrollmentID"], type)
    queue(quick_site, hand.ids["EnrollmentID"], "DeviceLock")
    assert hand.settle() == ["DeviceInformation", "DeviceLock"]


@pytest.mark.parametrize(
    ("type", "keys", "said"),
    [
        ("PaintDevice", {}, "no command offered"),
        ("InstallProfile", {}, "needs Payload"),
        ("RemoveProfile", {"Identifier": 5}, "needs Identifier"),
        ("DeviceLock", {"PIN": None}, "cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    quick_site: Site, type: str, keys: dict[str, object], said: str
) -> None:
    hand = automated(quick_site).enrol()
    before = history(quick_site, hand.device.serial)
    with pytest.raises(Invalid, match=said):
        queue(quick_site, hand.device.serial, type, **keys)
    assert history(quick_site, hand.device.serial) == before


def test_setup_assistant_is_only_for_automated_enrolment(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    hand = by_account(quick_site, EMAIL, PASSWORD, "adde", Kind.MAC).enrol(AwaitingConfiguration=True)
    assert hand.settle() == ["DeviceInformation"]
    with pytest.raises(Forbidden, match="enrolled automatically"):
        queue(quick_site, hand.device.serial, "DeviceConfigured")


def test_an_unanswered_command_comes_again(site: Site) -> None:
    hand = automated(site).enrol()
    first = read(hand.report())
    assert read(hand.report()) == first  # the device went away in between
    assert history(site, hand.device.serial) == [("DeviceInformation", "sent")]
    assert hand.report("Error", CommandUUID=first["CommandUUID"], ErrorChain=[]).content == b""
    assert history(site, hand.device.serial) == [("DeviceInformation", "error")]


def test_authenticating_again_clears_the_queue(site: Site) -> None:
    hand = automated(site).enrol()
    queue(site, hand.device.serial, "ProfileList")
    again = automated(site, device=hand.device, key=1)
    assert again.authenticate().status_code == 200
    assert hand.report().status_code == 400
    assert again.report().status_code == 400  # between Authenticate and TokenUpdate nothing is managed
    assert again.update_token().status_code == 200
    assert again.settle() == ["DeviceInformation"]
    states = [state for _, state in history(site, hand.device.serial)]
    assert states == ["cancelled", "cancelled", "acknowledged"]


def test_another_devices_command_cannot_be_answered(site: Site) -> None:
    hand, other = automated(site).enrol(), automated(site, key=1).enrol()
    theirs = read(other.report())
    hand.report("Acknowledged", CommandUUID=theirs["CommandUUID"], QueryResponses={"DeviceName": "mine"})
    assert history(site, other.device.serial) == [("DeviceInformation", "sent")]
    assert site.enrollment(other.device.serial).device_name != "mine"


@pytest.mark.parametrize("responses", [{"DeviceName": "a\u2028b" * 400}, {"X" * 500: 1, "UDID": 5}, [], "no"])
def test_what_a_device_reports_is_kept_within_bounds(quick_site: Site, responses: object) -> None:
    hand = automated(quick_site).enrol()
    command = read(hand.report())
    answer = hand.report("Acknowledged", CommandUUID=command["CommandUUID"], QueryResponses=responses)
    assert answer.status_code == 200
    kept = quick_site.enrollment(hand.device.serial)
    assert len(kept.device_name) <= 200
    assert all(len(name) <= 100 for name in kept.information)
