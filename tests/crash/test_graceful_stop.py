"""SIGTERM: what was begun is answered, what waits is done after the next start, and the exit status is 0."""

import contextlib
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pomona.runtime import Settings
from pomona.store import open_store
from tests.crash import invariants
from tests.crash.acknowledged import acknowledged_is_there, activities_are_there
from tests.crash.amounts import ROUNDS, SEED
from tests.crash.doors import doors
from tests.crash.everybody import everybody
from tests.crash.prepared import Prepared, prepare
from tests.crash.process import PomonaProcess, wait_for
from tests.crash.requests import activity, head
from tests.support.stores import PROJECTIONS


@pytest.fixture
def process(tmp_path: Path) -> Iterator[PomonaProcess]:
    made = PomonaProcess(tmp_path, {"shutdown_seconds": 2})
    yield made
    made.close()


@pytest.fixture
def given(process: PomonaProcess) -> Prepared:
    return prepare(Settings(data=process.data), pools=(2_500, 200, 400))


def settled(process: PomonaProcess) -> None:
    """All work is done by itself, and right."""
    with contextlib.closing(open_store(process.data / "pomona.db", PROJECTIONS)) as store:
        wait_for(lambda: invariants.settled(store), process)
        invariants.check(store)


def test_a_request_that_is_still_being_sent_is_answered(process: PomonaProcess, given: Prepared) -> None:
    process.start()
    door = next(each for each in doors(process.origin, given) if each.path == "/v1/orgDeviceActivities")
    body = activity("ASSIGN_DEVICES", given.pools[0], given.second.uuid)
    with socket.create_connection(("127.0.0.1", process.port), 10) as connection:
        connection.sendall(head(door, f"Content-Length: {len(body)}") + body[:1_000])
        time.sleep(0.2)
        process.signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(process.port), process)
        connection.sendall(body[1_000:])
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b"\r\nconnection: close\r\n" in answer
    assert process.wait() == 0
    assert not (process.data / "pomona.db-wal").exists()
    process.start()
    settled(process)
    created = json.loads(answer.partition(b"\r\n\r\n")[2])["data"]["id"]
    with contextlib.closing(open_store(process.data / "pomona.db", PROJECTIONS)) as store:
        activities_are_there(store, given.organization_id, {created: given.pools[0]})
    assert process.stop() == 0


def test_a_client_that_never_ends_holds_up_nobody(process: PomonaProcess, given: Prepared) -> None:
    process.start()
    door = next(each for each in doors(process.origin, given) if each.path == "/profile/devices")
    with socket.create_connection(("127.0.0.1", process.port), 10) as connection:
        connection.sendall(head(door, "Content-Length: 1000") + b"{")
        time.sleep(0.2)
        began = time.monotonic()
        process.signal(signal.SIGINT)
        assert process.wait() == 0
        assert time.monotonic() - began < 10
    assert "xception" not in process.said


def test_a_restart_while_everybody_works_loses_nothing(process: PomonaProcess, given: Prepared) -> None:
    process.start()
    with contextlib.closing(everybody(process.origin, given, SEED)) as all_of_them:
        all_of_them.start()
        for _ in range(max(1, ROUNDS // 4)):
            time.sleep(0.7)
            assert process.stop() == 0
            process.start()
        all_of_them.finish()
        settled(process)
        with contextlib.closing(open_store(process.data / "pomona.db", PROJECTIONS)) as store:
            acknowledged_is_there(store, given, all_of_them)
    assert process.stop() == 0
    assert "xception" not in process.log
    assert all_of_them.traffic.statuses.keys() <= {200, 201}


def refuses_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    return False
