"""`pomona device replace`, `repair`, `unlock`: devices that are repaired, and devices that ask for a code."""

from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, show_record

if TYPE_CHECKING:
    from pomona.catalogue.facts import Facts
    from pomona.store import Tx

Serial = Annotated[str, typer.Argument(help="Serial number.")]


def replace(
    ctx: typer.Context,
    serial: Serial,
    unit: Annotated[str, typer.Argument(help="Serial number of the unit that came instead.")],
    product: Annotated[
        str,
        typer.Option(
            help="What the unit is: product type or part number; default the same as the old device."
        ),
    ] = "",
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Put the unit that came back from repair in the place of the device that was sent in.

    The old device leaves the organisation, the new one takes over its service and asset tag. The service is told so.
    """
    from pomona.catalogue.serials import InvalidSerial, canonical
    from pomona.registry import replacements
    from pomona.registry.actors import OPERATOR

    try:
        old, new = canonical(serial), canonical(unit)
    except InvalidSerial as problem:
        refuse(problem)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        strict = runtime.settings.catalogue == "strict"

        def put(tx: "Tx") -> "Facts":
            facts = replacements.unit_facts(tx, owner.id, old, new, product, strict=strict)
            replacements.replace(tx, owner.id, old, facts, actor=OPERATOR, now=runtime.clock.now())
            return facts

        facts = runtime.store.write_sync(put)
    show_record("Replaced", {"original": old, "unit": facts.serial, "model": facts.product.model}, as_json)


def unlock(ctx: typer.Context, serial: Serial, org: Organization_ = None) -> None:
    """Take the organisation's Activation Lock off a device."""
    from pomona.registry import activation_locks, devices
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        device = runtime.store.read_sync(lambda tx: devices.get(tx, owner.id, serial))
        was_locked = runtime.store.write_sync(
            lambda tx: activation_locks.unlock(
                tx, owner.id, device.id, device.serial, actor=OPERATOR, now=runtime.clock.now()
            )
        )
    typer.echo(f"{device.serial}: {'unlocked' if was_locked else 'was not locked'}")


def repair(
    ctx: typer.Context,
    serial: Serial,
    off: Annotated[bool, typer.Option("--off", help="The device is back.")] = False,
    org: Organization_ = None,
) -> None:
    """Mark a device as in repair, so that whoever is about to release it is warned; or take the mark off."""
    from pomona.registry import devices, repairs
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        device = runtime.store.read_sync(lambda tx: devices.get(tx, owner.id, serial))
        act = repairs.unmark if off else repairs.mark
        changed = runtime.store.write_sync(
            lambda tx: act(tx, owner.id, device.serial, actor=OPERATOR, now=runtime.clock.now())
        )
    state = "back from repair" if off else "in repair"
    was = "was not in repair" if off else "was in repair already"
    typer.echo(f"{device.serial}: {state if changed else was}")
