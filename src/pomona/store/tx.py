"""A transaction as the registry sees it: one SQL text for both engines.

Parameters are `$1, $2, …` in order of first appearance. Lists travel as one parameter: `tx.pack` makes it and
`tx.each` is the table of its elements.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from pomona.store.projections import Projections

Row = tuple[Any, ...]
_pack = msgspec.json.Encoder().encode


class Page(NamedTuple):
    """A page of encoded documents: their bytes joined by commas, how many, and the highest key."""

    body: bytes
    size: int
    high: int


class Tx(ABC):
    """One transaction. Never kept beyond the function it was given to."""

    projections: Projections
    postgresql: bool = False

    def __init__(self, projections: Projections) -> None:
        self.projections = projections
        self.topics: set[str] = set()

    @abstractmethod
    def rows(self, sql: str, *params: Any) -> list[Row]:
        """All rows of a query."""

    @abstractmethod
    def execute(self, sql: str, *params: Any) -> int:
        """Runs a change; gives the number of rows it touched."""

    @abstractmethod
    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Inserts many rows by the engine's fastest way."""

    @abstractmethod
    def each(self, param: str, *types: str) -> str:
        """SQL of a table made of the list bound to `param`, with a counting column `n` from 0.

        Without types the list holds texts, in column `v`. With types (`text`, `bigint`) it holds lists, in
        columns `c0`, `c1`, ….
        """

    @abstractmethod
    def page(self, select: str, *params: Any) -> Page:
        """A page from a query of `SELECT … AS key, … AS doc … ORDER BY key LIMIT …`."""

    @abstractmethod
    def lock(self, organization_id: int) -> None:
        """Makes this transaction the only writer of an organisation, so that log order equals commit order.

        Must come before anything is read that the change depends on; with two organisations, in ascending order.
        """

    def row(self, sql: str, *params: Any) -> Row | None:
        """The first row, or None."""
        found = self.rows(sql, *params)
        return found[0] if found else None

    def value(self, sql: str, *params: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.rows(sql, *params)
        return found[0][0] if found else None

    @staticmethod
    def pack(values: Sequence[Any]) -> str:
        """A list as one parameter for `each`."""
        return _pack(values).decode()

    def notify(self, topic: str) -> None:
        """Wakes whoever waits for `topic`, once this transaction is committed."""
        self.topics.add(topic)
