"""What commands print: tables for people, JSON for programs, and problems in one sentence."""

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NoReturn

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table; empty cells for None."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)


def show_json(value: object) -> None:
    """One JSON document; dataclasses, structs, paths and bytes (as base64) included."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)
    sys.stdout.write(text.decode() + "\n")


def show_list(
    title: str, rows: Sequence[dict[str, Any]], as_json: bool, *, columns: Sequence[str] | None = None
) -> None:
    """Rows with the same keys, either way; `columns` picks and orders those of the table."""
    if as_json:
        show_json(rows)
        return
    names = columns or (list(rows[0]) if rows else [])
    if rows:
        show_table(title, names, [[row.get(name) for name in names] for row in rows])
    else:
        typer.echo(f"{title}: none")


def show_record(title: str, record: dict[str, Any], as_json: bool) -> None:
    """One thing and its fields, either way."""
    if as_json:
        show_json(record)
    else:
        show_table(title, ("field", "value"), list(record.items()))


def say(text: str) -> None:
    """A line for people; goes to standard error so that `--json` output stays clean."""
    typer.echo(text, err=True)


def refuse(problem: object) -> NoReturn:
    """Ends the command with a sentence and exit status 1."""
    say(f"pomona: {problem}")
    raise typer.Exit(1)


def when(millis: int | None) -> str:
    """A time for people, UTC to the second."""
    from pomona.formats.times import iso_seconds

    return "" if millis is None else iso_seconds(millis).replace("T", " ").removesuffix("Z")
