"""Moving what was committed from the write-ahead log into the database, beside the writer and not in its way.

SQLite by itself does so at the end of the commit that makes the log long enough, which then takes a hundred times as long
as others; and everybody waits who wants to write.
"""

import logging
import threading
from collections.abc import Callable

import apsw

_log = logging.getLogger("pomona.store")

_LONG = 4_000  # pages in the log, 16 MB
_TOO_LONG = 48_000  # pages, 190 MB
"""Beside a writer that never pauses, the log is never all moved at a moment when it could begin anew: from here on the writer
itself moves the last of it."""


class Checkpoints:
    """Watches a writer's log, with a connection of its own in a thread of its own."""

    def __init__(self, writer: apsw.Connection, connect: Callable[[], apsw.Connection]) -> None:
        self._writer = writer
        self._connect = connect
        self._wanted = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None
        writer.set_wal_hook(self._committed)

    def close(self) -> None:
        """Ends the thread; a move under way is finished."""
        self._ended = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _committed(self, writer: apsw.Connection, name: str, pages: int) -> int:
        """Called after each commit, with the length of the log."""
        if pages > _TOO_LONG:
            _move(writer)
        elif pages > _LONG:
            self._begin()
            self._wanted.set()
        return apsw.SQLITE_OK

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="pomona-checkpoints", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        connection = self._connect()
        try:
            while self._wanted.wait() and not self._ended:
                self._wanted.clear()
                _move(connection)
        finally:
            connection.close()


def _move(connection: apsw.Connection) -> None:
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    except apsw.BusyError:
        pass  # somebody else is at it
    except apsw.Error as problem:
        # Nothing is lost: it stays in the log, and the next commit wants it moved again.
        _log.warning("checkpoint failed", extra={"problem": str(problem)})
