"""The log's ids grow in the order of the commits, so that whoever read up to one of them missed nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pomona.registry import audit
from pomona.registry.actors import SYSTEM
from pomona.registry.audit import Subject
from pomona.store import Store, Tx
from tests.support.worlds import NOW, World


def record(tx: Tx, organization_id: int, name: str) -> None:
    audit.record(tx, organization_id, "TEST", SYSTEM, Subject("TEST", name, name), now=NOW)


def names(store: Store, organization_id: int) -> list[str]:
    found = store.read_sync(lambda tx: audit.newest(tx, organization_id, limit=1000))
    return [event.subject.name for event in reversed(found) if event.type == "TEST"]


def test_a_second_writer_of_an_organisation_waits_for_the_first(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    drawn, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        record(tx, world.id, "slow")
        drawn.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(any_store.write_sync, slow)
        assert drawn.wait(10)
        second = threads.submit(any_store.write_sync, partial(record, organization_id=world.id, name="quick"))
        if any_store.engine.name == "postgresql":
            any_store.write_sync(partial(record, organization_id=other.id, name="elsewhere"))
            assert names(any_store, other.id) == ["elsewhere"]
        assert names(any_store, world.id) == []
        assert not second.done()
        go_on.set()
        first.result(10)
        second.result(10)
    assert names(any_store, world.id) == ["slow", "quick"]


def test_a_reader_that_follows_misses_nothing(any_store: Store) -> None:
    world = World(any_store)
    seen: list[int] = []
    done = threading.Event()

    def newer(tx: Tx, after: int) -> list[tuple[int, ...]]:
        sql = (
            "SELECT id FROM audit_event WHERE organization_id = $1 AND type = 'TEST' AND id > $2 ORDER BY id"
        )
        return tx.rows(sql, world.id, after)

    def follow() -> None:
        last = 0
        while True:
            ending = done.is_set()
            found = any_store.read_sync(partial(newer, after=last))
            seen.extend(row[0] for row in found)
            last = seen[-1] if seen else last
            if ending:
                return

    with ThreadPoolExecutor(4) as threads:
        follower = threads.submit(follow)
        writes = [
            threads.submit(any_store.write_sync, partial(record, organization_id=world.id, name=str(n)))
            for n in range(150)
        ]
        for write in writes:
            write.result(30)
        done.set()
        follower.result(30)
    assert len(seen) == len(set(seen)) == 150
