"""Every link within the documentation leads somewhere."""

from pathlib import Path

import pytest

from tests.docs import pages


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in pages.links(page):
        path, _, fragment = link.partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{pages.name(page)} links to {link}, which is not there"
        if fragment:
            assert fragment in pages.anchors(target), f"{pages.name(page)}: {link} has no such heading"


def test_every_client_has_its_line_in_the_index() -> None:
    folder = pages.DOCS / "clients"
    listed = set(pages.links(folder / "README.md"))
    assert {page.name for page in folder.glob("*.md")} - {"README.md"} <= listed


def test_what_is_run_is_what_the_index_says() -> None:
    folder = pages.DOCS / "clients"
    rows = [line for line in (folder / "README.md").read_text().splitlines() if line.startswith("| [")]
    for row in rows:
        page = folder / row.partition("](")[2].partition(")")[0]
        said = row.rstrip(" |").rpartition("|")[2].strip() == "yes"
        assert said is bool(pages.runs(page)), f"{page.name}: run by our tests, or not?"
        assert said is ("ot run by our tests" not in page.read_text().replace("\n", " ")), page.name
