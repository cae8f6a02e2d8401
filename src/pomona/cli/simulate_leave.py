"""`pomona simulate leave`: the user of a simulated device takes it out of the organisation."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from pomona.cli.context import read_file, settings
from pomona.cli.output import refuse, say
from pomona.cli.simulate_devices import factory_folder


def leave(
    ctx: typer.Context,
    serials: Annotated[list[str], typer.Argument(help="Serial numbers.")],
    origin: Annotated[str, typer.Option(help="Pomona's origin, which stands for the makers' cloud.")] = "",
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM of the authorities that devices trust; default the system's.")
    ] = None,
    factory: Annotated[
        Path | None,
        typer.Option(help="Folder with the simulated factory's key; default `factory` in the data folder."),
    ] = None,
) -> None:
    """Let devices leave: organisation, supervision and management, as their users may in Settings.

    Only those that were added by hand may, until thirty days after they were on a service and enrolled. Ends with status 1
    when one may not.
    """
    from pomona.catalogue.serials import InvalidSerial
    from pomona.simulator.device import Device
    from pomona.simulator.device_enrolment import NoRecord
    from pomona.simulator.device_enrolment import leave as leave_one
    from pomona.simulator.device_keys import SHARED, KeySource
    from pomona.simulator.device_network import DeviceProblem, Network
    from pomona.simulator.device_world import DeviceWorld
    from pomona.simulator.factory import Factory, FactoryProblem

    cloud = origin.rstrip("/") or f"http://127.0.0.1:{settings(ctx).port}"
    try:
        wanted = [Device.of(serial) for serial in serials]
        made = Factory.load(factory_folder(ctx, factory), os.urandom)
    except (InvalidSerial, FactoryProblem) as problem:
        refuse(problem)
    roots = read_file(ca_file).decode() if ca_file else ""
    refused: list[str] = []

    async def run() -> None:
        keys = KeySource(SHARED)
        try:
            async with Network(roots) as network:
                world = DeviceWorld(cloud, network, made, keys, os.urandom, "")
                for device in wanted:
                    try:
                        await leave_one(world, device)
                        typer.echo(f"{device.serial}: left")
                    except NoRecord:
                        refused.append(f"{device.serial}: belongs to nobody")
                    except DeviceProblem as problem:
                        refused.append(f"{device.serial}: {problem}")
        finally:
            keys.close()

    asyncio.run(run())
    for sentence in refused:
        say(sentence)
    if refused:
        raise typer.Exit(1)
