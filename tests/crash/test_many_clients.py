"""Clients by the hundred that are silent, slow, or never stop: the server's memory stays bounded and others are served."""

import contextlib
import resource
import socket
import time
from collections.abc import Iterator

import pytest

from pomona.server.body_budget import BODY_BYTES
from tests.crash.amounts import CONNECTIONS
from tests.crash.conftest import Served
from tests.crash.doors import Door
from tests.crash.process import wait_for
from tests.crash.requests import head

SLOW = 200
PER_CONNECTION = 40_000
"""Bytes of memory that a connection may cost which said nothing or little."""

ENDLESS = 150_000_000
PIECE = b" " * 65_536


@pytest.fixture
def opened(served: Served) -> Iterator["Connections"]:
    """Connections to the server, closed at the end of the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    connections = Connections(served.process.port)
    yield connections
    connections.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Connections:
    """Plain connections that send what they are told to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.all: list[socket.socket] = []

    def open(self, count: int, said: bytes = b"") -> list[socket.socket]:
        """Opens so many; each says `said` and no more."""
        made = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", self._port), 30)
            self.all.append(connection)
            connection.sendall(said)
            made.append(connection)
        return made

    def close(self) -> None:
        """Closes all."""
        for each in self.all:
            each.close()


def door(served: Served, path: str) -> Door:
    """The door with this path."""
    return next(each for each in served.doors if each.path == path)


def test_thousands_may_be_connected_and_silent(served: Served, opened: Connections) -> None:
    served.still_answers()
    before = served.process.memory
    connections = opened.open(CONNECTIONS)
    for _ in range(2):
        for each in connections:
            each.sendall(b"GET /healthz HTTP/1.1\r\nHost: tests\r\n\r\n")
        assert [answers(each, 1) for each in connections] == [1] * CONNECTIONS
    served.still_answers()
    gained = served.process.memory - before
    assert gained < CONNECTIONS * PER_CONNECTION + 10_000_000
    print(f"\n{CONNECTIONS} idle connections: {gained / CONNECTIONS / 1000:.1f} kB of memory each")


def test_slow_ones_hold_up_nobody(served: Served, opened: Connections) -> None:
    served.still_answers()
    before = served.process.memory
    slow = opened.open(SLOW, b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    slow += opened.open(
        SLOW, head(door(served, "/profile/devices"), "Content-Length: 900000") + b'{"devices": ['
    )
    slow += opened.open(
        SLOW, head(door(served, "/v1/orgDeviceActivities"), "Transfer-Encoding: chunked") + b"1\r\n{\r\n"
    )
    for letter in (b"a", b"b", b"c"):
        for each in slow[: 2 * SLOW]:
            each.sendall(letter)
        began = time.monotonic()
        for _ in range(10):
            served.still_answers()
        assert time.monotonic() - began < 10
    assert served.process.memory - before < len(slow) * PER_CONNECTION + 10_000_000


def test_those_that_do_not_read_cost_one_answer_each(served: Served, opened: Connections) -> None:
    """Each asks for page after page and takes nothing of them."""
    ask = head(door(served, "/server/devices"), "Content-Length: 15") + b'{"limit": 1000}'
    page = len(served.send(door(served, "/server/devices"), b'{"limit": 1000}').content)
    before = served.process.memory
    opened.open(SLOW, ask * 32)
    for _ in range(5):
        served.still_answers()
        time.sleep(0.1)
    assert served.process.memory - before < SLOW * (page + PER_CONNECTION) + 10_000_000


def test_requests_may_be_sent_ahead(opened: Connections) -> None:
    """In one go, and with so many header fields in all that no single request could have them."""
    fields = b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1_000) for n in range(6))
    (connection,) = opened.open(1, b"GET /healthz HTTP/1.1\r\n%s\r\n" % fields * 20)
    assert answers(connection, 20) == 20


def test_whoever_sends_far_too_many_ahead_is_answered_some_and_cut_off(opened: Connections) -> None:
    (connection,) = opened.open(1, b"GET /healthz HTTP/1.1\r\n\r\n" * 1_000)
    assert 32 <= answers(connection, 1_000) <= 64


def test_requests_without_end_are_not_kept(served: Served, opened: Connections) -> None:
    served.still_answers()
    before = served.process.memory
    for each in opened.open(20):
        with contextlib.suppress(ConnectionError):
            for _ in range(20):
                each.sendall(b"GET /healthz HTTP/1.1\r\n\r\n" * 5_000)
    served.still_answers()
    assert served.process.memory - before < 20_000_000


def answers(connection: socket.socket, wanted: int) -> int:
    """Reads until so many answers came or the connection ended; gives how many did."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while got.count(b"\r\n\r\nok\n") < wanted and (piece := connection.recv(65_536)):
            got += piece
    assert got.count(b"HTTP/1.1 200 OK") == got.count(b"HTTP/1.1 ")
    return got.count(b"\r\n\r\nok\n")


@pytest.mark.parametrize("path", ["/profile/devices", "/v1/orgDeviceActivities", "/enroll-service/1.0/bulk-enroll-devices",
                                  "/portal/sign-in", "/activation/v1/record"])  # fmt: skip
def test_a_body_that_never_ends_is_not_kept(served: Served, opened: Connections, path: str) -> None:
    served.still_answers()
    before = served.process.memory
    (connection,) = opened.open(1, head(door(served, path), "Transfer-Encoding: chunked"))
    chunk = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
    with contextlib.suppress(ConnectionError):
        for _ in range(ENDLESS // len(PIECE)):
            connection.sendall(chunk)
    served.still_answers()
    assert served.process.memory - before < 20_000_000


def test_bodies_that_stop_just_before_their_end_fill_no_memory(served: Served, opened: Connections) -> None:
    """Nobody need sign in to send one, so there is a bound on all of them together."""
    checkin = door(served, f"/manage/{served.given.slug}/checkin")
    served.still_answers()
    before = served.process.memory
    size = checkin.limit - 1_000
    message = head(checkin, f"Content-Length: {checkin.limit}") + b" " * size
    held = opened.open(BODY_BYTES // size + 30, message)
    (refused,) = opened.open(1, message)
    assert refused.recv(1_000).startswith(b"HTTP/1.1 503 ")
    assert served.process.memory - before < BODY_BYTES * 1.2
    served.still_answers()
    for each in held:
        each.close()
    wait_for(lambda: served.send(checkin, b" " * size).status_code == 400, served.process)
