"""`pomona supplier unit`: for which organisational unit a linked supplier delivers, so that arrival rules can ask for it."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import refuse

if TYPE_CHECKING:
    from pomona.registry.suppliers import SupplierKind
    from pomona.store import Tx


def unit(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help="APPLE or RESELLER.")],
    number: Annotated[str, typer.Argument(help="The number that is linked.")],
    name: Annotated[str, typer.Argument(help="Name or id of the unit; nothing for all units.")] = "",
    org: Organization_ = None,
) -> None:
    """Say for which unit a linked supplier delivers. Rules for arriving devices can ask for the unit."""
    from pomona.registry import organizational_units, supplier_units
    from pomona.registry.actors import OPERATOR

    if kind.upper() not in ("APPLE", "RESELLER"):
        refuse(f"'{kind}' is no kind of supplier; expected APPLE or RESELLER")
    with installation(ctx) as runtime:
        owner = organization(runtime, org)

        def choose(tx: "Tx") -> str:
            chosen = organizational_units.find(tx, owner.id, name) if name else None
            supplier_units.choose(
                tx, owner.id, cast("SupplierKind", kind.upper()), number, chosen, actor=OPERATOR,
                now=runtime.clock.now(),
            )  # fmt: skip
            return "all units" if chosen is None else chosen.name

        said = runtime.store.write_sync(choose)
    typer.echo(f"{number}: delivers for {said}")
