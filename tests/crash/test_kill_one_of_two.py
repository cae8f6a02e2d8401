"""Two processes over one PostgreSQL behind a relay, one after the other killed while everybody works."""

import contextlib
import random
import time
from collections import Counter
from functools import partial
from pathlib import Path

from pomona.keys.keyring import encode
from pomona.runtime import Settings
from pomona.store import Store, Tx, open_store
from tests.crash import invariants
from tests.crash.acknowledged import acknowledged_is_there
from tests.crash.amounts import ROUNDS, SEED
from tests.crash.everybody import everybody, figures
from tests.crash.prepared import prepare
from tests.crash.process import PomonaProcess, wait_for
from tests.crash.relay import relaying
from tests.support.stores import PROJECTIONS

KILLS = ROUNDS // 4
SECRET_KEY = encode(bytes(range(32)))
HALF_DONE = (
    "SELECT count(*) FROM activity WHERE status = 'IN_PROGRESS' AND next_chunk > 0 AND leased_by LIKE $1"
)


def test_one_of_two_is_killed_again_and_again(tmp_path: Path, postgres_database: str) -> None:
    shared = {"database_url": postgres_database, "secret_key": SECRET_KEY}
    settings = Settings(data=tmp_path / "data", database_url=postgres_database, secret_key=SECRET_KEY)
    given = prepare(settings, pools=(2_500, 2_500, 400))
    processes = [PomonaProcess(tmp_path, shared) for _ in range(2)]
    with contextlib.ExitStack() as stack:
        for each in processes:
            stack.callback(each.close)
            each.start()
        origin = stack.enter_context(relaying([each.port for each in processes], SEED))
        all_of_them = stack.enter_context(contextlib.closing(everybody(origin, given, SEED)))
        store = stack.enter_context(contextlib.closing(open_store(postgres_database, PROJECTIONS)))
        all_of_them.start()
        caught = kill_one_after_the_other(processes, store)
        all_of_them.finish()
        wait_for(lambda: invariants.settled(store), processes[0])
        acknowledged_is_there(store, given, all_of_them, in_order=False)
        invariants.check(store)
        assert [each.stop() for each in processes] == [0, 0]
    assert "xception" not in "".join(each.log for each in processes)
    print(f"\n{figures(all_of_them, KILLS, caught)}")


def kill_one_after_the_other(processes: list[PomonaProcess], store: Store) -> Counter[str]:
    """Kills and restarts them in turn; gives how often an activity was half done by the one that died."""
    rng = random.Random(SEED)
    caught: Counter[str] = Counter()
    for n in range(KILLS):
        time.sleep(rng.uniform(0.5, 1.5))
        victim = processes[n % 2]
        half_done = partial(_half_done, worker=f"%:{victim.pid}")
        victim.kill()
        caught["activity"] += store.read_sync(half_done)
        victim.start()
    return caught


def _half_done(tx: Tx, worker: str) -> bool:
    return bool(tx.value(HALF_DONE, worker))
