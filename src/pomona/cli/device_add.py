"""`pomona device add`: devices added by hand, as Apple Configurator does, named one by one or in a CSV file."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli.context import Organization_, installation, organization, read_file
from pomona.cli.output import Json, refuse, say, show_json, show_table

if TYPE_CHECKING:
    from pomona.registry.by_hand import Answer, Where
    from pomona.registry.device_lists import DeviceList, Entry, Outcome
    from pomona.registry.organizations import Organization
    from pomona.runtime import Runtime

_AT_A_TIME = 5_000
_SHOWN = 50
_FINE = ("ADDED", "ALREADY_HERE")


def add(
    ctx: typer.Context,
    serials: Annotated[
        list[str] | None,
        typer.Argument(
            help="Serial numbers, IMEIs or MEIDs, each with its product if known: SERIAL or SERIAL=PRODUCT."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="CSV with a column serial, and if known product and asset_tag."),
    ] = None,
    service: Annotated[str | None, typer.Option(help="Name or id of the service they go to.")] = None,
    default: Annotated[
        bool,
        typer.Option(
            "--default", help="Where new devices go by rule, or to the default service of their kind."
        ),
    ] = False,
    unassigned: Annotated[bool, typer.Option("--unassigned", help="To no service.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of each, and add none.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write what became of each line to this CSV file.")
    ] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Add devices by hand. Without --service, --default or --unassigned they wait in "Devices Added by Apple Configurator".

    A device added by hand can be taken out again by its user for thirty days, which begin when it is on a service and
    enrols. What cannot be added is named with its line, the others are added all the same; exit status 1 says that there was
    something of the kind.
    """
    from pomona.registry import device_lists, services
    from pomona.registry.errors import RegistryError

    if sum((service is not None, default, unassigned)) > 1:
        refuse("give one of --service, --default and --unassigned")
    try:
        named = _named(serials or [], file)
    except RegistryError as problem:
        refuse(f"{file}: {problem}")
    if not named.entries and not named.problems:
        refuse("no devices: give serial numbers as arguments or in a file with --file")
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        to = service and runtime.store.read_sync(lambda tx: services.find(tx, of.id, service))
        where: Where = to or ("default" if default else "none" if unassigned else "placeholder")
        answers = _add(runtime, of, named.entries, where, dry_run=dry_run)
    found = device_lists.outcomes(named.entries, answers) + device_lists.unreadable(named.problems)
    if report is not None:
        report.write_bytes(device_lists.csv_report(found))
    _show(found, as_json, dry_run=dry_run)
    if any(each.result not in _FINE for each in found):
        raise typer.Exit(1)


def _named(arguments: list[str], file: Path | None) -> "DeviceList":
    """The arguments, counted from 1, and then the lines of the file."""
    from pomona.registry import device_lists
    from pomona.registry.by_hand import Asked
    from pomona.registry.device_lists import DeviceList, Entry

    parted = [text.partition("=") for text in arguments]
    entries = [Entry(n, Asked(serial, product)) for n, (serial, _, product) in enumerate(parted, 1)]
    listed = DeviceList([], []) if file is None else device_lists.read(read_file(file))
    return DeviceList(entries + listed.entries, listed.problems)


def _add(
    runtime: "Runtime", of: "Organization", entries: "list[Entry]", where: "Where", *, dry_run: bool
) -> "list[Answer]":
    from pomona.registry import by_hand
    from pomona.registry.actors import OPERATOR

    answers: list[Answer] = []
    rest = iter(entries)
    while part := [entry.asked for entry in islice(rest, _AT_A_TIME)]:
        answers += runtime.store.write_sync(
            lambda tx: by_hand.add(
                tx,
                of.id,
                part,
                where=where,
                strict=runtime.settings.catalogue == "strict",
                dry_run=dry_run,
                actor=OPERATOR,
                now=runtime.clock.now(),
                rng=runtime.rng,
            )
        )
    return answers


def _show(found: "list[Outcome]", as_json: bool, *, dry_run: bool) -> None:
    rows = [
        {
            "line": each.line,
            "device": each.device,
            "serial": each.serial,
            "result": each.result.lower().replace("_", " "),
            "model": each.model,
            "reason": each.reason,
        }
        for each in found
    ]
    if as_json:
        show_json(rows)
        return
    wrong = [row for row, each in zip(rows, found, strict=True) if not each.added]
    shown = wrong if len(rows) > _SHOWN else rows
    if shown:
        title = "Would be added by hand" if dry_run else "Added by hand"
        cells = [
            (row["line"], row["serial"] or row["device"], row["result"], row["model"] or row["reason"])
            for row in shown[:_SHOWN]
        ]
        show_table(title, ("line", "device", "result", "what it is, or why not"), cells)
    if len(shown) > _SHOWN:
        say(f"and {len(shown) - _SHOWN} more; --report has them all")
    count = sum(each.added for each in found)
    say(f"{count} of {len(found)} {'would be ' if dry_run else ''}added")
