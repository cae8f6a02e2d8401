"""What the store does when PostgreSQL is away, comes late, takes no changes, or holds a lock for a process that hangs."""

import contextlib
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from pomona.store import Store, StoreUnavailable, Tx, open_store
from pomona.store.migrate import migrate
from pomona.store.postgresql import PostgresqlEngine
from tests.crash.process import wait_for
from tests.support.postgres import Cluster
from tests.support.stores import PROJECTIONS

ORGANIZATION = 7


@pytest.fixture
def shared(postgres_database: str) -> Iterator[Store]:
    store = open_store(postgres_database, PROJECTIONS, connections=4)
    yield store
    store.close()


def note(tx: Tx) -> None:
    tx.lock(ORGANIZATION)
    tx.execute("INSERT INTO meta (key, value) VALUES ('note', 'kept')")


def notes(store: Store) -> int:
    return int(store.read_sync(lambda tx: tx.value("SELECT count(*) FROM meta WHERE key = 'note'")))


@contextlib.contextmanager
def away(cluster: Cluster) -> Iterator[None]:
    """The server is down until the block ends."""
    cluster.halt()
    try:
        yield
    finally:
        cluster.start()


def test_without_the_server_everybody_is_told_soon(shared: Store, postgres_cluster: Cluster) -> None:
    with away(postgres_cluster):
        for most in (3.0, 1.0, 1.0):
            began = time.monotonic()
            with pytest.raises(StoreUnavailable, match="PostgreSQL"):
                shared.write_sync(note)
            assert time.monotonic() - began < most
        time.sleep(1.5)  # longer than the pool goes on trying by itself
    began = time.monotonic()
    wait_for(lambda: _noted(shared), seconds=10)
    assert notes(shared) == 1


def _noted(store: Store) -> bool:
    try:
        store.write_sync(note)
    except StoreUnavailable:
        return False
    return True


def test_a_server_that_comes_late_is_waited_for(postgres_cluster: Cluster, postgres_database: str) -> None:
    opened: list[Store] = []
    waiting = threading.Thread(target=lambda: opened.append(open_store(postgres_database, PROJECTIONS)))
    with away(postgres_cluster):
        waiting.start()
        time.sleep(1.5)
        assert not opened
    waiting.join(20)
    opened[0].write_sync(note)
    opened[0].close()


def test_a_server_that_takes_no_changes_is_named(shared: Store, postgres_database: str) -> None:
    with psycopg.connect(postgres_database, autocommit=True) as admin:
        name = admin.info.dbname
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        admin.execute(b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                      b" AND datname = current_database()")  # fmt: skip
        with pytest.raises(StoreUnavailable, match="read-only"):
            shared.write_sync(note)
        assert notes(shared) == 0
        admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
        admin.execute(b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                      b" AND datname = current_database()")  # fmt: skip
    shared.write_sync(note)
    assert notes(shared) == 1


def test_a_process_that_hangs_holds_up_others_only_for_a_while(shared: Store, postgres_database: str) -> None:
    engine = PostgresqlEngine(postgres_database, PROJECTIONS, connections=2, idle_seconds=1)
    migrate(engine)
    hanging = Store(engine)
    begun, go_on = threading.Event(), threading.Event()

    def hang(tx: Tx) -> None:
        note(tx)
        begun.set()
        go_on.wait(30)
        tx.execute("INSERT INTO meta (key, value) VALUES ('late', 'lost')")

    failed: list[BaseException] = []

    def write() -> None:
        try:
            hanging.write_sync(hang)
        except StoreUnavailable as problem:
            failed.append(problem)

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(10)
    shared.write_sync(note)
    go_on.set()
    thread.join(10)
    assert "idle-in-transaction timeout" in str(failed[0])
    assert notes(shared) == 1
    assert notes(hanging) == 1
    hanging.close()
