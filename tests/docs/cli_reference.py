"""Writes `docs/cli.md` from the command's own help texts: every command, argument and option there is.

`python -m tests.docs.cli_reference` prints it; `scripts/docs` writes it to its file.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Protocol, cast

import typer
from typer.main import get_command

_HEAD = """# Command line

Written by `scripts/docs` from the commands' own help; every command also tells this with `--help`.

Commands work on the installation in the folder `pomona-data` (`--data`, `POMONA_DATA`), beside a running server or without
one. With `--json` they print one JSON document. A refusal is one sentence on standard error and exit status 1.
"""


class _Parameter(Protocol):
    param_type_name: str

    def get_help_record(self, ctx: typer.Context) -> tuple[str, str] | None: ...


class _Command(Protocol):
    help: str | None

    def get_params(self, ctx: typer.Context) -> list[_Parameter]: ...

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]: ...


class _Group(_Command, Protocol):
    def list_commands(self, ctx: typer.Context) -> list[str]: ...

    def get_command(self, ctx: typer.Context, name: str) -> _Command: ...


def reference(app: typer.Typer, name: str = "pomona") -> str:
    """The whole page."""
    root = get_command(app)
    context = typer.Context(root)
    sections = _command(cast(_Command, root), context, name, level=2)
    return "\n".join((_HEAD, *sections)).rstrip() + "\n"


def _command(command: _Command, context: typer.Context, name: str, level: int) -> Iterator[str]:
    yield f"{'#' * level} {name}\n"
    if command.help:
        yield f"{inspect.cleandoc(command.help)}\n"
    yield f"    {' '.join((name, *command.collect_usage_pieces(context)))}\n"
    rows = list(_parameters(command, context))
    if rows:
        yield "\n".join(("| argument, option | meaning |", "|---|---|", *rows)) + "\n"
    for child in _names(command, context):
        below = cast(_Group, command).get_command(context, child)
        yield from _command(below, context, f"{name} {child}", level=min(level + 1, 3))


def _names(command: _Command, context: typer.Context) -> list[str]:
    return cast(_Group, command).list_commands(context) if hasattr(command, "list_commands") else []


def _parameters(command: _Command, context: typer.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[0] != "--help":
            meaning = re.sub(r"\s+", " ", record[1] or "").replace("|", "\\|")
            yield f"| `{record[0].replace('|', chr(92) + '|')}` | {meaning} |"


if __name__ == "__main__":
    from pomona.cli.main import app

    sys.stdout.write(reference(app))
