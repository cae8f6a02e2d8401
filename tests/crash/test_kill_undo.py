"""`kill -9` while an activity is being undone and while releases become final: both go on after the next start, once each."""

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import apsw
import pytest

from pomona.registry import activities, releases
from pomona.runtime import Settings
from pomona.runtime.clock import wall_millis
from pomona.server.installation import CLOCK_KEY, installation
from pomona.store import Store, open_store
from pomona.store.sqlite import connect
from tests.crash import invariants
from tests.crash.process import PomonaProcess, wait_for
from tests.registry.test_undo import documents
from tests.support.stores import PROJECTIONS
from tests.support.worlds import ADMIN, World

DEVICES = 12_000
KILLS = 3


@pytest.fixture
def process(tmp_path: Path) -> Iterator[PomonaProcess]:
    made = PomonaProcess(tmp_path)
    yield made
    made.close()


def half_done_or_ended(watcher: apsw.Connection, type: str, done: int) -> bool:
    """Whether an activity of a type has got further than before, or has come to its end."""
    sql = (
        "SELECT 1 FROM activity WHERE type = ?1 AND origin_id IS NOT NULL"
        " AND (status = 'COMPLETED' OR (status = 'IN_PROGRESS' AND next_chunk > ?2))"
    )
    return bool(watcher.execute(sql, (type, done)).fetchall())


def killed_half_way(process: PomonaProcess, type: str) -> int:
    """Starts it, and kills it when an activity of a type is half done, as often as it is; then lets it come to the end."""
    halves = (
        f"SELECT next_chunk FROM activity WHERE type = '{type}' AND status = 'IN_PROGRESS' AND next_chunk > "
    )
    caught, done = 0, 0
    watcher = connect(process.data / "pomona.db", read_only=True)
    with contextlib.closing(watcher):
        for _ in range(KILLS):
            process.start()
            look = partial(half_done_or_ended, watcher, type, done)
            wait_for(look, process)
            process.kill()
            for (reached,) in watcher.execute(halves + str(done)).fetchall():
                assert isinstance(reached, int)
                caught, done = caught + 1, reached
    process.start()
    with contextlib.closing(open_store(process.data / "pomona.db", PROJECTIONS)) as store:
        wait_for(lambda: settled(store), process)
    assert process.stop() == 0
    assert "xception" not in process.log
    return caught


def settled(store: Store) -> bool:
    """Whether no activity runs and no release waits to become final that is due."""
    due = "SELECT count(*) FROM activity WHERE status = 'IN_PROGRESS' OR (unfinished = 1 AND final_at <= $1)"
    offset = store.read_sync(lambda tx: tx.value("SELECT value FROM meta WHERE key = $1", CLOCK_KEY))
    return not store.read_sync(lambda tx: tx.value(due, wall_millis() + int(offset or 0)))


def whole_logs(store: Store) -> None:
    """Each service's log is whole, gives its state, and names no device twice."""
    store.scan_sync(invariants._log_is_whole)
    store.scan_sync(invariants._state_follows_from_log)
    store.scan_sync(invariants._owners_are_one_each)


def test_an_undo_goes_on(process: PomonaProcess) -> None:
    with installation(Settings(data=process.data)) as runtime:
        world = World(runtime.store)
        world.now = runtime.clock.now() - 60_000
        a, wrong = world.service("A"), world.service("Wrong")
        ours = world.stock(DEVICES)
        world.activity("ASSIGN_DEVICES", ours[: DEVICES // 2], a)
        before = documents(world, [a, wrong])
        world.tick()
        mistake = world.activity("ASSIGN_DEVICES", ours, wrong)
        made = runtime.store.write_sync(
            lambda tx: activities.undoing(tx, mistake, actor=ADMIN, now=world.now, rng=world.rng, days=90)
        )
    caught = killed_half_way(process, "UNDO_ACTIVITY")
    assert caught, "it was never half done"
    with installation(Settings(data=process.data)) as runtime:
        world = World.of(runtime.store, 1)
        done = runtime.store.read_sync(lambda tx: activities.get(tx, 1, made.uuid))
        assert (done.status, done.succeeded, done.failed) == ("COMPLETED", DEVICES, 0)
        assert documents(world, [a, wrong]) == before
        whole_logs(runtime.store)


def test_releases_become_final_once(process: PomonaProcess) -> None:
    with installation(Settings(data=process.data)) as runtime:
        world = World(runtime.store)
        world.now = runtime.clock.now() - 60_000
        a = world.service("A")
        ours = world.stock(DEVICES)
        world.activity("ASSIGN_DEVICES", ours[: DEVICES // 2], a)
        runtime.store.write_sync(lambda tx: releases.set_grace(tx, world.id, 72, actor=ADMIN, now=world.now))
        released = world.activity("RELEASE_DEVICES", ours)
        world.activity("KEEP_DEVICES", ours[:10])
        later = str(73 * 3_600_000)
        runtime.store.write_sync(
            lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ($1, $2)", CLOCK_KEY, later)
        )
    killed_half_way(process, "RELEASE_DEVICES")
    with installation(Settings(data=process.data)) as runtime:
        newest = runtime.store.read_sync(lambda tx: activities.newest(tx, 1))
        [final] = [each for each in newest if each.origin_id == released.id]
        assert (final.status, final.succeeded, final.failed) == ("COMPLETED", DEVICES - 10, 0)
        left = runtime.store.read_sync(lambda tx: tx.rows("SELECT serial FROM serial_owner ORDER BY serial"))
        assert [serial for (serial,) in left] == sorted(ours[:10])
        assert World.of(runtime.store, 1).reread(a).device_count == 10
        whole_logs(runtime.store)
