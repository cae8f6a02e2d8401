"""Whole lists, read a page at a time so that a server beside this command is not held up."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from pomona.registry.numbered import Numbered

if TYPE_CHECKING:
    from pomona.runtime import Runtime
    from pomona.store import Tx


N = TypeVar("N", bound=Numbered)


def everything(runtime: "Runtime", page: "Callable[[Tx, int], Sequence[N]]") -> list[N]:
    """All pages together; `page` gives what comes behind a number."""
    found: list[N] = []
    after = 0
    while more := runtime.store.read_sync(lambda tx, after=after: page(tx, after)):  # type: ignore[misc]
        found += more
        after = more[-1].id
    return found
