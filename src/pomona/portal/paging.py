"""Where a page of a long list begins, as its address says it."""

from collections.abc import Mapping

_HIGHEST = 1 << 62


def number_of(query: Mapping[str, str], name: str) -> int | None:
    """A whole number in an address, or None when it is absent or no number: the list then begins at its start."""
    text = query.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    return min(int(text), _HIGHEST)
