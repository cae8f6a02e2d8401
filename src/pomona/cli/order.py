"""`pomona order`: where each order of an organisation stands, and why."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, show_json, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.orders import Line, Order
    from pomona.store import Tx

app = typer.Typer(no_args_is_help=True, help="Orders: what suppliers sent, and where every device of it is.")


@app.command("list")
def list_(
    ctx: typer.Context,
    before: Annotated[
        int | None, typer.Option(help="Go on below this id, the last of the page before.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Orders to list.")] = 50,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """List orders newest first, those that wait for a link among them."""
    from pomona.registry import orders

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        found = runtime.store.read_sync(
            lambda tx: orders.of_organization(tx, owner.id, before=before, limit=limit)
        )
    show_list("Orders", [_record(each) for each in found], as_json)


@app.command("show")
def show(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="Order number.")],
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Show an order: what was submitted about it, its deliveries, and each device with why it is not here."""
    from pomona.registry import orders
    from pomona.registry.errors import NotFound

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        found = runtime.store.read_sync(lambda tx: orders.find(tx, owner.id, number))
        if not found:
            raise NotFound("order", number)
        shown = [runtime.store.scan_sync(partial(_whole, order=each)) for each in found]
    if as_json:
        show_json(shown)
        return
    for each in shown:
        record = {name: value for name, value in each.items() if not isinstance(value, list)}
        show_record(f"Order {number}", record, as_json)
        show_list("Submissions", each["history"], as_json)
        show_list("Deliveries", each["deliveries"], as_json)
        show_list("Devices", each["devices"], as_json)


def _whole(tx: "Tx", order: "Order") -> dict[str, Any]:
    from pomona.registry import orders

    return {
        **_record(order),
        "reason": order.reason,
        "history": [
            {
                "at": when(entry.received_at),
                "type": entry.type,
                "transaction": entry.transaction_id,
                "problem": _problem(entry.problem),
            }
            for entry in orders.history(tx, order.id)
        ],
        "deliveries": [
            {"number": each.number, "shipped": when(each.shipped_at),
             "devices": ", ".join(f"{count} {state.name.lower()}" for state, count in each.counts.items())}
            for each in orders.deliveries(tx, order.id)
        ],
        "devices": [_line(each) for each in orders.lines(tx, order.id)],
    }  # fmt: skip


def _record(order: "Order") -> dict[str, Any]:
    return {
        "id": order.id,
        "number": order.number,
        "type": order.type,
        "supplier": f"{order.supplier_kind} {order.supplier_number}",
        "state": order.state,
        "pending": order.pending,
        "here": order.live,
        "returned": order.returned,
        "released": order.released,
        "refused": order.refused,
        "ordered": when(order.ordered_at),
        "updated": when(order.updated_at),
    }


def _line(line: "Line") -> dict[str, Any]:
    return {
        "serial": line.serial,
        "delivery": line.delivery,
        "state": line.state.name,
        "why": _problem(line.problem),
        "shipped": when(line.shipped_at),
        "asset_tag": line.asset_tag,
    }


def _problem(problem: Any) -> str:
    return "" if problem is None else problem.name.replace("_", " ").lower()
