"""The transaction over SQLite."""

from collections.abc import Iterable, Sequence
from typing import Any

import apsw

from pomona.store.projections import Projections
from pomona.store.tx import Page, Row, Tx

_CASTS = {"text": "{}", "bigint": "CAST({} AS INTEGER)"}


class SqliteTx(Tx):
    """A transaction on one connection. SQLite has one writer, so locks of an organisation are free."""

    def __init__(self, connection: apsw.Connection, projections: Projections) -> None:
        super().__init__(projections)
        self._connection = connection
        self._run = connection.execute

    def rows(self, sql: str, *params: Any) -> list[Row]:
        return self._run(sql, params).fetchall()

    def row(self, sql: str, *params: Any) -> Row | None:
        found: Row | None = self._run(sql, params).fetchone()
        return found

    def value(self, sql: str, *params: Any) -> Any:
        found = self._run(sql, params).fetchone()
        return None if found is None else found[0]

    def execute(self, sql: str, *params: Any) -> int:
        before = self._connection.total_changes()
        self._run(sql, params).fetchall()
        return self._connection.total_changes() - before

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        marks = ",".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})"
        self._connection.executemany(sql, rows)

    def each(self, param: str, *types: str) -> str:
        if not types:
            return f"(SELECT value AS v, key AS n FROM json_each({param}))"
        columns = ", ".join(
            f"{_CASTS[kind].format(f'value ->> {index}')} AS c{index}" for index, kind in enumerate(types)
        )
        return f"(SELECT {columns}, key AS n FROM json_each({param}))"

    def page(self, select: str, *params: Any) -> Page:
        sql = f"SELECT CAST(group_concat(doc, ',') AS BLOB), count(*), max(key) FROM ({select})"
        row: Any = self._run(sql, params).fetchall()[0]
        body, count, high = row
        return Page(body or b"", count, high or 0)

    def lock(self, organization_id: int) -> None:
        """Nothing to do: the one writer holds the database."""
