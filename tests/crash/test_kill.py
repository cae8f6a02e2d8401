"""`kill -9` while suppliers order, administrators move devices, services give profiles and devices check in.

Nothing that was acknowledged may be lost and nothing done twice; what was begun ends by itself after the next start.
"""

import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from pomona.keys.randomness import system_rng
from pomona.management import commands
from pomona.registry import enrollments
from pomona.runtime import Settings
from pomona.runtime.clock import wall_millis
from pomona.store import Tx, open_store
from pomona.store.sqlite import connect
from tests.crash import invariants
from tests.crash.acknowledged import acknowledged_is_there
from tests.crash.amounts import ROUNDS, SEED
from tests.crash.everybody import Everybody, everybody, figures
from tests.crash.prepared import prepare
from tests.crash.process import PATIENCE, PomonaProcess, wait_for
from tests.support.stores import PROJECTIONS
from tests.support.worlds import ADMIN

UNDER_WAY = {
    "activity": "SELECT count(*) FROM activity WHERE status = 'IN_PROGRESS' AND next_chunk > 0",
    "order": "SELECT count(*) FROM submission WHERE completed_at IS NULL AND next_chunk > 0",
}
"""Moments to kill at that can be seen in the database: something is half done."""

MOMENTS = (*UNDER_WAY, "any", "start")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[PomonaProcess]:
    made = PomonaProcess(tmp_path)
    yield made
    made.close()


def test_killed_again_and_again(process: PomonaProcess) -> None:
    given = prepare(Settings(data=process.data))
    process.start()
    with contextlib.closing(everybody(process.origin, given, SEED)) as all_of_them:
        all_of_them.start()
        caught = kill_again_and_again(process, all_of_them)
        all_of_them.finish()
        with contextlib.closing(open_store(process.data / "pomona.db", PROJECTIONS)) as store:
            wait_for(lambda: invariants.settled(store), process)
            acknowledged_is_there(store, given, all_of_them)
            invariants.check(store)
    assert process.stop() == 0
    assert "xception" not in process.log
    print(f"\n{figures(all_of_them, ROUNDS, caught)}")


def kill_again_and_again(process: PomonaProcess, all_of_them: Everybody) -> Counter[str]:
    """Kills and restarts; gives how often something was half done."""
    rng = random.Random(SEED)
    caught: Counter[str] = Counter()
    for n in range(ROUNDS):
        moment = MOMENTS[n % len(MOMENTS)]
        if moment in UNDER_WAY:
            caught.update([moment] if kill_half_way(process, all_of_them, UNDER_WAY[moment]) else [])
        else:
            time.sleep(rng.uniform(0, 1))
            process.kill()
        if moment == "start":
            process.launch()
            time.sleep(rng.uniform(0, 0.8))
            process.kill()
        process.start()
        ask_devices(process)
        all_of_them.check()
    if len(MOMENTS) <= ROUNDS:
        assert caught.keys() == UNDER_WAY.keys()
    return caught


def kill_half_way(process: PomonaProcess, all_of_them: Everybody, half_done: str) -> bool:
    """Kills as soon as something is seen half done; tells whether it still was when the process was gone."""
    watcher = connect(process.data / "pomona.db", read_only=True)
    try:
        end = time.monotonic() + PATIENCE
        while not _counted(watcher, half_done):
            all_of_them.check()
            assert time.monotonic() < end, "nothing was ever half done"
            time.sleep(0.002)
        process.kill()
        return _counted(watcher, half_done) > 0
    finally:
        watcher.close()


def _counted(connection: apsw.Connection, sql: str) -> int:
    ((found,),) = connection.execute(sql).fetchall()
    assert isinstance(found, int)
    return found


def ask_devices(process: PomonaProcess) -> None:
    """Queues a command for each enrolled device, as the command line does beside a running server."""
    with contextlib.closing(open_store(process.data / "pomona.db", PROJECTIONS)) as store:
        store.write_sync(_ask)


def _ask(tx: Tx) -> None:
    for (id,) in tx.rows("SELECT id FROM enrollment WHERE status = 'enrolled'"):
        enrollment = enrollments.by_id(tx, id)
        assert enrollment is not None
        commands.queue(tx, enrollment, "SecurityInfo", actor=ADMIN, now=wall_millis(), rng=system_rng)
