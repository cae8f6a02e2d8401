"""P8: from spawning `pomona up` to its first correct answer, on an empty folder, a small database and the full one."""

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.api import Business
from bench.client import UnexpectedAnswer, request
from bench.data import Data, prepared
from bench.measure import Process, cpu_seconds, free_port, median
from bench.reading import Figure, Reading, count
from bench.serving import command, environment, pomona

SMALL = 10_000


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds on the clock and of CPU until the answer."""

    wall: float
    cpu: float


def reading(data: Data, rounds: int, cache: Path) -> Reading:
    """Each kind of start in turn, several times."""
    small = prepared(min(SMALL, data.size), cache)
    # Asking for tokens starts a server on either, which reads the files from the disk once.
    asked_small, asked_large = _question(small), _question(data)
    empty, seeded, full = [], [], []
    for _ in range(rounds):
        empty.append(_on_empty_folder(cache))
        seeded.append(_first_answer(small.folder, asked_small, 200))
        full.append(_first_answer(data.folder, asked_large, 200))
    middle = [median([start.wall for start in starts]) for starts in (empty, seeded, full)]
    ratio = middle[2] / middle[0]
    figures = [
        Figure(f"{middle[0]:.2f} s empty", middle[0], 0.5, 0.3),
        Figure(f"{middle[1]:.2f} s with {count(small.size)}", middle[1], 1.0, 0.3),
        Figure(f"{middle[2]:.2f} s with {count(data.size)} ({ratio:.2f}x empty)", ratio, 1.1, 1.1),
    ]
    details = [
        f"{name}: CPU {median([start.cpu for start in starts]):.2f} s,"
        f" clock {', '.join(f'{start.wall:.3f}' for start in starts)} s"
        for name, starts in (("empty", empty), (count(small.size), seeded), (count(data.size), full))
    ]
    return Reading("P8", "start to first answer", figures, "bar 0.5 s, 1 s, 1.1x", details)


def _question(data: Data) -> bytes:
    """A page of devices, with an access token that outlives restarts."""
    with pomona(data) as server, server.connect() as connection:
        return Business(connection, data.keys).get("/v1/orgDevices?limit=100")


def _on_empty_folder(cache: Path) -> Start:
    """A first start ever: tables, master key and certificate authority are made. Nobody has a token yet, hence 401."""
    folder = Path(tempfile.mkdtemp(prefix="empty-", dir=cache))
    try:
        return _first_answer(folder / "data", request("GET", "/v1/orgDevices"), 401)
    finally:
        shutil.rmtree(folder)


def _first_answer(folder: Path, question: bytes, expected: int) -> Start:
    port = free_port()
    server = Process(command(folder, port), port, folder.parent / "server.log", environment())
    try:
        with server.connect() as connection:
            body = connection.ask(question, expected)
            start = Start(time.perf_counter() - server.spawned, cpu_seconds(server.pid))
        _check(body, expected)
    finally:
        server.stop()
    return start


def _check(body: bytes, expected: int) -> None:
    wanted = b'"errors"' if expected == 401 else b'"orgDevices"'
    if wanted not in body:
        raise UnexpectedAnswer(f"the first answer has no {wanted.decode()}: {body[:300]!r}")
