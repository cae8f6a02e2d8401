"""Connections to PostgreSQL: pooled, tried before use, and quick to say that there are none while the server is away."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout

from pomona.store.errors import StoreUnavailable

Connection = psycopg.Connection[Any]

IDLE_SECONDS = 20.0
"""How long a transaction may stand still between two statements: then its process hangs or was cut off, and the server
ends it, for it holds locks that others wait for."""

_DEFAULTS = {
    "application_name": "pomona",
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that is silent is given up within half a minute, where libpq by itself would wait for hours."""

_PROBE = 1.0
_AWAY = 0.1
_RECONNECT = 1.0


class Connections:
    """At most `most` of them. `patience` is how long somebody waits (seconds) while all are in use."""

    def __init__(self, dsn: str, most: int, patience: float, idle_seconds: float = IDLE_SECONDS) -> None:
        """Waits up to `patience` seconds for the server. Raises `StoreUnavailable`."""
        self._patience = patience
        self._most = most
        self._away = False
        self._limit = f"SET idle_in_transaction_session_timeout = {int(idle_seconds * 1000)}"
        self._pool = ConnectionPool(
            dsn,
            min_size=1,
            max_size=most,
            kwargs={"autocommit": True, **_defaults(dsn)},
            configure=self._configure,
            # After this the pool stops trying until somebody asks again, which is at once; else it tries ever more rarely.
            reconnect_timeout=_RECONNECT,
            open=True,
        )
        try:
            self._reach()
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def one(self, begin: bytes) -> Iterator[Connection]:
        """A connection for the transaction that `begin` has begun on it. Raises `StoreUnavailable`."""
        connection = self._take(begin)
        try:
            yield connection
        finally:
            if connection.closed:
                self._away = True
            self._pool.putconn(connection)

    def close(self) -> None:
        """Closes all."""
        self._pool.close()

    def _take(self, begin: bytes) -> Connection:
        # As many as there are may have died with the server, and each is found dead only when it is tried.
        seconds = _AWAY if self._away else self._patience
        for _ in range(self._most + 1):
            connection = self._wait(seconds)
            if _begun(connection, begin):
                self._away = False
                return connection
            self._away = True
            self._pool.putconn(connection)
            seconds = _PROBE
        raise _unreachable()

    def _wait(self, seconds: float) -> Connection:
        try:
            return self._pool.getconn(seconds)
        except PoolTimeout:
            if self._away:
                raise _unreachable() from None
            raise StoreUnavailable(f"no connection to PostgreSQL was free within {seconds:g} s") from None

    def _reach(self) -> None:
        end = time.monotonic() + self._patience
        while True:
            try:
                self._pool.putconn(self._pool.getconn(min(_PROBE, self._patience)))
            except PoolTimeout:
                if time.monotonic() >= end:
                    raise StoreUnavailable(
                        "PostgreSQL does not answer at the configured address; check database_url and that it runs"
                    ) from None
            else:
                return

    def _configure(self, connection: Connection) -> None:
        connection.execute(self._limit.encode())


def _defaults(dsn: str) -> dict[str, Any]:
    given = conninfo_to_dict(dsn)
    return {name: value for name, value in _DEFAULTS.items() if name not in given}


def _begun(connection: Connection, begin: bytes) -> bool:
    """Whether a transaction has; a connection that died is found out by that."""
    try:
        say(connection, begin)
    except psycopg.Error:
        return False
    return True


def say(connection: Connection, words: bytes) -> None:
    """Runs a statement that has no parameters and gives no rows, for a third of what a cursor costs."""
    answer = connection.pgconn.exec_(words)
    if answer.status != psycopg.pq.ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(answer)


def _unreachable() -> StoreUnavailable:
    return StoreUnavailable("PostgreSQL cannot be reached; work goes on by itself when it can")
