"""What the embedded database says when the disk, the file or the schema is not as it should be."""

from pathlib import Path

import apsw
import pytest

from pomona.store import Store, StoreUnavailable, Tx, open_store
from pomona.store.errors import SchemaMismatch
from pomona.store.schema import MIGRATIONS
from tests.support.stores import PROJECTIONS


def fill(tx: Tx) -> None:
    tx.insert("meta", ("key", "value"), [(str(n), "x" * 5000) for n in range(2000)])


def test_a_full_disk_changes_nothing_and_passes(store: Store) -> None:
    store.write_sync(lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('a', 'a')"))
    pages = store.read_sync(lambda tx: tx.value("PRAGMA page_count"))
    store.write_sync(lambda tx: tx.rows(f"PRAGMA max_page_count = {pages + 20}"))
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        store.write_sync(fill)
    assert store.read_sync(lambda tx: tx.value("SELECT count(*) FROM meta")) == 2
    store.write_sync(lambda tx: tx.rows("PRAGMA max_page_count = 1000000"))
    store.write_sync(fill)
    assert store.read_sync(lambda tx: tx.value("SELECT count(*) FROM meta")) == 2002


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "pomona.db"
    file.write_bytes(b"this is no database" * 1000)
    with pytest.raises(StoreUnavailable, match=r"pomona\.db: it is no SQLite database"):
        open_store(file, PROJECTIONS)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="check that the folder exists"):
        open_store(tmp_path / "nowhere" / "pomona.db", PROJECTIONS)


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pomona.db"
    open_store(file, PROJECTIONS).close()
    connection = apsw.Connection(str(file))
    connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (str(len(MIGRATIONS) + 1),))
    connection.close()
    with pytest.raises(SchemaMismatch, match="use a newer Pomona"):
        open_store(file, PROJECTIONS)


def test_opening_again_migrates_nothing(tmp_path: Path) -> None:
    file = tmp_path / "pomona.db"
    open_store(file, PROJECTIONS).close()
    size, changed = file.stat().st_size, file.stat().st_mtime_ns
    open_store(file, PROJECTIONS).close()
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (size, changed)


def test_an_unreachable_postgresql_is_named() -> None:
    with pytest.raises(StoreUnavailable, match="check database_url"):
        open_store("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1", PROJECTIONS, patience=1.0)
