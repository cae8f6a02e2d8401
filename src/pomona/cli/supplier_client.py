"""`pomona supplier submit`, `status` and `details`: a supplier's order software, over the wire."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import order_validate
from pomona.cli.context import read_file
from pomona.cli.output import Json, refuse, show_json, show_list

if TYPE_CHECKING:
    from pomona.simulator.supplier import Fate, SupplierClient

Number = Annotated[str, typer.Argument(help="The supplier's number (depResellerId).")]
Token = Annotated[
    str,
    typer.Option(
        help="The supplier's token; not with a certificate.", envvar="POMONA_SUPPLIER_TOKEN", show_envvar=True
    ),
]
Certificate = Annotated[
    Path | None, typer.Option(help="PEM of the supplier's client certificate; its key beside it as .key.")
]
ShipTo = Annotated[str, typer.Option(help="Ship-to number to name.")]
Url = Annotated[str, typer.Option(help="Origin of the order service.")]
CaFile = Annotated[Path | None, typer.Option(help="PEM of the authorities to trust; default the system's.")]
HERE, ANY_SHIP_TO = "http://127.0.0.1:8080", "0000000001"


def submit(
    number: Number,
    token: Token = "",
    certificate: Certificate = None,
    customer: Annotated[
        str, typer.Option(help="Organisation ID (of the maker's orders: Apple Customer Number) of the buyer.")
    ] = "",
    orders: Annotated[
        Path | None,
        typer.Option(
            help="File: JSON as on the wire, or CSV with order_number, serial, product, and others."
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Without --orders: devices to invent.")] = 20,
    seed: Annotated[int, typer.Option(help="Without --orders: chooses the devices.")] = 1,
    order_number: Annotated[str, typer.Option(help="Without --orders: number of the order.")] = "",
    ship_to: ShipTo = ANY_SHIP_TO,
    url: Url = HERE,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """Submit orders, poll until they are worked off, read them back, and say what became of each device.

    Nothing of a file with a bad row is submitted. An order without a date keeps the one that it has there already, so the
    same command adds to an order, or changes nothing. Ends with status 1 when something was refused.
    """
    from pomona.simulator import orders as documents

    now = int(time.time() * 1000)
    products: dict[str, str] = {}
    try:
        if orders is not None:
            wanted = documents.read(read_file(orders), customer)
        else:
            made, products = documents.invented(order_number or f"POMONA-{seed}", count, seed, customer)
            wanted = [made]
    except documents.BadOrders as problem:
        refuse(f"{orders}: nothing was submitted\n{problem}")
    with connected(number, token, certificate, ship_to, url, ca_file) as opened:
        numbers = list(dict.fromkeys(_number(each) for each in wanted))
        known = _dates(opened, wanted)
        id = opened.submit(f"TXN_{now}", documents.dated(wanted, known, now))
        fate = _follow(opened, id)
        shown = opened.details(numbers)
    _report(id, fate, shown, products, as_json)


def validate(
    number: Number,
    orders: Annotated[Path, typer.Argument(help="File as for submit.")],
    token: Token = "",
    certificate: Certificate = None,
    customer: Annotated[
        str, typer.Option(help="Organisation ID of the buyer, where the file names none.")
    ] = "",
    ship_to: ShipTo = ANY_SHIP_TO,
    url: Url = HERE,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """Ask what would become of a file of orders; nothing is kept. A call that Pomona has and Apple's service has not."""
    from pomona.simulator import orders as documents

    wanted = order_validate.orders_of(orders, customer)
    with connected(number, token, certificate, ship_to, url, ca_file) as opened:
        known = _dates(opened, wanted)
        answer = opened.validate(documents.dated(wanted, known, int(time.time() * 1000)))
    show_json(answer) if as_json else order_validate.show(answer)
    if answer["statusCode"] != "COMPLETE":
        raise typer.Exit(1)


