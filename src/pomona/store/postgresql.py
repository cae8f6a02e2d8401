"""The shared engine: PostgreSQL behind a pool, for several Pomona processes over one database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolTimeout

from pomona.store.engine import Work
from pomona.store.errors import ScanDeadline, StoreUnavailable
from pomona.store.postgresql_tx import PostgresqlTx
from pomona.store.projections import Projections

T = TypeVar("T")
Done = Callable[[Any, BaseException | None, frozenset[str]], None]

_ATTEMPTS = 5
_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)


class PostgresqlEngine:
    """One database on a server; `dsn` is a libpq connection string or URI."""

    name = "postgresql"
    inline_reads = False

    def __init__(
        self, dsn: str, projections: Projections, *, connections: int = 8, patience: float = 15.0
    ) -> None:
        self.dsn = dsn
        self._projections = projections
        self._pool = ConnectionPool(
            dsn,
            min_size=1,
            max_size=connections,
            timeout=patience,
            kwargs={"autocommit": True},
            open=False,
            check=ConnectionPool.check_connection,
        )
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="pomona-pg")
        try:
            self._pool.open(wait=True, timeout=patience)
        except PoolTimeout:
            self._pool.close()
            raise StoreUnavailable(
                "PostgreSQL does not answer at the configured address; check database_url and that it runs"
            ) from None

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
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._run(work, b"BEGIN")
            except _AGAIN:
                continue
        return self._run(work, b"BEGIN")

    def submit(self, work: Work[T], done: Done) -> None:
        self._threads.submit(self._submitted, work, done)

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._pool.close()

    def _submitted(self, work: Work[Any], done: Done) -> None:
        try:
            result, topics = self.write(work)
        except BaseException as problem:  # noqa: BLE001 the caller is told
            done(None, problem, frozenset())
        else:
            done(result, None, topics)

    def _run(self, work: Work[T], begin: bytes) -> tuple[T, frozenset[str]]:
        try:
            with self._pool.connection() as connection:
                tx = PostgresqlTx(connection, self._projections)
                connection.execute(begin)
                try:
                    result = work(tx)
                    connection.execute(b"COMMIT")
                except BaseException:
                    if not connection.closed:
                        connection.execute(b"ROLLBACK")
                    raise
                return result, frozenset(tx.topics)
        except PoolTimeout:
            raise StoreUnavailable("no connection to PostgreSQL was free or could be made in time") from None
        except psycopg.OperationalError as problem:
            if isinstance(problem, (*_AGAIN, errors.QueryCanceled)):
                raise
            raise StoreUnavailable(
                f"PostgreSQL: {problem.diag.message_primary or 'connection lost'}"
            ) from None
