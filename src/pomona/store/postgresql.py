"""The shared engine: PostgreSQL behind a pool, for several Pomona processes over one database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from pomona.store.engine import Work
from pomona.store.errors import ScanDeadline, StoreUnavailable
from pomona.store.postgresql_connections import IDLE_SECONDS, Connection, Connections, say
from pomona.store.postgresql_tx import PostgresqlTx
from pomona.store.projections import Projections

T = TypeVar("T")
Done = Callable[[Any, BaseException | None, frozenset[str]], None]

_ATTEMPTS = 5
_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)
_UNAVAILABLE = (psycopg.OperationalError, errors.ReadOnlySqlTransaction)
"""Trouble of the server and not with what it was asked; read-only is a standby that was not promoted."""


class PostgresqlEngine:
    """One database on a server; `dsn` is a libpq connection string or URI."""

    name = "postgresql"
    inline_reads = False

    def __init__(
        self,
        dsn: str,
        projections: Projections,
        *,
        connections: int = 8,
        patience: float = 15.0,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Connects, for up to `patience` seconds. Raises `StoreUnavailable`."""
        self.dsn = dsn
        self._projections = projections
        self._connections = Connections(dsn, connections, patience, idle_seconds)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="pomona-pg")

    def set_projections(self, projections: Projections) -> None:
        self._projections = projections

    def read(self, work: Work[T]) -> T:
        return self._run(work, b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")[0]

    def scan(self, work: Work[T], seconds: float) -> T:
        def limited(tx: Any) -> T:
            tx.execute(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}")
            return work(tx)

        try:
            return self._run(limited, b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")[0]
        except errors.QueryCanceled:
            raise ScanDeadline(f"the answer was not ready within {seconds:g} s; ask for less") from None

    def write(self, work: Work[T]) -> tuple[T, frozenset[str]]:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._run(work, b"BEGIN")
            except _AGAIN:
                continue
            except errors.UniqueViolation:
                # Somebody else took a serial after this had looked for its owner: the next time it sees that.
                if attempt == _ATTEMPTS:
                    raise
        raise StoreUnavailable(f"PostgreSQL: others came in between {_ATTEMPTS} times; try again")

    def submit(self, work: Work[T], done: Done) -> None:
        self._threads.submit(self._submitted, work, done)

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._connections.close()

    def _submitted(self, work: Work[Any], done: Done) -> None:
        try:
            result, topics = self.write(work)
        except BaseException as problem:  # noqa: BLE001 the caller is told
            done(None, problem, frozenset())
        else:
            done(result, None, topics)

    def _run(self, work: Work[T], begin: bytes) -> tuple[T, frozenset[str]]:
        with self._connections.one(begin) as connection:
            try:
                return self._transaction(connection, work)
            except (*_AGAIN, errors.QueryCanceled):
                raise
            except psycopg.Error as problem:
                if connection.closed or isinstance(problem, _UNAVAILABLE):
                    said = problem.diag.message_primary or "the connection was lost"
                    raise StoreUnavailable(f"PostgreSQL: {said}") from None
                raise

    def _transaction(self, connection: Connection, work: Work[T]) -> tuple[T, frozenset[str]]:
        tx = PostgresqlTx(connection, self._projections)
        try:
            result = work(tx)
            say(connection, b"COMMIT")
        except BaseException:
            if not connection.closed:
                connection.execute(b"ROLLBACK")
            raise
        return result, frozenset(tx.topics)
