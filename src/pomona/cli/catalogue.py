"""`pomona catalogue`: what is on record of serial numbers, for the whole installation, and the products there are."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import installation, read_file
from pomona.cli.output import Json, refuse, say, show_json, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.catalogue.facts import Facts
    from pomona.catalogue.records import Record
    from pomona.catalogue.tables import RowProblem
    from pomona.registry.manufacturing import Loaded

app = typer.Typer(no_args_is_help=True, help="Manufacturing records: what each serial number was made as.")

_SHOWN = 20


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV whose first line names the columns, or a JSON array of objects.")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Read the file, say what is wrong, and keep nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Load manufacturing records. Columns: serial, product; if known imei, imei2, meid, eid, wifi_mac, bluetooth_mac, ethernet_mac.

    A line that is wrong is named and left out, the others are kept over what was known before. Devices that are here
    already and were taken for something else are corrected, and their services told.
    """
    from pomona.registry.manufacturing import Loaded

    problems: list[RowProblem] = []
    records = _records(file, problems)
    loaded = Loaded(new=sum(1 for _ in records)) if check else _load(ctx, records)
    if as_json:
        show_json(({} if check else loaded._asdict()) | {"problems": problems})
    else:
        counts = {"right": loaded.new} if check else loaded._asdict()
        show_record(str(file), counts | {"problems": len(problems)}, False)
        for problem in problems[:_SHOWN]:
            column = f", {problem.column}" if problem.column else ""
            say(f"line {problem.line}{column}: {problem.problem}")
        if len(problems) > _SHOWN:
            say(f"and {len(problems) - _SHOWN} more; --json has them all")
    if problems:
        raise typer.Exit(1)


@app.command("list")
def list_(
    ctx: typer.Context,
    beginning: Annotated[str, typer.Argument(help="Beginning of the serial numbers.")] = "",
    after: Annotated[str, typer.Option(help="Go on behind this serial number.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 100,
    as_json: Json = False,
) -> None:
    """List manufacturing records in the order of their serial numbers."""
    from pomona.registry import manufacturing

    with installation(ctx) as runtime:
        found = runtime.store.scan_sync(
            lambda tx: manufacturing.page(
                tx, after=after.upper(), beginning=beginning.upper(), limit=limit + 1
            )
        )
    rows = [
        {
            "serial": record.serial,
            "model": record.product.model,
            "part_number": record.product.part_number,
            "told": " ".join(record.told),
            "loaded": when(loaded_at),
        }
        for record, loaded_at in found[:limit]
    ]
    show_list("Manufacturing records", rows, as_json)
    if len(found) > limit:
        say(f"There are more: --after {rows[-1]['serial']}")


@app.command("show")
def show(
    ctx: typer.Context, serial: Annotated[str, typer.Argument(help="Serial number.")], as_json: Json = False
) -> None:
    """Show what a serial number stands for: by its record, or derived from it."""
    from pomona.catalogue.facts import infer
    from pomona.catalogue.serials import InvalidSerial, canonical
    from pomona.registry import manufacturing

    try:
        number = canonical(serial)
    except InvalidSerial as problem:
        refuse(problem)
    with installation(ctx) as runtime:
        known = runtime.store.read_sync(lambda tx: manufacturing.known(tx, [number]))
    facts = known.get(number)
    show_record(number, _facts(facts or infer(number), recorded=facts is not None), as_json)


@app.command("remove")
def remove(
    ctx: typer.Context,
    serials: Annotated[list[str], typer.Argument(help="Serial numbers.")],
) -> None:
    """Forget manufacturing records. Devices stay what they are known as."""
    from pomona.catalogue.serials import InvalidSerial, canonical
    from pomona.registry import manufacturing
    from pomona.registry.actors import OPERATOR

    try:
        numbers = [canonical(serial) for serial in serials]
    except InvalidSerial as problem:
        refuse(problem)
    with installation(ctx) as runtime:
        gone = runtime.store.write_sync(
            lambda tx: manufacturing.remove(tx, numbers, actor=OPERATOR, now=runtime.clock.now())
        )
    typer.echo(f"{gone} of {len(set(numbers))} forgotten")
    if not gone:
        raise typer.Exit(1)


@app.command("products")
def products(
    text: Annotated[str, typer.Argument(help="Part of a model name, product type or part number.")] = "",
    as_json: Json = False,
) -> None:
    """List the products there are: what a record, an order or an added device may be called."""
    from pomona.catalogue.products import all_products
    from pomona.catalogue.spelling import folded

    wanted = folded(text)
    rows = [
        {
            "product_type": product.product_type,
            "model": product.model,
            "capacity": product.capacity,
            "color": product.color,
            "part_number": product.part_number,
        }
        for product in all_products()
        if any(wanted in folded(name) for name in (product.product_type, product.model, product.part_number))
    ]
    show_list("Products", rows, as_json)


def _records(file: Path, problems: "list[RowProblem]") -> "Iterator[Record]":
    """The records of a file; what is wrong in it goes to `problems` on the way."""
    from pomona.catalogue import manufacturing
    from pomona.catalogue.tables import RowProblem, decoded

    data = read_file(file)
    if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{")):
        found = manufacturing.json_records(data)
    else:
        try:
            found = manufacturing.csv_records(decoded(data))
        except ValueError as problem:
            refuse(f"{file} is no text file ({problem}); expected CSV or JSON")
    for each in found:
        if isinstance(each, RowProblem):
            problems.append(each)
        else:
            yield each


def _load(ctx: typer.Context, records: "Iterator[Record]") -> "Loaded":
    from pomona.registry import manufacturing
    from pomona.registry.actors import OPERATOR

    total = manufacturing.Loaded()
    with installation(ctx) as runtime:
        now = runtime.clock.now()
        while part := list(islice(records, manufacturing.CHUNK)):
            total = total.plus(
                runtime.store.write_sync(lambda tx: manufacturing.load(tx, part, actor=OPERATOR, now=now))
            )
        if any(total):
            runtime.store.write_sync(lambda tx: manufacturing.note(tx, total, actor=OPERATOR, now=now))
    return total


def _facts(facts: "Facts", *, recorded: bool) -> dict[str, Any]:
    product = facts.product
    record = {
        "known_by": "its manufacturing record" if recorded else "inference from the serial number",
        "kind": product.kind.label,
        "model": product.model,
        "product_type": product.product_type,
        "part_number": product.part_number,
        "capacity": product.capacity,
        "color": product.color,
        "imei": ", ".join(facts.imei),
        "meid": ", ".join(facts.meid),
        "eid": facts.eid,
        "wifi_mac": facts.wifi_mac,
        "bluetooth_mac": facts.bluetooth_mac,
        "ethernet_mac": ", ".join(facts.ethernet_mac),
    }
    return {name: value for name, value in record.items() if value}
