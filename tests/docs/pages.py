"""The documentation as files: what links it has, and which of its shell blocks are to be run as they stand."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

RUN = "<!-- run -->"
"""Stands on a line of its own before each block that the tests run."""

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)


def name(page: Path) -> str:
    """How a test names a page."""
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """A page without its code."""
    return re.sub(r"`[^`\n]*`", "`code`", _FENCE.sub("", page.read_text()))


def links(page: Path) -> Iterator[str]:
    """What a page links to, as written."""
    for match in _LINK.finditer(prose(page)):
        yield match[1] or match[2]


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings can be linked by."""
    text = _FENCE.sub("", page.read_text())
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in _HEADING.findall(text)}


def blocks(page: Path, language: str) -> Iterator[str]:
    """Each block of code in a language, run or not."""
    for match in _FENCE.finditer(page.read_text()):
        if match[1] == language:
            yield match[2]


def spans(page: Path) -> Iterator[str]:
    """Each piece of code within the text."""
    for match in re.finditer(r"`([^`\n]+)`", _FENCE.sub("", page.read_text())):
        yield match[1]


def runs(page: Path) -> str:
    """The shell blocks that are to be run, as one script."""
    found = []
    for part in page.read_text().split(f"{RUN}\n")[1:]:
        match = _FENCE.match(part)
        if match is None or match[1] != "sh":
            raise ValueError(f"{name(page)}: {RUN} must stand right before a block of sh")
        found.append(match[2])
    return "".join(found)
