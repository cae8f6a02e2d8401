"""Where a page of a long list begins, as its address says it, and where the next one does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pomona.registry.numbered import Numbered

_HIGHEST = 1 << 62
_SIZE = 100


N = TypeVar("N", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Page(Generic[N]):
    """Some rows of a list; `links` are what `pager.html` goes by."""

    rows: Sequence[N]
    links: dict[str, object]


def page_of(query: Mapping[str, str], read: Callable[[int, int], Sequence[N]]) -> Page[N]:
    """The page that an address asks for: `?after=` is the number of the last row seen.

    `read` gives rows behind a number, in their order, and at most as many as it is told.
    """
    after = number_of(query, "after")
    found = read(after or 0, _SIZE + 1)
    following = found[_SIZE - 1].id if len(found) > _SIZE else None
    return Page(found[:_SIZE], {"after": following, "first": after is None})


def number_of(query: Mapping[str, str], name: str) -> int | None:
    """A whole number in an address, or None when it is absent or no number: the list then begins at its start."""
    text = query.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    return min(int(text), _HIGHEST)
