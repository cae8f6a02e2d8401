"""Bodies that are too large, compressed to nothing, or nested without end: refused in each face's own words.

The server's memory stays what it was, nothing is changed, and others are served.
"""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from functools import partial

import pytest

from pomona.store import Tx, open_store
from tests.crash.conftest import Served
from tests.crash.doors import Door
from tests.crash.hostile import bomb, nested, oversized_json
from tests.crash.requests import activity, head, submission
from tests.support.stores import PROJECTIONS

ROOM = 40_000_000
"""Bytes of memory that the process may gain over all that a test sends."""


@pytest.fixture
def bounded(served: Served) -> Iterator[Served]:
    """Afterwards the process has hardly more memory than before, has logged no trouble, and answers."""
    for door in served.doors:
        served.send(door, b"{}")  # what is loaded and kept at a first request is not what the test is about
    before, said = served.process.memory, len(served.process.log)
    yield served
    served.still_answers()
    assert served.process.memory - before < ROOM
    assert "xception" not in served.process.log[said:]


def test_a_body_beyond_the_limit_is_refused(bounded: Served) -> None:
    for door in bounded.doors:
        answer = bounded.send(door, oversized_json(door.limit + 1))
        assert_too_large(door.name, door.too_large, answer.status_code, answer.text)


def test_so_is_one_that_does_not_say_its_size(bounded: Served) -> None:
    for door in bounded.doors:
        pieces = (b" " * 10_000 for _ in range(door.limit // 10_000 + 1))
        answer = bounded.send(door, pieces)
        assert_too_large(door.name, door.too_large, answer.status_code, answer.text)


def assert_too_large(name: str, expected: tuple[int, str], status: int, text: str) -> None:
    assert status == expected[0], f"{name}: {status} {text}"
    assert expected[1] in text, f"{name}: {text}"


def test_a_body_at_the_limit_is_read(bounded: Served) -> None:
    for door in bounded.doors:
        answer = bounded.send(door, oversized_json(door.limit))
        assert answer.status_code < 500
        status, said = door.too_large
        assert answer.status_code != status or said not in answer.text, f"{door.name}: {answer.text}"


def test_a_compressed_bomb_does_not_go_off(bounded: Served) -> None:
    body = bomb()
    for door in bounded.doors:
        answer = bounded.send(door, body, **{"Content-Encoding": "gzip"})
        refused = 400 <= answer.status_code < 500 or (answer.status_code == 200 and "rror" in answer.text)
        assert refused, f"{door.name}: {answer.status_code} {answer.text[:200]}"


@pytest.mark.parametrize(("name", "body"), list(nested()), ids=[name for name, _ in nested()])
def test_nesting_without_end_is_refused(bounded: Served, name: str, body: bytes) -> None:
    for door in bounded.doors:
        answer = bounded.send(door, body)
        assert answer.status_code < 500, f"{door.name}: {name}: {answer.status_code} {answer.text[:300]}"


def test_a_request_that_breaks_off_changes_nothing(bounded: Served) -> None:
    """What came of it would be a good request, but it never came to its end."""
    before = rows(bounded)
    for door, body in good_requests(bounded):
        assert rows(bounded) == before
        with socket.create_connection(("127.0.0.1", bounded.process.port), 10) as connection:
            connection.sendall(head(door, "Transfer-Encoding: chunked") + b"%x\r\n%s\r\n" % (len(body), body))
            time.sleep(0.1)
    time.sleep(0.2)
    assert rows(bounded) == before
    for door, body in good_requests(bounded):
        assert bounded.send(door, body).status_code in (200, 201)
    assert all(after > count for after, count in zip(rows(bounded), before, strict=True))


def good_requests(served: Served) -> list[tuple[Door, bytes]]:
    serial, service = served.given.pools[0][0], served.given.second.uuid
    bodies = {
        "/profile": json.dumps({"profile_name": "P", "url": "https://mdm.example/enrol"}).encode(),
        "/v1/orgDeviceActivities": activity("ASSIGN_DEVICES", [serial], service),
        "/enroll-service/1.0/bulk-enroll-devices": submission(
            served.given.number, "BROKEN", {"BROKEN": ["OBROKENOFF01"]}
        ),
    }
    return [(door, bodies[door.path]) for door in served.doors if door.path in bodies]


def rows(served: Served) -> list[int]:
    """How many profiles, activities and submissions there are."""
    with contextlib.closing(open_store(served.process.data / "pomona.db", PROJECTIONS)) as store:
        return [
            store.read_sync(partial(_count, table=table)) for table in ("profile", "activity", "submission")
        ]


def _count(tx: Tx, table: str) -> int:
    return int(tx.value(f"SELECT count(*) FROM {table}"))
