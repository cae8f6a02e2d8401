"""`pomona simulate devices`: devices that enrol over the wire, in a process of their own."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli.context import installation, read_file, settings
from pomona.cli.output import refuse

if TYPE_CHECKING:
    from pomona.simulator.device import Device
    from pomona.simulator.device_management import ManagedDevice
    from pomona.simulator.device_world import DeviceWorld
    from pomona.simulator.devices import Outcome, Way

PASSWORD_VARIABLE = "POMONA_SIMULATED_PASSWORD"
FOLDER = "factory"


def devices(  # noqa: PLR0913, PLR0917 - the options of a command
    ctx: typer.Context,
    serials: Annotated[list[str] | None, typer.Argument(help="Serial numbers; or see --from.")] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", help="File of `serial` or `serial,product` lines; - for standard input."),
    ] = None,
    origin: Annotated[str, typer.Option(help="Pomona's origin, which stands for the makers' cloud.")] = "",
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM of the authorities that devices trust; default the system's.")
    ] = None,
    factory: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the simulated factory's key; default `factory` in the data folder, made on demand."
        ),
    ] = None,
    manual: Annotated[
        str,
        typer.Option(help="Address of an enrolment page: sign in there and install the downloaded profile."),
    ] = "",
    account: Annotated[
        str, typer.Option(help="Managed Apple Account: with --manual to download, else to enrol by it.")
    ] = "",
    well_known_origin: Annotated[
        str,
        typer.Option(
            help="Stands for the https:// address of every account's domain, which is simulated too."
        ),
    ] = "",
    at_once: Annotated[int, typer.Option(min=1, max=500, help="Devices that enrol at the same time.")] = 20,
    own_keys: Annotated[
        bool,
        typer.Option("--own-keys", help="A key for each device, not 16 shared ones: as in life, but slower."),
    ] = False,
    stay: Annotated[
        float, typer.Option(min=0, help="Seconds to go on asking for commands, every --every seconds.")
    ] = 0,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two sessions of a device.")] = 5,
    as_json: Annotated[
        bool, typer.Option("--json", help="A line of JSON for each outcome, in place of the progress bar.")
    ] = False,
) -> None:
    """Let simulated devices enrol: automatically, or (--manual, --account) as their users do.

    Each asks its activation record, follows it to a management service, gets an identity by SCEP, checks in and answers
    commands. Apple Watches stay out: they enrol only with a paired iPhone. The password of --account is asked for, or taken
    from the environment variable POMONA_SIMULATED_PASSWORD. Ends with status 1 when a device failed.
    """
    from pomona.cli.simulate_report import BarReport, JsonReport
    from pomona.simulator.device_keys import SHARED, KeySource
    from pomona.simulator.device_network import Network
    from pomona.simulator.device_world import DeviceWorld
    from pomona.simulator.factory import Factory, FactoryProblem

    wanted = list(_devices(serials or [], from_file))
    if not wanted:
        refuse("name at least one serial number, or a file with --from")
    cloud = origin.rstrip("/") or f"http://127.0.0.1:{settings(ctx).port}"
    way = _way(manual, account)
    roots = read_file(ca_file).decode() if ca_file else ""
    try:
        made = Factory.load(factory_folder(ctx, factory), os.urandom)
    except FactoryProblem as problem:
        refuse(problem)
    report = JsonReport() if as_json else BarReport(len(wanted))

    async def run() -> None:
        keys = KeySource(None if own_keys else SHARED)
        try:
            async with Network(roots) as network:
                world = DeviceWorld(cloud, network, made, keys, os.urandom, well_known_origin.rstrip("/"))
                managed = await _enrol(
                    world, wanted, way, at_once, bool(account) and not manual, report.outcome
                )
                await _stay(managed, stay, every, report.outcome)
        finally:
            keys.close()

    with report:
        asyncio.run(run())
    if report.failed:
        raise typer.Exit(1)


async def _enrol(
    world: "DeviceWorld",
    wanted: "list[Device]",
    way: "Way",
    at_once: int,
    by_account: bool,
    report: "Callable[[Outcome], None]",
) -> "list[ManagedDevice]":
    from pomona.simulator import devices

    managed = []
    async for run in devices.enrol_all(world, wanted, way, at_once=at_once, by_account=by_account):
        report(run.outcome)
        if run.managed is not None and run.managed.managed:
            managed.append(run.managed)
    return managed


async def _stay(
    managed: "list[ManagedDevice]", stay: float, every: float, report: "Callable[[Outcome], None]"
) -> None:
    """Lets devices ask for commands now and then; those that answered some, or left, are reported again."""
    from pomona.simulator import devices

    end = time.monotonic() + stay
    while managed and time.monotonic() + every <= end:
        await asyncio.sleep(every)
        for device in list(managed):
            before = len(device.done)
            outcome = await devices.again(device)
            if len(device.done) > before or outcome.result != "enrolled":
                report(outcome)
        managed = [device for device in managed if device.managed]


def _devices(serials: list[str], file: Path | None) -> "Iterator[Device]":
    from pomona.catalogue.products import UnknownProduct, find
    from pomona.catalogue.serials import InvalidSerial
    from pomona.simulator.device import Device

    for number, line in enumerate([*serials, *_lines(file)], 1):
        serial, _, product = (part.strip() for part in line.partition(","))
        try:
            yield Device.of(serial, find(product) if product else None)
        except (InvalidSerial, UnknownProduct) as problem:
            refuse(f"device {number}: {problem}")


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    text = sys.stdin.read() if str(file) == "-" else read_file(file).decode("utf-8", "replace")
    return [line for line in text.splitlines() if line.strip() and not line.startswith(("#", "serial,"))]


def _way(page: str, account: str) -> "Way":
    from pomona.simulator import devices
    from pomona.simulator.web_sign_in import Person

    if page and not account:
        refuse("--manual needs --account: who signs in at the page")
    if not account:
        return devices.automated()
    given = os.environ.get(PASSWORD_VARIABLE)
    password = given if given is not None else typer.prompt("Password", hide_input=True, err=True)
    person = Person(account, password)
    return devices.downloaded(page, person) if page else devices.account_driven(person)


def factory_folder(ctx: typer.Context, folder: Path | None) -> Path:
    """The folder of the factory's files, made from the installation in this data folder when none was named."""
    if folder is not None:
        return folder
    from pomona.activation import factory
    from pomona.simulator.factory import KEY_FILE

    own = settings(ctx).data / FOLDER
    if not (own / KEY_FILE).exists():
        with installation(ctx) as runtime:
            factory.export(runtime, own)
    return own
