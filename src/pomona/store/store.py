"""The store's three verbs, for asynchronous and for plain callers."""

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from pomona.store.engine import Engine, Work
from pomona.store.migrate import migrate
from pomona.store.projections import Projections
from pomona.store.sqlite import SqliteEngine

T = TypeVar("T")

SCAN_SECONDS = 30.0


class Store:
    """A database and whoever waits for news of it.

    `read` is for short, keyed questions; `scan` for long ones; `write` takes a function that may be run again and so
    has no effects outside its transaction. Each has a plain twin ending in `_sync` for workers, tests and the CLI.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="pomona-read")
        self._listeners: dict[str, set[Callable[[], None]]] = defaultdict(set)
        self._guard = threading.Lock()

    async def read(self, work: Work[T]) -> T:
        """A short, keyed read on a snapshot."""
        if self.engine.inline_reads:
            return self.engine.read(work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.engine.read, work)

    async def scan(self, work: Work[T], seconds: float = SCAN_SECONDS) -> T:
        """A long read on a connection of its own. Raises `ScanDeadline`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.engine.scan, work, seconds)

    async def write(self, work: Work[T]) -> T:
        """A change. What `work` raises is raised here, and then nothing was changed."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: Any, problem: BaseException | None) -> None:
            if future.cancelled():
                return
            if problem is None:
                future.set_result(result)
            else:
                future.set_exception(problem)

        def done(result: Any, problem: BaseException | None, topics: frozenset[str]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for this any more
                loop.call_soon_threadsafe(settle, result, problem)
            self._wake(topics)

        self.engine.submit(work, done)
        return await future

    def read_sync(self, work: Work[T]) -> T:
        """`read` for plain callers."""
        return self.engine.read(work)

    def scan_sync(self, work: Work[T], seconds: float = SCAN_SECONDS) -> T:
        """`scan` for plain callers."""
        return self.engine.scan(work, seconds)

    def write_sync(self, work: Work[T]) -> T:
        """`write` for plain callers; never from the event loop's thread."""
        result, topics = self.engine.write(work)
        self._wake(topics)
        return result

    def listen(self, topic: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls `wake` (from any thread) after each commit that notified `topic`; gives the way to stop it."""
        with self._guard:
            self._listeners[topic].add(wake)
        return lambda: self._listeners[topic].discard(wake)

    def close(self) -> None:
        """Waits for what was submitted, then lets go of the database."""
        self._threads.shutdown(wait=True)
        self.engine.close()

    def _wake(self, topics: frozenset[str]) -> None:
        for topic in topics:
            for wake in tuple(self._listeners[topic]):
                wake()


def open_store(
    target: str | Path,
    projections: Projections,
    *,
    durable: bool = False,
    connections: int = 8,
    patience: float = 15.0,
) -> Store:
    """Opens and, where needed, migrates a database.

    `target` is a PostgreSQL URI (`postgresql://…`) or the path of a SQLite file, made if it is not there. Raises
    `StoreUnavailable` (on PostgreSQL after `patience` seconds) or `SchemaMismatch`.
    """
    engine: Engine
    if isinstance(target, str) and target.startswith(("postgresql://", "postgres://")):
        from pomona.store.postgresql import PostgresqlEngine  # its driver costs 0.15 s of start-up

        engine = PostgresqlEngine(target, projections, connections=connections, patience=patience)
    else:
        engine = SqliteEngine(Path(target), projections, durable=durable)
    try:
        migrate(engine)
    except BaseException:
        engine.close()
        raise
    return Store(engine)
