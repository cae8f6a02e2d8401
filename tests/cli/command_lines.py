"""The command line as tests type it, in this process."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result


class CommandLine:
    """Some groups of commands over one data folder. Every command begins with the words `first`."""

    def __init__(self, data: Path, groups: Mapping[str, typer.Typer], first: tuple[str, ...] = ()) -> None:
        self.app = typer.Typer()
        for name, group in groups.items():
            self.app.add_typer(group, name=name)
        self.env = {"POMONA_DATA": str(data), "COLUMNS": "250"}
        self._first = first

    def run(self, *words: str, stdin: str | None = None) -> Result:
        """A command, whatever becomes of it."""
        return CliRunner().invoke(self.app, [*self._first, *words], env=self.env, input=stdin)

    def ok(self, *words: str) -> str:
        """What a command that succeeds prints."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str) -> Any:
        """The same with --json."""
        return json.loads(self.ok(*words, "--json"))

    def refused(self, *words: str) -> str:
        """The sentence of a command that fails."""
        result = self.run(*words)
        assert result.exit_code == 1, result.output
        return result.stderr
