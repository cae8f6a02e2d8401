"""The command line's reference is what the commands say of themselves; `scripts/docs` writes it."""

import re

from pomona.cli.main import app
from tests.docs import pages
from tests.docs.cli_reference import reference

PAGE = pages.DOCS / "cli.md"


def test_the_page_says_what_the_commands_say() -> None:
    assert PAGE.read_text() == reference(app), "the commands have changed: run scripts/docs"


def test_every_command_and_option_says_what_it_is_for() -> None:
    text = reference(app)
    assert re.findall(r"^\| (`.*`) \|  \|$", text, re.MULTILINE) == []
    assert re.findall(r"^(#+ pomona.*)\n\n    pomona", text, re.MULTILINE) == []
