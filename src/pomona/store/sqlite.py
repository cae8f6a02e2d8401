"""The embedded engine: SQLite in WAL mode, one writer thread, every reader on a connection of its own.

The writer takes what waits in one commit, each piece of work behind its own savepoint, so that a refused request
undoes only itself and a commit's cost is shared.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import apsw

from pomona.store.checkpoints import Checkpoints
from pomona.store.engine import Work
from pomona.store.errors import ScanDeadline, StoreUnavailable
from pomona.store.projections import Projections
from pomona.store.sqlite_tx import SqliteTx

T = TypeVar("T")
Done = Callable[[Any, BaseException | None, frozenset[str]], None]

_PAGE_SIZE = 4096
_MAPPED = (
    1 << 36
)  # bytes of address space: what lies beyond is read by system calls, which costs a third more
_PIECE, _PIECES = 1_200, 400
_BATCH_SECONDS = 0.02
_STEPS_BETWEEN_CHECKS = 20_000
_UNAVAILABLE = (
    apsw.FullError,
    apsw.ReadOnlyError,
    apsw.IOError,
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.NotADBError,
)


def _share_out_memory() -> None:
    """More small pieces of memory for each connection, which many kept statements otherwise use up, and no count of them.

    Both hold for the whole process and can only be set while nothing is open.
    """
    if not apsw.connections():
        apsw.shutdown()
        apsw.config(apsw.SQLITE_CONFIG_LOOKASIDE, _PIECE, _PIECES)
        apsw.config(apsw.SQLITE_CONFIG_MEMSTATUS, 0)
        apsw.initialize()


_share_out_memory()


def connect(file: Path, *, durable: bool = False, read_only: bool = False) -> apsw.Connection:
    """A connection as all of Pomona uses it. `durable` survives a power cut at the price of an fsync a commit."""
    connection = apsw.Connection(str(file), statementcachesize=400)
    if not read_only and connection.readonly("main"):
        # Noticed before anything is read: the files beside the database would be made as read-only as it is, and stay so.
        connection.close()
        raise apsw.ReadOnlyError(str(file))
    connection.set_busy_timeout(15_000)
    # Without it SQLite's STAT4 build plans a statement again for each new value that is bound.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    execute = connection.execute
    execute(f"PRAGMA page_size = {_PAGE_SIZE}")
    execute("PRAGMA journal_mode = WAL")
    execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    execute("PRAGMA foreign_keys = OFF")
    execute("PRAGMA temp_store = MEMORY")
    execute("PRAGMA wal_autocheckpoint = 0")
    execute("PRAGMA journal_size_limit = 67108864")
    execute(f"PRAGMA cache_size = {-4_000 if read_only else -16_000}")
    execute(f"PRAGMA mmap_size = {_MAPPED}")
    if read_only:
        execute("PRAGMA query_only = ON")
    return connection


class SqliteEngine:
    """One database file."""

    name = "sqlite"
    inline_reads = True

    def __init__(self, file: Path, projections: Projections, *, durable: bool = False) -> None:
        self.file = file
        self._projections = projections
        self._durable = durable
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        self._guard = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[Work[Any], Done] | None] = queue.SimpleQueue()
        self._closed = False
        try:
            self._writer = connect(file, durable=durable)
        except _UNAVAILABLE as problem:
            raise unavailable(file, problem) from None
        self._checkpoints = Checkpoints(self._writer, lambda: connect(file, durable=durable))
        self._thread = threading.Thread(target=self._write_forever, name="pomona-writer", daemon=True)
        self._thread.start()

    def set_projections(self, projections: Projections) -> None:
        self._projections = projections

    def read(self, work: Work[T]) -> T:
        try:
            connection = self._reader()
            connection.execute("BEGIN")
            try:
                return work(SqliteTx(connection, self._projections))
            finally:
                if connection.in_transaction:  # trouble at the disk has ended it
                    connection.execute("COMMIT")
        except _UNAVAILABLE as problem:
            raise unavailable(self.file, problem) from None

    def scan(self, work: Work[T], seconds: float) -> T:
        try:
            connection = connect(self.file, read_only=True)
            try:
                end = time.monotonic() + seconds
                connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_CHECKS)
                connection.execute("BEGIN")
                return work(SqliteTx(connection, self._projections))
            finally:
                connection.close()
        except apsw.InterruptError:
            raise ScanDeadline(f"the answer was not ready within {seconds:g} s; ask for less") from None
        except _UNAVAILABLE as problem:
            raise unavailable(self.file, problem) from None

    def write(self, work: Work[T]) -> tuple[T, frozenset[str]]:
        future: Future[tuple[Any, frozenset[str]]] = Future()

        def done(result: Any, problem: BaseException | None, topics: frozenset[str]) -> None:
            if problem is None:
                future.set_result((result, topics))
            else:
                future.set_exception(problem)

        self.submit(work, done)
        return future.result()

    def submit(self, work: Work[T], done: Done) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        self._waiting.put((work, done))

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._waiting.put(None)
        self._thread.join()
        self._checkpoints.close()
        with self._guard:
            for connection in self._readers:
                connection.close()
            self._readers.clear()
        self._writer.close()

    def _reader(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connect(self.file, read_only=True)
            self._local.connection = connection
            with self._guard:
                self._readers.append(connection)
        return connection

    def _write_forever(self) -> None:
        while (first := self._waiting.get()) is not None:
            if self._write_batch(first):
                return

    def _write_batch(self, item: tuple[Work[Any], Done] | None) -> bool:
        """One commit for all that waits; True when told to stop."""
        outcomes: list[tuple[Done, Any, BaseException | None, frozenset[str]]] = []
        stop = False
        end = time.monotonic() + _BATCH_SECONDS
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            while item is not None:
                outcomes.append((item[1], *self._attempt(item[0])))
                if time.monotonic() > end or self._waiting.empty():
                    break
                item = self._waiting.get()
                stop = item is None
            self._writer.execute("COMMIT")
        except Exception as problem:  # noqa: BLE001 the caller is told
            self._give_up(problem, outcomes, item)
            return stop
        for done, result, failure, topics in outcomes:
            done(result, failure, topics)
        return stop

    def _attempt(self, work: Work[Any]) -> tuple[Any, BaseException | None, frozenset[str]]:
        tx = SqliteTx(self._writer, self._projections)
        self._writer.execute("SAVEPOINT work")
        try:
            result = work(tx)
        except _UNAVAILABLE:
            raise
        except Exception as problem:  # noqa: BLE001 the caller is told
            self._writer.execute("ROLLBACK TO work")
            self._writer.execute("RELEASE work")
            return None, problem, frozenset()
        self._writer.execute("RELEASE work")
        return result, None, frozenset(tx.topics)

    def _give_up(
        self,
        problem: Exception,
        outcomes: list[tuple[Done, Any, BaseException | None, frozenset[str]]],
        item: tuple[Work[Any], Done] | None,
    ) -> None:
        """Nothing of this commit was kept: everyone who was part of it is told."""
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")
        told = unavailable(self.file, problem) if isinstance(problem, apsw.Error) else problem
        waiting = [done for done, *_ in outcomes]
        if item is not None and (not waiting or waiting[-1] is not item[1]):
            waiting.append(item[1])
        for done in waiting:
            done(None, told, frozenset())


def unavailable(file: Path, problem: Exception) -> StoreUnavailable:
    """The sentence for an engine's own error."""
    hints: dict[type[Exception], str] = {
        apsw.FullError: "the disk is full; free some space, nothing was changed",
        apsw.ReadOnlyError: "it may not be written; check owner and mode of the file and its folder",
        apsw.CorruptError: "it is damaged; restore it from a backup",
        apsw.NotADBError: "it is no SQLite database; choose another data folder or restore a backup",
        apsw.BusyError: "another program has held it for 15 seconds",
        apsw.CantOpenError: "it cannot be opened; check that the folder exists and may be written",
    }
    hint = next((text for kind, text in hints.items() if isinstance(problem, kind)), str(problem))
    return StoreUnavailable(f"{file}: {hint}")
