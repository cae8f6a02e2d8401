"""A database that may not be written, or not any further: a plain message, no damage, and nothing to do afterwards but room."""

import contextlib
import json
import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from pomona.runtime import Settings
from pomona.store import StoreUnavailable, open_store
from tests.crash import invariants
from tests.crash.acknowledged import acknowledged_is_there
from tests.crash.amounts import SEED
from tests.crash.doors import Door, doors
from tests.crash.everybody import everybody
from tests.crash.prepared import Prepared, prepare
from tests.crash.process import PomonaProcess, wait_for
from tests.crash.requests import activity, submission
from tests.support.stores import PROJECTIONS
from tests.support.worlds import serials

PROFILE = {
    "profile_name": "P",
    "url": "https://mdm.example/enrol",
    "skip_setup_items": [f"Pane {n}" for n in range(50_000)],
}
WITHOUT_PRIVILEGE = (
    ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
)
"""Root may write whatever a file's mode says; a service does not run with that privilege."""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[PomonaProcess]:
    made = PomonaProcess(tmp_path, through=WITHOUT_PRIVILEGE)
    yield made
    made.close()


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_database_that_may_not_be_written_is_named(process: PomonaProcess, what: str) -> None:
    process.start()
    assert process.stop() == 0
    path = process.data / "pomona.db" if what == "file" else process.data
    mode = path.stat().st_mode
    path.chmod(0o444 if what == "file" else 0o555)
    process.launch()
    assert process.wait() == 1
    path.chmod(mode)
    assert "pomona.db" in process.said
    assert "check owner and mode" in process.said
    assert "Traceback" not in process.said
    process.start()
    assert process.stop() == 0


@pytest.mark.parametrize("verb", ["read_sync", "scan_sync"])
def test_a_folder_that_vanishes_is_named(tmp_path: Path, verb: str) -> None:
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    folder.mkdir()
    with contextlib.closing(open_store(folder / "pomona.db", PROJECTIONS)) as store:

        def look() -> object:
            with ThreadPoolExecutor(1) as new_thread:  # whose connection is yet to be made
                return new_thread.submit(getattr(store, verb), lambda tx: tx.value("SELECT 1")).result()

        folder.rename(elsewhere)
        with pytest.raises(StoreUnavailable, match="check that the folder exists"):
            look()
        elsewhere.rename(folder)
        assert look() == 1


def test_without_room_nothing_is_taken_and_with_room_all_goes_on(process: PomonaProcess) -> None:
    given = prepare(Settings(data=process.data), pools=(2_500, 2_500, 400))
    process.start()
    with contextlib.closing(everybody(process.origin, given, SEED)) as all_of_them:
        all_of_them.start()
        open_doors = doors(process.origin, given)
        time.sleep(0.5)
        limit = max(each.stat().st_size for each in process.data.glob("pomona.db*")) + 200_000
        _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, most))
        wait_for(lambda: len(all_of_them.traffic.unavailable) > 20, process)
        refused_in_its_own_words(process, given, open_doors)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
        all_of_them.finish()
        with contextlib.closing(open_store(process.data / "pomona.db", PROJECTIONS)) as store:
            wait_for(lambda: invariants.settled(store), process)
            acknowledged_is_there(store, given, all_of_them)
            invariants.check(store)
    assert process.stop() == 0
    assert all_of_them.traffic.statuses.keys() <= {200, 201, 503}
    assert "xception" not in process.log
    assert "store unavailable" in process.log


def refused_in_its_own_words(process: PomonaProcess, given: Prepared, open_doors: list[Door]) -> None:
    """A change is refused and says so; what only reads is answered."""
    many = serials(20_000, seed=77)
    refusals = {
        "/enroll-service/1.0/bulk-enroll-devices": (
            submission(given.number, "MUCH", {"MUCH": many}),
            "GRX-50072",
        ),
        "/v1/orgDeviceActivities": (
            activity("ASSIGN_DEVICES", many, given.first.uuid),
            "SERVICE_UNAVAILABLE",
        ),
        "/profile": (json.dumps(PROFILE).encode(), "SERVICE_UNAVAILABLE"),
    }
    with httpx.Client(base_url=process.origin, timeout=30) as http:
        for door in open_doors:
            if door.path in refusals:
                body, said = refusals[door.path]
                answer = http.post(door.path, content=body, headers=door.headers)
                assert (answer.status_code, said in answer.text) == (503, True), f"{door.name}: {answer.text}"
        assert http.get("/readyz").status_code == 200
