"""`pomona device lookup`: which devices of a list are ours, and where they are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization, read_file
from pomona.cli.output import Json, refuse, say, show_list

if TYPE_CHECKING:
    from pomona.registry.lookups import Hit

_COLUMNS = ("line", "asked", "answer", "model", "service", "order", "added")


def lookup(
    ctx: typer.Context,
    serials: Annotated[list[str] | None, typer.Argument(help="Serial numbers, IMEIs or MEIDs.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="CSV with a column serial, or one in each line.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the answers to this CSV file.")] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Look many devices up: found, released, not ours, or malformed. Exit status 1 when one is not found."""
    from pomona.registry import device_lists, lookups, services
    from pomona.registry.errors import RegistryError

    asked = list(enumerate(serials or [], 1))
    if file is not None:
        try:
            listed = device_lists.read(read_file(file))
        except RegistryError as problem:
            refuse(f"{file}: {problem}")
        asked += [(entry.line, entry.asked.text) for entry in listed.entries]
        for each in listed.problems:
            say(f"line {each.line}: {each.problem}")
    if not asked:
        refuse("no devices: give serial numbers as arguments or in a file with --file")
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        hits = runtime.store.scan_sync(lambda tx: lookups.look_up(tx, of.id, asked))
        named = runtime.store.read_sync(lambda tx: services.of_organization(tx, of.id))
    titles = {each.id: each.name for each in named}
    if csv is not None:
        csv.write_bytes(lookups.csv(hits, titles))
    show_list("Devices", [_row(hit, titles) for hit in hits], as_json, columns=_COLUMNS)
    counted = lookups.counts(hits)
    say(
        ", ".join(f"{count} {answer.lower().replace('_', ' ')}" for answer, count in counted.items() if count)
    )
    if counted[lookups.Answer.FOUND] < len(hits):
        raise typer.Exit(1)


def _row(hit: "Hit", titles: dict[int, str]) -> dict[str, Any]:
    from pomona.registry import device_columns

    row: dict[str, Any] = {
        "line": hit.line,
        "asked": hit.text,
        "answer": hit.answer.lower().replace("_", " "),
    }
    if hit.device is None:
        return row
    cells = dict(zip(device_columns.HEADING, device_columns.cells(hit.device, titles), strict=True))
    return row | cells | {"order": cells["order_number"]}
