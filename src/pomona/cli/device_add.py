"""`pomona device add`: devices added by hand, as Apple Configurator does."""

from typing import Annotated

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, show_list


def add(
    ctx: typer.Context,
    serials: Annotated[
        list[str],
        typer.Argument(help="Serial numbers, each with its product if known: SERIAL or SERIAL=PRODUCT."),
    ],
    service: Annotated[str | None, typer.Option(help="Name or id of the service they go to.")] = None,
    default: Annotated[bool, typer.Option("--default", help="To the default service of each kind.")] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Add devices by hand. Without --service or --default they wait in "Devices Added by Apple Configurator".

    A device added by hand can be taken out again by its user for thirty days, which begin when it enrols.
    """
    from pomona.catalogue.products import Product, UnknownProduct, find
    from pomona.catalogue.serials import InvalidSerial, canonical
    from pomona.registry import by_hand, services
    from pomona.registry.actors import OPERATOR

    wanted: dict[str, Product | None] = {}
    for text in serials:
        serial, _, product = text.partition("=")
        try:
            wanted[canonical(serial)] = find(product) if product else None
        except (InvalidSerial, UnknownProduct) as problem:
            refuse(f"{text}: {problem}")
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        named = service and runtime.store.read_sync(lambda tx: services.find(tx, of.id, service))
        where: by_hand.Where = named or ("default" if default else "placeholder")
        outcomes = runtime.store.write_sync(
            lambda tx: by_hand.add(
                tx, of.id, wanted, where=where, actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng
            )
        )
    rows = [
        {"serial": serial, "result": "added" if outcome.added else _why_not(outcome.owner == of.id)}
        for serial, outcome in outcomes.items()
    ]
    show_list("Added by hand", rows, as_json, columns=("serial", "result"))


def _why_not(own: bool) -> str:
    return "is here already" if own else "belongs to another organisation"
