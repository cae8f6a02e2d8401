"""`pomona order`: where each order of an organisation stands, and why."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import order_validate
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, say, show_json, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.orders import Line, Order
    from pomona.runtime import Runtime
    from pomona.store import Tx

app = typer.Typer(no_args_is_help=True, help="Orders: what suppliers sent, and where every device of it is.")
app.command("validate")(order_validate.validate)


Supplier_ = Annotated[
    str | None,
    typer.Option(
        "--supplier", help="Number of a supplier: its orders, as it sees them, for whomever they are."
    ),
]
_SHOWN = 200


@app.command("list")
def list_(
    ctx: typer.Context,
    before: Annotated[
        int | None, typer.Option(help="Go on below this id, the last of the page before.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Orders to list.")] = 50,
    supplier: Supplier_ = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """List orders newest first, those that wait for a link among them."""
    from pomona.registry import orders, suppliers

    with installation(ctx) as runtime:
        if supplier is None:
            owner = organization(runtime, org).id
            listed = partial(orders.of_organization, organization_id=owner)
        else:
            sender = runtime.store.read_sync(partial(suppliers.find, text=supplier)).id
            listed = partial(orders.of_supplier, supplier_id=sender)
        found = runtime.store.read_sync(partial(listed, before=before, limit=limit))
    show_list("Orders", [record(each) for each in found], as_json)


@app.command("show")
def show(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="Order number.")],
    supplier: Supplier_ = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Show an order: what was submitted about it, its deliveries, and each device with why it is not here.

    The table ends after 200 devices; --json has all of them.
    """
    with installation(ctx) as runtime:
        shown = [
            runtime.store.scan_sync(partial(_whole, order=each))
            for each in _found(runtime, number, supplier, org)
        ]
    if as_json:
        show_json(shown)
        return
    for each in shown:
        record = {name: value for name, value in each.items() if not isinstance(value, list)}
        show_record(f"Order {number}", record, as_json)
        show_list("Submissions", each["history"], as_json)
        show_list("Deliveries", each["deliveries"], as_json)
        show_list("Devices", each["devices"][:_SHOWN], as_json)
        if len(each["devices"]) > _SHOWN:
            say(f"and {len(each['devices']) - _SHOWN} more; --json has all of them")


def _found(runtime: "Runtime", number: str, supplier: str | None, org: str | None) -> "list[Order]":
    from pomona.registry import moved_orders, orders, suppliers
    from pomona.registry.errors import NotFound

    if supplier is None:
        owner = organization(runtime, org).id
        found = runtime.store.read_sync(partial(orders.find, organization_id=owner, number=number))
        gone = runtime.store.read_sync(partial(moved_orders.find, organization_id=owner, number=number))
        if gone and not found:
            refuse(
                f"order {number} of {gone[0].supplier_number} was overridden at {when(gone[0].moved_at)} for another"
                " Organisation ID; its devices left"
            )
    else:
        sender = runtime.store.read_sync(partial(suppliers.find, text=supplier)).id
        latest = runtime.store.read_sync(partial(orders.latest, supplier_id=sender, number=number))
        found = [] if latest is None else [latest]
    if not found:
        raise NotFound("order", number)
    return found


def _whole(tx: "Tx", order: "Order") -> dict[str, Any]:
    from pomona.registry import orders

    return {
        **record(order),
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
        "devices": [_line(each) for each in _lines(tx, order.id)],
    }  # fmt: skip


def _lines(tx: "Tx", order_id: int) -> "Iterator[Line]":
    from pomona.registry import orders

    after = ""
    while page := orders.lines(tx, order_id, after=after):
        yield from page
        after = page[-1].serial


def record(order: "Order") -> dict[str, Any]:
    """An order as a list prints it."""
    return {
        "id": order.id,
        "number": order.number,
        "type": order.type,
        "supplier": f"{order.supplier_kind} {order.supplier_number}",
        "state": f"{order.state}, OVERRIDDEN"
        if order.type == "OV" and order.voided_at is None
        else order.state,
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
        "why": _problem(line.problem) or line.returned_with,
        "shipped": when(line.shipped_at),
        "asset_tag": line.asset_tag,
    }


def _problem(problem: Any) -> str:
    return "" if problem is None else problem.name.replace("_", " ").lower()
