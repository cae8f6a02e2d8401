"""The root of the command line: options that hold for every command, and the nouns.

Importing every noun takes as long as the rest of a server's start, so a command line is made for the words that were
typed: with the nouns that are among them, or with all when none is.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer

COMMANDS = ("up", "demo", "env", "doctor")
"""Commands of one word; each is a module with a function of the same name."""

NOUNS = (
    "org",
    "supplier",
    "order",
    "service",
    "device",
    "catalogue",
    "rule",
    "activity",
    "api-account",
    "person",
    "unit",
    "group",
    "app",
    "package",
    "configuration",
    "blueprint",
    "domain",
    "webhook",
    "enrollment",
    "simulate",
)
"""Groups of commands; each is a module with an `app`."""


def command_line(typed: Sequence[str] = ()) -> typer.Typer:
    """The whole command line, or only as much of it as the words `typed` need."""
    words = set(takewhile(lambda word: word != "--help", typed))
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Pomona, a self-hosted device-enrolment authority. Start with `pomona up`, or see it all with `pomona demo`.",
    )
    app.callback()(root)
    for name in _needed(words):
        module = import_module(f"pomona.cli.{name.replace('-', '_')}")
        if name in COMMANDS:
            app.command(name)(getattr(module, name))
        else:
            app.add_typer(module.app, name=name)
    app.command("version")(version)
    return app


def _needed(words: set[str]) -> list[str]:
    everything = [*COMMANDS, *NOUNS]
    found = [name for name in everything if name in words]
    return found if found or "version" in words else everything


def root(
    ctx: typer.Context,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the installation.", envvar="POMONA_DATA")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; default pomona.toml if it is there.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Options for every command."""
    ctx.obj = {"config": config, "settings": {"data": data, "log_level": log_level}}


def version() -> None:
    """Print the version."""
    from pomona import __version__

    typer.echo(__version__)


def main() -> None:
    """The `pomona` command."""
    command_line(sys.argv[1:])(prog_name="pomona")


def __getattr__(name: str) -> typer.Typer:
    """`app` is the whole command line, for those who document and test it."""
    if name == "app":
        return command_line()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
