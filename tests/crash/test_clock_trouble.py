"""The machine's clock jumps by a day, forth and back, while a server works; and its certificate runs out."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pomona.registry import portal_sessions
from pomona.runtime import Runtime, Settings
from pomona.simulator import mirror
from pomona.simulator.assignment_client import AssignmentClient, AssignmentRefused
from pomona.simulator.randomness import seeded
from pomona.store import Store
from tests.crash import invariants
from tests.crash.in_process import Wall, serving
from tests.crash.patience import Traffic, patient_http
from tests.crash.prepared import Prepared, prepare
from tests.crash.process import free_port, wait_for
from tests.crash.programs import Api, Reader, Supplier
from tests.support.worlds import NOW, serials

DAY = 86_400_000
ORDERED = 2_500


class AtWork(NamedTuple):
    """Programs whose own clocks are right."""

    api: Api
    supplier: Supplier
    reader: Reader


@contextlib.contextmanager
def at_work(origin: str, given: Prepared) -> Iterator[AtWork]:
    with contextlib.ExitStack() as stack:
        http = stack.enter_context(patient_http(origin, Traffic()))
        supplier = stack.enter_context(contextlib.closing(Supplier(origin, given)))
        reader = stack.enter_context(contextlib.closing(Reader(origin, given.first, "first")))
        yield AtWork(Api(http, given.api), supplier, reader)


def test_work_goes_on_whatever_the_clock_says(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=free_port(), tls_port=-1, proxy_port=-1)
    given = prepare(settings, pools=(4_500,))
    wall = Wall()
    with serving(settings, wall) as (runtime, addresses), at_work(str(addresses.http), given) as programs:
        programs.reader.look()
        for turn, by in enumerate((DAY, -DAY, 0)):
            move(runtime, wall, given, programs, turn, by)
        programs.reader.look()
        records, _ = mirror.read_all(programs.reader.client)
        assert mirror.differences(programs.reader.mirror, records) == []
        assert records
        invariants.check(runtime.store)


def move(runtime: Runtime, wall: Wall, given: Prepared, programs: AtWork, turn: int, by: int) -> None:
    """Lets the clock jump in the middle of an activity and an order, and sets it right when both are done."""
    service = (given.second, given.first)[turn % 2]
    activity = programs.api.begin("ASSIGN_DEVICES", given.pools[0], service.uuid)
    order = programs.supplier.submit(f"ORDER{turn}", serials(ORDERED, seed=turn))
    wall.wrong_by = by
    assert programs.supplier.fate(order)["statusCode"] == "COMPLETE"
    wait_for(lambda: invariants.settled(runtime.store))
    if by:
        another = AssignmentClient(programs.reader.http, given.first.token, seeded(f"turn {turn}"))
        with pytest.raises(AssignmentRefused, match="401 timestamp_refused"):
            another.account()
    wall.wrong_by = 0
    assert programs.api.look(activity)["subStatus"] == "COMPLETED_WITH_SUCCESS"


def test_nobody_is_locked_out_by_a_clock_that_was_wrong(any_store: Store) -> None:
    def wait(now: int) -> int:
        return any_store.write_sync(
            lambda tx: portal_sessions.attempt(tx, "pat@example.com", "192.0.2.1", now)
        )

    while not wait(NOW + DAY):
        pass
    assert wait(NOW) == 0


def test_a_certificate_that_ran_out_is_replaced_without_a_restart(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=-1, tls_port=0, proxy_port=-1)
    wall = Wall()
    with serving(settings, wall) as (_, addresses):
        assert addresses.https is not None
        port = int(addresses.https.rpartition(":")[2])
        roots = (settings.data / "authority" / "ca.pem").read_text()
        wall.wrong_by = -398 * DAY
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
            connect(port, roots)
        wall.wrong_by = 0
        connect(port, roots)


def connect(port: int, roots: str) -> None:
    """Connects as a client that trusts only `roots`, and checks the server's certificate."""
    context = ssl.create_default_context(cadata=roots)
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost"),
    ):
        pass
