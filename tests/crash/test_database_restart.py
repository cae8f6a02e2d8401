"""PostgreSQL goes away and comes back while everybody works: a plain answer meanwhile, and nothing to do afterwards."""

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pomona.keys.keyring import encode
from pomona.runtime import Settings
from pomona.store import open_store
from tests.crash import invariants
from tests.crash.acknowledged import acknowledged_is_there
from tests.crash.amounts import SEED
from tests.crash.everybody import everybody, figures
from tests.crash.prepared import prepare
from tests.crash.process import PomonaProcess, wait_for
from tests.support.postgres import Cluster
from tests.support.stores import PROJECTIONS

SECRET_KEY = encode(bytes(range(32)))


@pytest.fixture
def process(tmp_path: Path, postgres_database: str) -> Iterator[PomonaProcess]:
    made = PomonaProcess(tmp_path, {"database_url": postgres_database, "secret_key": SECRET_KEY})
    yield made
    made.close()


def test_work_goes_on_after_a_restart_of_the_database(
    process: PomonaProcess, postgres_cluster: Cluster, postgres_database: str
) -> None:
    settings = Settings(data=process.data, database_url=postgres_database, secret_key=SECRET_KEY)
    given = prepare(settings, pools=(2_500, 2_500, 400))
    process.start()
    with contextlib.closing(everybody(process.origin, given, SEED)) as all_of_them:
        all_of_them.start()
        time.sleep(1)
        postgres_cluster.halt(signal.SIGQUIT)
        try:
            time.sleep(1.5)
        finally:
            postgres_cluster.start()
        began = time.monotonic()
        all_of_them.finish()
        with contextlib.closing(open_store(postgres_database, PROJECTIONS)) as store:
            wait_for(lambda: invariants.settled(store), process)
            print("settled after", time.monotonic() - began)
            acknowledged_is_there(store, given, all_of_them)
            invariants.check(store)
    print(sorted(all_of_them.traffic.unavailable))
    print(figures(all_of_them, 0, {}))
    assert process.stop() == 0
