"""Installing an enrolment profile, the same for every way it came: identity, check-in, first session."""

from dataclasses import dataclass

from pomona.formats import mobileconfig
from pomona.formats.mobileconfig import MalformedProfile
from pomona.simulator.device import Device
from pomona.simulator.device_commands import DeviceState
from pomona.simulator.device_identity import obtain
from pomona.simulator.device_management import ManagedDevice, SignIn
from pomona.simulator.device_network import DeviceProblem
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.randomness import uuid

_MODES = {"mdm-byod": "BYOD", "mdm-adde": "ADDE", "": ""}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a profile came. `version` is that of service discovery, empty for other kinds of enrolment.

    `anchors` (DER) are trusted beside the profile's own; `token` and `sign_in` are of account-driven enrolment.
    """

    version: str = ""
    supervised: bool = False
    awaiting: bool = False
    anchors: tuple[bytes, ...] = ()
    token: str | None = None
    sign_in: SignIn | None = None


async def install(world: DeviceWorld, device: Device, profile: bytes, how: Circumstances) -> ManagedDevice:
    """Makes a device managed by an enrolment profile. Raises `DeviceProblem` and `Unenrolled`."""
    try:
        document, _ = mobileconfig.unwrap(profile)
        enrolment = mobileconfig.read_enrolment(document)
        mobileconfig.check_mode(enrolment, _MODES[how.version])
    except MalformedProfile as problem:
        raise DeviceProblem("profile", str(problem)) from None
    client = await world.network.client((*how.anchors, *enrolment.anchors))
    identity = await obtain(client, enrolment.scep, world.keys)
    own = how.version == "mdm-byod"
    state = DeviceState(device, enrolment.identifier, own, how.supervised, how.awaiting)
    state.profiles[enrolment.identifier] = document
    ids = {"EnrollmentID": uuid(world.rng)} if own else {"UDID": device.udid}
    # A Mac's own channel shows no token; only its users' do.
    token = None if device.model_family == "Mac" else how.token
    managed = ManagedDevice(state, enrolment, identity, client, ids, world.rng, token, how.sign_in)
    await managed.enrol()
    return managed


async def live(managed: ManagedDevice) -> None:
    """One session, and what follows from it: a removed profile is told, an erased device just stops."""
    await managed.poll()
    if managed.state.removed:
        await managed.leave()
    elif managed.state.erased:
        managed.managed = False
