"""PostgreSQL goes away and comes back while everybody works: a plain answer meanwhile, and nothing to do afterwards."""

import contextlib
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pomona.keys.keyring import encode
from pomona.runtime import Settings
from pomona.store import open_store
from tests.crash import invariants
from tests.crash.acknowledged import acknowledged_is_there
from tests.crash.amounts import SEED
from tests.crash.doors import Door, doors
from tests.crash.everybody import everybody
from tests.crash.prepared import Prepared, prepare
from tests.crash.process import PomonaProcess, wait_for
from tests.crash.requests import activity, submission, supplier_call
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
        open_doors = doors(process.origin, given)
        all_of_them.start()
        time.sleep(1)
        postgres_cluster.halt(signal.SIGQUIT)
        try:
            refused_in_its_own_words(process, given, open_doors)
            time.sleep(1)
        finally:
            postgres_cluster.start()
        all_of_them.finish()
        with contextlib.closing(open_store(postgres_database, PROJECTIONS)) as store:
            wait_for(lambda: invariants.settled(store), process)
            acknowledged_is_there(store, given, all_of_them, in_order=False)
            invariants.check(store)
    assert process.stop() == 0
    assert all_of_them.traffic.statuses.keys() <= {200, 201, 503}
    assert max(all_of_them.traffic.unavailable) < 10
    assert "xception" not in process.log


def refused_in_its_own_words(process: PomonaProcess, given: Prepared, open_doors: list[Door]) -> None:
    """Every face says that the database is away, in the shape that its clients read."""
    said = {
        "/profile": (dumps({"profile_name": "P", "url": "https://mdm.example"}), "SERVICE_UNAVAILABLE"),
        "/v1/orgDeviceActivities": (
            activity("ASSIGN_DEVICES", ["O"], given.first.uuid),
            '"SERVICE_UNAVAILABLE"',
        ),
        "/enroll-service/1.0/bulk-enroll-devices": (submission(given.number, "T", {"T": ["O"]}), "GRX-50072"),
        "/enroll-service/1.0/show-order-details": (dumps(supplier_call(orderNumbers=["T"])), "DEP-ERR-5003"),
    }
    with httpx.Client(base_url=process.origin, timeout=30) as http:
        for door in open_doors:
            if door.path in said:
                body, words = said[door.path]
                answer = http.request(door.method, door.path, content=body, headers=door.headers)
                assert (answer.status_code, words in answer.text) == (503, True), (
                    f"{door.name}: {answer.text}"
                )
        assert http.get("/healthz").status_code == 200
        ready = http.get("/readyz")
        assert (ready.status_code, "PostgreSQL" in ready.text) == (503, True)


def dumps(document: object) -> bytes:
    return json.dumps(document).encode()
