"""Bodies that are too large, compressed to nothing, or nested without end: refused in each face's own words.

The server's memory stays what it was, nothing is changed, and others are served.
"""

from collections.abc import Iterator

import pytest

from tests.crash.conftest import Served
from tests.crash.hostile import bomb, nested, oversized_json

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
