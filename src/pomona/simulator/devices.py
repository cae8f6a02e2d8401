"""Many simulated devices at once: each enrols the way it is told, and the outcome of each is reported as it comes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from pomona.catalogue.kinds import Kind
from pomona.simulator import device_enrolment
from pomona.simulator.device import Device
from pomona.simulator.device_enrolment import NoRecord
from pomona.simulator.device_install import live
from pomona.simulator.device_management import ManagedDevice, Unenrolled
from pomona.simulator.device_network import DeviceProblem
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.web_sign_in import Person

Result = Literal["enrolled", "unmanaged", "left out", "failed", "left", "erased"]
Way = Callable[[DeviceWorld, Device], Awaitable[ManagedDevice]]

WATCH = "An Apple Watch enrols only together with its paired iPhone, which is not simulated."
NOT_BY_ACCOUNT = "This kind of device does not enrol by an account."
_BY_ACCOUNT = (Kind.IPHONE, Kind.IPAD, Kind.MAC, Kind.VISION)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a device. `unmanaged` means that the makers' cloud had no record for it.

    `enrollment` is the id it enrolled under, `released` whether it waits in Setup Assistant no longer, `service` the host
    that manages it, `commands` what it answered, as (type, status).
    """

    serial: str
    kind: str
    result: Result
    detail: str = ""
    enrollment: str = ""
    service: str = ""
    released: bool = False
    commands: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A device that is managed now, to go on with."""

    outcome: Outcome
    managed: ManagedDevice | None


def automated() -> Way:
    """Devices that ask for their activation record."""
    return device_enrolment.automated


def downloaded(page: str, person: Person) -> Way:
    """Devices on which somebody installs a profile from a page."""
    return lambda world, device: device_enrolment.downloaded(world, device, page, person)


def account_driven(person: Person) -> Way:
    """Devices on which somebody signs in with a Managed Apple Account."""
    return lambda world, device: device_enrolment.account_driven(world, device, person)


async def enrol_all(
    world: DeviceWorld, devices: Iterable[Device], way: Way, *, at_once: int = 20, by_account: bool = False
) -> AsyncIterator[Run]:
    """Enrols devices, `at_once` of them at a time; gives each as it is done, whatever became of it."""
    turns = asyncio.Semaphore(at_once)

    async def one(device: Device) -> Run:
        async with turns:
            return await enrol(world, device, way, by_account=by_account)

    tasks = [asyncio.create_task(one(device)) for device in devices]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()


async def enrol(world: DeviceWorld, device: Device, way: Way, *, by_account: bool = False) -> Run:
    """Enrols one device and lets it answer what waits for it."""
    if device.kind is Kind.WATCH:
        return Run(_outcome(device, "left out", WATCH), None)
    if by_account and device.kind not in _BY_ACCOUNT:
        return Run(_outcome(device, "left out", NOT_BY_ACCOUNT), None)
    try:
        managed = await way(world, device)
        await live(managed)
    except NoRecord:
        return Run(_outcome(device, "unmanaged"), None)
    except (DeviceProblem, Unenrolled) as problem:
        return Run(_outcome(device, "failed", str(problem)), None)
    return Run(of(managed), managed)


async def again(managed: ManagedDevice) -> Outcome:
    """Another session of a managed device."""
    try:
        await live(managed)
    except Unenrolled as reason:
        managed.managed = False
        return _outcome(managed.state.device, "left", str(reason))
    except DeviceProblem as problem:
        return _outcome(managed.state.device, "failed", str(problem))
    return of(managed)


def of(managed: ManagedDevice) -> Outcome:
    """How things stand with a device that enrolled."""
    state, device = managed.state, managed.state.device
    result: Result = "erased" if state.erased else "enrolled" if managed.managed else "left"
    return Outcome(
        device.serial,
        device.kind.label,
        result,
        enrollment=next(iter(managed.ids.values())),
        service=urlsplit(managed.enrolment.server_url).netloc,
        released=managed.state.supervised and not state.awaiting,
        commands=tuple(managed.done),
    )


def _outcome(device: Device, result: Result, detail: str = "") -> Outcome:
    return Outcome(device.serial, device.kind.label, result, detail)