def status(
    number: Number,
    transaction: Annotated[str, typer.Argument(help="Enrolment transaction id.")],
    token: Token = "",
    certificate: Certificate = None,
    ship_to: ShipTo = ANY_SHIP_TO,
    url: Url = HERE,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """Say what became of one submission."""
    with connected(number, token, certificate, ship_to, url, ca_file) as opened:
        fate = opened.status(transaction)
    if fate is None:
        show_json({"status": "IN_PROGRESS"}) if as_json else typer.echo("still being worked on")
    else:
        _report(transaction, fate, [], {}, as_json)


def details(
    number: Number,
    order_numbers: Annotated[list[str], typer.Argument(help="Order numbers.")],
    token: Token = "",
    certificate: Certificate = None,
    ship_to: ShipTo = ANY_SHIP_TO,
    url: Url = HERE,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """Show orders as they stand now, as the supplier sees them."""
    with connected(number, token, certificate, ship_to, url, ca_file) as opened:
        found = opened.details(order_numbers)
    if as_json:
        show_json(found)
        return
    rows = [
        {
            "order": each["orderNumber"],
            "type": each.get("orderType", each.get("showOrderStatusCode")),
            "customer": each.get("customerId", ""),
            "devices": _devices(each),
        }
        for each in found
    ]
    show_list("Orders", rows, as_json)


def _dates(client: "SupplierClient", wanted: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The dates of the orders that the service has already, by number."""
    numbers = list(dict.fromkeys(_number(each) for each in wanted))
    return {each["orderNumber"]: each["orderDate"] for each in client.details(numbers) if "orderDate" in each}


def _number(order: dict[str, Any]) -> str:
    return next(str(value) for key, value in order.items() if key.lower() == "ordernumber")


def _follow(client: "SupplierClient", id: str) -> "Fate":
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task("the order is being worked off")
        return client.follow(id)


def _report(
    id: str, fate: "Fate", shown: Sequence[dict[str, Any]], products: dict[str, str], as_json: bool
) -> None:
    bad = [each for each in fate.devices if each.code != "COMPLETE"]
    refused = [(number, code, text) for number, code, text in fate.orders if code.startswith("DEP-ERR")]
    if as_json:
        record: dict[str, Any] = {
            "transaction": id,
            "status": fate.status,
            "orders": fate.orders,
            "complete": len(fate.devices) - len(bad),
            "refused": [(each.order, each.device, each.code, each.message) for each in bad],
            "standing": {each["orderNumber"]: _devices(each) for each in shown},
        }
        show_json({**record, "products": products} if products else record)
    else:
        typer.echo(f"transaction {id}: {fate.status}")
        for number, code, text in fate.orders:
            typer.echo(f"  order {number}: {code} {text}".rstrip())
        typer.echo(f"  {len(fate.devices) - len(bad)} devices complete, {len(bad)} refused")
        for each in bad[:20]:
            typer.echo(f"  {each.device} in {each.order}: {each.code} {each.message}")
    if bad or refused:
        raise typer.Exit(1)


def _devices(order: dict[str, Any]) -> int:
    return sum(len(delivery.get("devices") or []) for delivery in order.get("deliveries") or [])


@contextlib.contextmanager
def connected(
    number: str, token: str, certificate: Path | None, ship_to: str, url: str, ca_file: Path | None
) -> "Iterator[SupplierClient]":
    """A supplier's software, connected; what the service refuses ends the command with a sentence."""
    import ssl

    import httpx

    from pomona.simulator.supplier import SupplierAccount, SupplierClient, SupplierRefused

    if not token and certificate is None:
        refuse("nothing proves who submits: give --token or --certificate")
    trust = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    if certificate is not None:
        _show(trust, certificate)
    try:
        with httpx.Client(base_url=url, verify=trust, timeout=60) as http:
            yield SupplierClient(http, SupplierAccount(number, ship_to, token))
    except (SupplierRefused, httpx.HTTPError) as problem:
        refuse(problem)


def _show(context: Any, certificate: Path) -> None:
    """Lets the context show a client certificate; its key is in the same file or beside it."""
    import ssl

    beside = certificate.with_suffix(".key")
    try:
        context.load_cert_chain(certificate, beside if beside.exists() else None)
    except (OSError, ssl.SSLError) as problem:
        refuse(
            f"{certificate}: no certificate with its key (PEM, key not encrypted) there or in {beside}: {problem}"
        )
