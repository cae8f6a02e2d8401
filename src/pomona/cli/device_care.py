"""`pomona device replace`, `unlock`, `deadline`: devices that are repaired, that ask for a code, that are to go over."""

from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, show_record

if TYPE_CHECKING:
    from pomona.store import Tx

Serial = Annotated[str, typer.Argument(help="Serial number.")]


def replace(
    ctx: typer.Context,
    serial: Serial,
    unit: Annotated[str, typer.Argument(help="Serial number of the unit that came instead.")],
    product: Annotated[
        str, typer.Option(help="What the unit is: product type or part number; default what its serial says.")
    ] = "",
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Put the unit that came back from repair in the place of the device that was sent in.

    The old device leaves the organisation, the new one takes over its service and asset tag. The service is told so.
    """
    from pomona.catalogue.facts import infer
    from pomona.catalogue.products import UnknownProduct, find
    from pomona.catalogue.serials import InvalidSerial, canonical
    from pomona.registry import replacements
    from pomona.registry.actors import OPERATOR

    try:
        old, facts = canonical(serial), infer(unit, find(product) if product else None)
    except (InvalidSerial, UnknownProduct) as problem:
        refuse(problem)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        runtime.store.write_sync(
            lambda tx: replacements.replace(tx, owner.id, old, facts, actor=OPERATOR, now=runtime.clock.now())
        )
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


def deadline(
    ctx: typer.Context,
    serials: Annotated[list[str], typer.Argument(help="Serial numbers of devices that are on a service.")],
    at: Annotated[
        str | None, typer.Option(help="When, as 2027-01-15T08:00:00Z; without it the deadline is taken back.")
    ] = None,
    org: Organization_ = None,
) -> None:
    """Say until when moved devices must have gone over to their service without being erased, or take that back.

    The service sees it (protocol 8 and later), and so does a device that asks for its activation record.
    """
    from pomona.registry import deadlines, devices, services
    from pomona.registry.actors import OPERATOR

    moment = _moment(at)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        found = runtime.store.read_sync(
            lambda tx: [devices.get(tx, owner.id, serial) for serial in dict.fromkeys(serials)]
        )
        if waiting := [device.serial for device in found if device.service_id is None]:
            refuse(f"{waiting[0]} is on no service; assign it first")

        def set_all(tx: "Tx") -> None:
            for id in sorted({device.service_id for device in found if device.service_id is not None}):
                service = services.get(tx, owner.id, id)
                of_it = [device.serial for device in found if device.service_id == id]
                deadlines.set_deadline(tx, service, of_it, moment, actor=OPERATOR, now=runtime.clock.now())

        runtime.store.write_sync(set_all)
    count = f"{len(found)} device{'' if len(found) == 1 else 's'}"
    typer.echo(f"{count}: {'no deadline' if moment is None else f'to go over by {at}'}")


def _moment(text: str | None) -> int | None:
    from pomona.formats.times import parse_iso

    try:
        return None if text is None else parse_iso(text)
    except ValueError as problem:
        refuse(problem)
