"""The root of the command line: whole for whoever looks at it, and no more than is needed for whoever uses it."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pomona.cli import main
from pomona.cli.main import COMMANDS, NOUNS, command_line

EVERYTHING = {*COMMANDS, *NOUNS, "version"}


def offered(*typed: str) -> set[str]:
    app = command_line(typed)
    commands = {command.name for command in app.registered_commands}
    return {
        name for name in commands | {group.name for group in app.registered_groups} if isinstance(name, str)
    }


@pytest.mark.parametrize(
    "typed", [(), ("--help",), ("--help", "org"), ("--data", "folder"), ("orgs", "list")]
)
def test_everything_is_offered_to_whoever_names_nothing_that_there_is(typed: tuple[str, ...]) -> None:
    assert offered(*typed) == EVERYTHING


def test_only_what_is_named_is_loaded() -> None:
    assert offered("up", "--port", "0") == {"up", "version"}
    assert offered("--data", "order", "org", "list") == {"order", "org", "version"}
    assert offered("version") == {"version"}


def test_every_command_explains_itself() -> None:
    for name in EVERYTHING:
        result = CliRunner().invoke(main.app, [name, "--help"])
        assert result.exit_code == 0, result.output
        assert "Usage:" in result.output


def test_an_unknown_word_is_refused() -> None:
    result = CliRunner().invoke(command_line(["orgs"]), ["orgs"])
    assert result.exit_code == 2
    assert "No such command 'orgs'" in result.output
    with pytest.raises(AttributeError, match="has no attribute 'application'"):
        main.application  # noqa: B018


def test_the_command_starts_without_the_rooms_it_does_not_need() -> None:
    program = (
        "import sys; from pomona.cli.main import command_line; command_line(['up']);"
        " print(*(name for name in sys.modules if name.startswith('pomona.') and not name.startswith('pomona.cli')))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert loaded.split() == []
