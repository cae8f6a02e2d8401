"""The write-ahead log is moved into the database while others write, and never grows without end."""

import time
from pathlib import Path

import apsw
import pytest

from pomona.store import Store, Tx, checkpoints, open_store
from tests.support.stores import PROJECTIONS

PAGE = 4096


def write(store: Store, n: int, pages: int = 100) -> None:
    def fill(tx: Tx) -> None:
        tx.execute("DELETE FROM meta WHERE key LIKE 'filling%'")
        tx.insert("meta", ("key", "value"), [(f"filling {n} {m}", "x" * PAGE) for m in range(pages)])

    store.write_sync(fill)


def moved(file: Path) -> bool:
    """Whether nothing is left to be moved, as another connection sees it."""
    connection = apsw.Connection(str(file))
    try:
        log, done = connection.wal_checkpoint()
        return log == done
    finally:
        connection.close()


def test_a_long_log_is_moved_and_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_LONG", 200)
    file = tmp_path / "pomona.db"
    store = open_store(file, PROJECTIONS)
    log = file.with_name("pomona.db-wal")
    for n in range(30):
        write(store, n)
        time.sleep(0.01)
    end = time.monotonic() + 20
    while log.stat().st_size > 3000 * PAGE or not moved(file):
        assert time.monotonic() < end
        time.sleep(0.05)
        write(store, 99, 1)
    store.close()


def test_beside_a_writer_without_a_pause_the_log_stays_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_LONG", 1 << 30)
    monkeypatch.setattr(checkpoints, "_TOO_LONG", 500)
    file = tmp_path / "pomona.db"
    store = open_store(file, PROJECTIONS)
    for n in range(40):
        write(store, n)
    assert file.with_name("pomona.db-wal").stat().st_size < 1_000 * PAGE
    store.close()


def test_closing_ends_the_thread_whatever_it_is_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_LONG", 1)
    for n in range(20):
        store = open_store(tmp_path / f"{n}.db", PROJECTIONS)
        write(store, n, 5)
        store.close()


def test_a_move_that_fails_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing:
        def wal_checkpoint(self, **_: object) -> None:
            raise apsw.IOError("the disk is full")

    checkpoints._move(Failing())  # type: ignore[arg-type]
    assert "checkpoint failed" in caplog.text
    monkeypatch.setattr(checkpoints, "_move", lambda connection: None)
    monkeypatch.setattr(checkpoints, "_LONG", 1)
    store = open_store(tmp_path / "pomona.db", PROJECTIONS)
    for n in range(5):
        write(store, n)
    assert (
        store.read_sync(lambda tx: tx.value("SELECT count(*) FROM meta WHERE key LIKE 'filling 4%'")) == 100
    )
    store.close()
