"""`pomona supplier change` and `ship-to`: what a supplier's account may do, and under which numbers."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import installation
from pomona.cli.output import Json, refuse, show_record

if TYPE_CHECKING:
    from pomona.registry.suppliers import Supplier
    from pomona.store import Tx

Number = Annotated[str, typer.Argument(help="The supplier's number.")]


def change(
    ctx: typer.Context,
    number: Number,
    sold_to: Annotated[
        str | None, typer.Option(help="Sold-to account that the number is one of; empty for none.")
    ] = None,
    active: Annotated[bool | None, typer.Option(help="Whether it may submit.")] = None,
    as_json: Json = False,
) -> None:
    """Change a supplier's account. One that may not submit keeps what it submitted."""
    from pomona.registry import suppliers
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        now = runtime.clock.now()

        def work(tx: "Tx") -> "Supplier":
            found = suppliers.find(tx, number)
            if sold_to is not None:
                found = suppliers.set_sold_to(tx, found, sold_to, actor=OPERATOR, now=now)
            if active is not None and active != found.active:
                found = suppliers.set_active(tx, found, active, actor=OPERATOR, now=now)
            return found

        changed = runtime.store.write_sync(work)
    show_record(changed.name, record(changed), as_json)


def ship_to(
    ctx: typer.Context,
    number: Number,
    ship_to: Annotated[str, typer.Argument(help="Ship-to number, up to ten digits.")],
    active: Annotated[bool, typer.Option(help="Whether the number may be named.")] = True,
    allow: Annotated[
        list[str] | None, typer.Option(help="enroll, status or details; may be repeated. Default all.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Register a ship-to number of a supplier, or change what may be done under it."""
    from pomona.registry import suppliers
    from pomona.registry.actors import OPERATOR

    actions = [each.upper() for each in allow or suppliers.ACTIONS]
    if set(actions) - set(suppliers.ACTIONS):
        refuse(f"--allow: expected {', '.join(suppliers.ACTIONS).lower()}")
    with installation(ctx) as runtime:
        changed = runtime.store.write_sync(
            lambda tx: suppliers.change_ship_to(
                tx, suppliers.find(tx, number), ship_to, active=active, actions=actions, actor=OPERATOR,
                now=runtime.clock.now(),
            )
        )  # fmt: skip
    show_record(changed.name, record(changed), as_json)


def record(supplier: "Supplier") -> dict[str, Any]:
    """A supplier's account as it is printed."""
    return {
        "kind": supplier.kind,
        "number": supplier.number,
        "name": supplier.name,
        "sold_to": supplier.sold_to,
        "ship_to": [each.number for each in supplier.ship_tos if each.active],
        "active": supplier.active,
    }
