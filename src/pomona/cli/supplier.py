"""`pomona supplier`: the suppliers' accounts, which of them an organisation lets in, and a supplier's own software."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from pomona.cli import (
    supplier_accounts,
    supplier_certificates,
    supplier_client,
    supplier_orders,
    supplier_unit,
)
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, show_list, show_record, when
from pomona.cli.supplier_accounts import record

if TYPE_CHECKING:
    from pomona.registry.suppliers import Supplier, SupplierKind

app = typer.Typer(no_args_is_help=True, help="Suppliers: who may send orders, and whose orders are let in.")
app.command("submit")(supplier_client.submit)
app.command("validate")(supplier_client.validate)
app.command("status")(supplier_client.status)
app.command("details")(supplier_client.details)
app.command("orders")(supplier_orders.orders)
app.command("change")(supplier_accounts.change)
app.command("ship-to")(supplier_accounts.ship_to)
app.command("certificate")(supplier_certificates.certificate)
app.command("credentials")(supplier_certificates.credentials)
app.command("revoke")(supplier_certificates.revoke)
app.command("unit")(supplier_unit.unit)

Kind = Annotated[str, typer.Argument(help="APPLE or RESELLER.")]
Number = Annotated[str, typer.Argument(help="The supplier's number; of a reseller, its Reseller Number.")]
Linked = Annotated[
    str, typer.Argument(help="What the organisation enters: an Apple Customer Number, or a Reseller Number.")
]


@app.command("add")
def add(
    ctx: typer.Context,
    kind: Kind,
    number: Number,
    name: Annotated[str, typer.Option(help="Name, as people know it; default the number.")] = "",
    ship_to: Annotated[
        list[str] | None, typer.Option(help="Ship-to number that it may name; may be repeated.")
    ] = None,
    sold_to: Annotated[str, typer.Option(help="Sold-to account that the number is one of.")] = "",
    as_json: Json = False,
) -> None:
    """Make an account for a supplier and print its token, which is shown once."""
    from pomona.registry import supplier_credentials, suppliers
    from pomona.registry.actors import OPERATOR
    from pomona.store import Tx

    with installation(ctx) as runtime:
        now = runtime.clock.now()

        def work(tx: Tx) -> "tuple[Supplier, str]":
            made = suppliers.register(
                tx,
                _kind(kind),
                number,
                name,
                ship_to=ship_to or ["1"],
                sold_to=sold_to,
                actor=OPERATOR,
                now=now,
            )
            token = supplier_credentials.issue_token(tx, [made], actor=OPERATOR, now=now, rng=runtime.rng)
            return made, token

        made, token = runtime.store.write_sync(work)
    show_record(made.name, {**record(made), "token": token}, as_json)


@app.command("token")
def token(
    ctx: typer.Context,
    number: Number,
    replace: Annotated[bool, typer.Option("--replace", help="End its tokens from before.")] = False,
    as_json: Json = False,
) -> None:
    """Make another token for a supplier and print it; it is shown once."""
    from pomona.registry import supplier_credentials, suppliers
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        found = runtime.store.read_sync(lambda tx: suppliers.find(tx, number))
        made = runtime.store.write_sync(
            lambda tx: supplier_credentials.issue_token(
                tx, [found], replace=replace, actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng
            )
        )
    show_record(found.name, {"number": found.number, "token": made}, as_json)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List the suppliers that have an account here."""
    from pomona.registry import suppliers

    with installation(ctx) as runtime:
        found = runtime.store.read_sync(suppliers.all_of_them)
    show_list("Suppliers", [record(each) for each in found], as_json)


@app.command("link")
def link(
    ctx: typer.Context, kind: Kind, number: Linked, org: Organization_ = None, as_json: Json = False
) -> None:
    """Let a supplier's devices into the organisation; orders that waited for it begin to flow in."""
    from pomona.registry import supplier_links
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        made, waiting = runtime.store.write_sync(
            lambda tx: supplier_links.link(
                tx, owner.id, _kind(kind), number, actor=OPERATOR, now=runtime.clock.now()
            )
        )
    record = {
        "organization": owner.number,
        "kind": made.kind,
        "number": made.number,
        "orders_let_in": waiting,
    }
    show_record("Linked", record, as_json)


@app.command("unlink")
def unlink(ctx: typer.Context, kind: Kind, number: Linked, org: Organization_ = None) -> None:
    """Let no new devices in from a supplier. Those that are here stay."""
    from pomona.registry import supplier_links
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        ended = runtime.store.write_sync(
            lambda tx: supplier_links.unlink(
                tx, owner.id, _kind(kind), number, actor=OPERATOR, now=runtime.clock.now()
            )
        )
    typer.echo(f"{owner.name} lets nothing in from {ended.kind} {ended.number} any more")


@app.command("links")
def links(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List the numbers that an organisation has linked."""
    from pomona.registry import supplier_links

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        found = runtime.store.read_sync(lambda tx: supplier_links.of_organization(tx, owner.id))
    rows = [
        {"kind": each.kind, "number": each.number, "linked": when(each.linked_at), "by": each.linked_by}
        for each in found
    ]
    show_list("Linked suppliers", rows, as_json)


def _kind(text: str) -> "SupplierKind":
    kind = text.strip().upper()
    if kind not in {"APPLE", "RESELLER"}:
        refuse(f"'{text}' is no kind of supplier; expected APPLE or RESELLER")
    return cast("SupplierKind", kind)
