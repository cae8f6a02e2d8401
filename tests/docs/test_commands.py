"""Each `pomona …` in the documentation is a command that exists, with options that it has."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from pomona.cli.main import app
from tests.docs import pages

_ROOT: Any = get_command(app)
_END = re.compile(r"\s(?:[|&;]|\d?>)|\)|;")


def invocations(page: Path) -> Iterator[list[str]]:
    """The words behind each `pomona`, up to where its command ends: in shell blocks, and in the text."""
    for block in pages.blocks(page, "sh"):
        text = re.sub(r"<<'EOF'.*?^EOF$", "", block, flags=re.MULTILINE | re.DOTALL).replace("\\\n", " ")
        for line in text.splitlines():
            for match in re.finditer(r"(?:^|[\s(])pomona (.*)", line.partition(" #")[0]):
                yield shlex.split(_END.split(match[1])[0])
    for span in pages.spans(page):
        if span.startswith("pomona ") and "…" not in span:
            yield shlex.split(span)[1:]


@pytest.mark.parametrize("page", [page for page in pages.PAGES if list(invocations(page))], ids=pages.name)
def test_commands_exist(page: Path) -> None:
    for words in invocations(page):
        command, rest, context = _ROOT, list(words), typer.Context(_ROOT)
        while hasattr(command, "get_command") and rest and not rest[0].startswith("-"):
            found = command.get_command(context, rest[0])
            assert found is not None, f"pomona {' '.join(words)}: there is no {rest[0]}"
            command, rest = found, rest[1:]
        known = {
            option for each in command.get_params(context) for option in (*each.opts, *each.secondary_opts)
        }
        used = {word.partition("=")[0] for word in rest if word.startswith("-") and len(word) > 1}
        assert used <= known, f"pomona {' '.join(words)}: {', '.join(sorted(used - known))}"


@pytest.mark.parametrize(
    "page", [page for page in pages.PAGES if list(pages.blocks(page, "python"))], ids=pages.name
)
def test_python_is_python(page: Path) -> None:
    for block in pages.blocks(page, "python"):
        compile(block, pages.name(page), "exec")
