"""What the store needs of an engine."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from pomona.store.projections import Projections
from pomona.store.tx import Tx

T = TypeVar("T")
Work = Callable[[Tx], T]


class Engine(Protocol):
    """One database. The synchronous verbs may be called from any thread."""

    name: str
    inline_reads: bool
    """Whether a short read is quicker on the caller's own thread than a hop to another."""

    def read(self, work: Work[T]) -> T:
        """Runs `work` on a snapshot; it must not change anything."""

    def scan(self, work: Work[T], seconds: float) -> T:
        """A long read on a connection of its own. Raises `ScanDeadline` after `seconds`."""

    def write(self, work: Work[T]) -> tuple[T, frozenset[str]]:
        """Runs `work` in a transaction of its own, again if the engine asks for it; gives its topics too."""

    def submit(
        self, work: Work[T], done: Callable[[T | None, BaseException | None, frozenset[str]], None]
    ) -> None:
        """Like `write`, from another thread; `done` is called there with the result or the error."""

    def set_projections(self, projections: Projections) -> None: ...

    def close(self) -> None: ...
