"""`pomona supplier orders`: where a supplier's orders stand, as the supplier sees them."""

from typing import Annotated, Any

import typer

from pomona.cli.context import installation
from pomona.cli.order import record
from pomona.cli.output import Json, say, show_json, show_list, when


def orders(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The supplier's number.")],
    before: Annotated[
        int | None, typer.Option(help="Go on below this id, the last of the page before.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Orders to list.")] = 50,
    as_json: Json = False,
) -> None:
    """List a supplier's orders newest first, for whomever they are; before them those that are not worked off yet.

    `pomona order show NUMBER --supplier …` has an order's deliveries and devices.
    """
    from pomona.registry import orders as registry
    from pomona.registry import submitted_orders, suppliers

    with installation(ctx) as runtime:
        sender = runtime.store.read_sync(lambda tx: suppliers.find(tx, number)).id
        submitted = runtime.store.read_sync(lambda tx: submitted_orders.of_supplier(tx, sender))
        found = runtime.store.read_sync(
            lambda tx: registry.of_supplier(tx, sender, before=before, limit=limit)
        )
    waiting: list[dict[str, Any]] = [
        {"number": each.number, "type": each.type, "state": "ARRIVING" if each.begun else "SUBMITTED",
         "received": when(each.at)}
        for each in submitted
    ]  # fmt: skip
    rows = [{**record(each), "customer": each.customer} for each in found]
    if as_json:
        show_json({"submitted": waiting, "orders": rows})
        return
    if waiting:
        show_list("Being worked off", waiting, False)
    show_list("Orders", [{name: row[name] for name in row if name != "supplier"} for row in rows], False)
    if len(found) == limit:
        say(f"There may be more: --before {found[-1].id}")
