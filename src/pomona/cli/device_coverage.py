"""`pomona device coverage`: the warranty and AppleCare plans of devices, one by one or from a CSV file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization, read_file
from pomona.cli.output import Json, refuse, say, show_json, show_list, when

if TYPE_CHECKING:
    from pomona.registry.apple_care import Coverage

app = typer.Typer(
    no_args_is_help=True,
    help="What covers devices: their warranty and AppleCare plans, as the API tells them.",
)

Serial = Annotated[str, typer.Argument(help="Serial number.")]
_COLUMNS = ("id", "plan", "status", "start", "end", "payment", "renewable", "canceled")
_AT_A_TIME = 10_000
_SHOWN = 50


@app.command("list")
def list_(ctx: typer.Context, serial: Serial, org: Organization_ = None, as_json: Json = False) -> None:
    """List what covers a device."""
    from pomona.registry import apple_care, devices

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        device = runtime.store.read_sync(lambda tx: devices.get(tx, owner.id, serial))
        found = runtime.store.read_sync(lambda tx: apple_care.of_device(tx, device.id))
        now = runtime.clock.now()
    show_list(device.serial, [_line(each, now) for each in found], as_json, columns=_COLUMNS)


@app.command()
def add(
    ctx: typer.Context,
    serial: Serial,
    plan: Annotated[str, typer.Option(help="limited-warranty, applecare-plus or applecare-business.")],
    start: Annotated[str, typer.Option(help="First day, as 2026-01-02, or a time.")],
    end: Annotated[str, typer.Option(help="Day on which it is over; a warranty's is a year later.")] = "",
    agreement: Annotated[str, typer.Option(help="Agreement number of AppleCare+.")] = "",
    payment: Annotated[str, typer.Option(help="paid-up-front or subscription, of AppleCare+.")] = "",
    renewable: Annotated[bool, typer.Option("--renewable", help="It can be renewed.")] = False,
    canceled: Annotated[str, typer.Option(help="Day on which it was cancelled.")] = "",
    description: Annotated[str, typer.Option(help="What it is called; default its plan's name.")] = "",
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Record what covers a device, in place of what was on record of the same plan or agreement."""
    from pomona.registry import apple_care, coverage_lists
    from pomona.registry.actors import OPERATOR
    from pomona.registry.errors import NotFound

    cells = {
        "serial": serial,
        "plan": plan,
        "start": start,
        "end": end,
        "agreement_number": agreement,
        "payment": payment,
        "renewable": "yes" if renewable else "no",
        "canceled": canceled,
        "description": description,
    }
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        told = coverage_lists.told(cells)
        [outcome] = runtime.store.write_sync(
            lambda tx: apple_care.record(tx, owner.id, [told], actor=OPERATOR, now=runtime.clock.now())
        )
    if outcome.word == "DEVICE_NOT_FOUND":
        refuse(NotFound("device", outcome.serial))
    if as_json:
        show_json(outcome._asdict())
    else:
        say(f"{outcome.serial}: {outcome.name} {outcome.word.lower()}")


@app.command()
def remove(
    ctx: typer.Context,
    serial: Serial,
    id: Annotated[str, typer.Argument(help="Id of the coverage, as listed.")],
    org: Organization_ = None,
) -> None:
    """Forget what covers a device."""
    from pomona.registry import apple_care
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        runtime.store.write_sync(
            lambda tx: apple_care.remove(tx, owner.id, serial, id, actor=OPERATOR, now=runtime.clock.now())
        )
    typer.echo(f"{serial}: {id} removed")


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with the columns serial, plan and start, and perhaps end, agreement_number, payment, renewable,"
            " canceled and description."
        ),
    ],
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Record the coverage of many devices.

    Lines that cannot be used are named, the others are kept all the same; exit status 1 says that there was one.
    """
    from pomona.registry import apple_care, coverage_lists
    from pomona.registry.actors import OPERATOR

    entries: list[coverage_lists.Entry] = []
    problems: list[tuple[int, str]] = []
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        for each in coverage_lists.read(read_file(file)):
            if isinstance(each, coverage_lists.Entry):
                entries.append(each)
            else:
                problems.append((each.line, each.problem))
        words: list[str] = []
        for first in range(0, len(entries), _AT_A_TIME):
            part = [entry.told for entry in entries[first : first + _AT_A_TIME]]
            outcomes = runtime.store.write_sync(
                lambda tx: apple_care.record(tx, owner.id, part, actor=OPERATOR, now=runtime.clock.now())  # noqa: B023
            )
            words += [outcome.word for outcome in outcomes]
    problems += [
        (entry.line, f"There is no device '{entry.told.serial}'.")
        for entry, word in zip(entries, words, strict=True)
        if word == "DEVICE_NOT_FOUND"
    ]
    counts = {word.lower(): words.count(word) for word in ("ADDED", "CHANGED", "SAME")}
    if as_json:
        show_json(
            {**counts, "problems": [{"line": line, "problem": said} for line, said in sorted(problems)]}
        )
    else:
        for line, said in sorted(problems)[:_SHOWN]:
            say(f"line {line}: {said}")
        say(
            f"{counts['added']} added, {counts['changed']} changed, {counts['same']} the same, {len(problems)} left out"
        )
    if problems:
        raise typer.Exit(1)


def _line(coverage: "Coverage", now: int) -> dict[str, Any]:
    return {
        "id": coverage.name,
        "plan": coverage.plan.value,
        "description": coverage.description,
        "status": "active" if coverage.active(now) else "inactive",
        "start": when(coverage.start_at),
        "end": when(coverage.end_at),
        "payment": coverage.payment_type.value,
        "renewable": "yes" if coverage.renewable else "no",
        "canceled": when(coverage.canceled_at),
        "agreement_number": coverage.agreement_number,
    }
