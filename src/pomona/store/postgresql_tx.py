"""The transaction over PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from pomona.store.projections import Projections
from pomona.store.tx import Page, Row, Tx

_LOCK_SPACE = 0x504F4D4F  # "POMO": keeps our advisory locks apart from another program's in the same database


class PostgresqlTx(Tx):
    """A transaction on one pooled connection."""

    postgresql = True

    def __init__(self, connection: psycopg.Connection[Any], projections: Projections) -> None:
        super().__init__(projections)
        self._connection = connection
        self._cursor = psycopg.RawCursor(connection)
        self._locked: set[int] = set()

    def rows(self, sql: str, *params: Any) -> list[Row]:
        self._cursor.execute(sql.encode(), params or None)
        return self._cursor.fetchall()

    def execute(self, sql: str, *params: Any) -> int:
        self._cursor.execute(sql.encode(), params or None)
        return self._cursor.rowcount

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        statement = f"COPY {table} ({','.join(columns)}) FROM STDIN"
        with self._cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def each(self, param: str, *types: str) -> str:
        if not types:
            return (
                "(SELECT v, n - 1 AS n FROM "
                f"jsonb_array_elements_text({param}::jsonb) WITH ORDINALITY AS packed (v, n))"
            )
        columns = ", ".join(f"(v ->> {index})::{kind} AS c{index}" for index, kind in enumerate(types))
        return (
            f"(SELECT {columns}, n - 1 AS n FROM "
            f"jsonb_array_elements({param}::jsonb) WITH ORDINALITY AS packed (v, n))"
        )

    def page(self, select: str, *params: Any) -> Page:
        # Row by row each few of them would wake this process: that costs more than putting them together over there.
        sql = f"SELECT string_agg(doc, ',' ORDER BY key), count(*), max(key) FROM ({select}) p"
        body, size, high = self.rows(sql, *params)[0]
        return Page((body or "").encode(), size, high or 0)

    def lock(self, organization_id: int) -> None:
        if organization_id not in self._locked:
            self._cursor.execute(b"SELECT pg_advisory_xact_lock($1, $2)", (_LOCK_SPACE, organization_id))
            self._locked.add(organization_id)
