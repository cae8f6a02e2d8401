"""Two Pomona processes over one PostgreSQL, one of which is killed or frozen in the middle of an activity or an order.

The other goes on: nothing is lost or done twice. One of them serves in the test's process, so that the time which must
pass before it takes over another's activity need not be waited for.
"""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pomona.keys.keyring import encode
from pomona.registry.activities import LEASE
from pomona.runtime import Runtime, Settings
from pomona.store import Store
from tests.crash import invariants
from tests.crash.in_process import serving
from tests.crash.patience import Traffic, patient_http
from tests.crash.prepared import Prepared, prepare
from tests.crash.process import PomonaProcess, free_port, wait_for
from tests.crash.programs import Api, Supplier
from tests.support.worlds import serials

SECRET_KEY = encode(bytes(range(32)))
POOL = 10_000


@dataclass
class Pair:
    """A process of its own and a server in this one, over the same database with the same key."""

    process: PomonaProcess
    other: Runtime
    other_origin: str
    given: Prepared

    @property
    def store(self) -> Store:
        return self.other.store

    def done(self) -> int:
        """How many chunks of the activity with the highest number are done."""
        sql = "SELECT next_chunk FROM activity ORDER BY id DESC LIMIT 1"
        return int(self.store.read_sync(lambda tx: tx.value(sql)) or 0)

    def held_by_process(self) -> bool:
        """Whether it is the process that works on an activity, and is in the middle of it."""
        sql = (
            "SELECT count(*) FROM activity WHERE status = 'IN_PROGRESS' AND next_chunk > 0 AND next_chunk < chunks / 2"
            " AND leased_by LIKE $1"
        )
        return bool(self.store.read_sync(lambda tx: tx.value(sql, f"%:{self.process.pid}")))


@pytest.fixture
def pair(tmp_path: Path, postgres_database: str) -> Iterator[Pair]:
    shared = {"database_url": postgres_database, "secret_key": SECRET_KEY}
    settings = Settings(
        data=tmp_path / "other", port=free_port(), tls_port=-1, proxy_port=-1, database_url=postgres_database,
        secret_key=SECRET_KEY,
    )  # fmt: skip
    given = prepare(settings, pools=(POOL,))
    process = PomonaProcess(tmp_path, shared)
    process.start()
    try:
        with serving(settings) as (other, addresses):
            assert addresses.http is not None
            yield Pair(process, other, addresses.http, given)
    finally:
        process.close()


def test_the_other_goes_on_with_what_a_killed_process_began(pair: Pair) -> None:
    devices = serials(POOL, seed=9)
    with contextlib.closing(Supplier(pair.process.origin, pair.given)) as supplier:
        order = supplier.submit("ORDER1", devices)
        wait_for(lambda: pair.store.read_sync(lambda tx: tx.value("SELECT max(next_chunk) FROM submission")))
        pair.process.kill()
    with contextlib.closing(Supplier(pair.other_origin, pair.given)) as supplier:
        assert supplier.fate(order)["statusCode"] == "COMPLETE", "orders are held by nobody"
        assert sorted(supplier.devices_of("ORDER1")) == sorted(devices)
    pair.process.start()
    id = begin(pair)
    pair.process.kill()
    done = pair.done()
    time.sleep(1.5)  # the other looks for work every second
    assert pair.done() == done, "the lease has not run out yet"
    pair.other.clock.offset = LEASE
    finished(pair, id)


def test_the_other_finishes_the_activity_of_a_frozen_process(pair: Pair) -> None:
    """As if its network had been cut: it comes back later and knows nothing of what happened meanwhile."""
    id = begin(pair)
    pair.process.signal(signal.SIGSTOP)
    done = pair.done()
    pair.other.clock.offset = LEASE
    # A transaction that was cut off holds the organisation's lock until the server ends it.
    wait_for(lambda: pair.done() > done, seconds=45)
    pair.process.signal(signal.SIGCONT)
    finished(pair, id)
    assert pair.process.stop() == 0


def begin(pair: Pair) -> str:
    """Begins activities at the process until it works on one itself; gives that one's id."""
    pool = pair.given.pools[0]
    services = (pair.given.second.uuid, pair.given.first.uuid)
    with contextlib.closing(patient_http(pair.process.origin, Traffic())) as http:
        api = Api(http, pair.given.api)
        for turn in range(20):
            id = api.begin("ASSIGN_DEVICES", pool, services[turn % 2])
            if _eventually(pair.held_by_process, pair):
                return id
    raise AssertionError("the process never worked on an activity")


def _eventually(seen: Callable[[], bool], pair: Pair) -> bool:
    """Whether something is seen before all work is done."""
    while not seen():
        if invariants.settled(pair.store):
            return False
    return True


def finished(pair: Pair, id: str) -> None:
    """The activity is complete and right."""
    wait_for(lambda: invariants.settled(pair.store), pair.process)
    with contextlib.closing(patient_http(pair.other_origin, Traffic())) as http:
        attributes = Api(http, pair.given.api).look(id)
    assert (attributes["status"], attributes["subStatus"]) == ("COMPLETED", "COMPLETED_WITH_SUCCESS")
    invariants.check(pair.store)
