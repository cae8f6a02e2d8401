"""What a process costs, and running one on a core of its own, so that the load beside it is not counted.

Machines that people share are noisy: CPU seconds and ratios taken alternately in one run say more than the clock does.
"""

import contextlib
import os
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.client import Connection

_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60.0  # seconds

T = TypeVar("T")
Cores = frozenset[int]

_ALLOWED = sorted(os.sched_getaffinity(0))
SERVER_CORE: Cores = frozenset(_ALLOWED[:1])
LOAD_CORES: Cores = frozenset(_ALLOWED[1:] or _ALLOWED)
"""The same one as the server's where there is only one."""


@contextlib.contextmanager
def pinned(to: Cores) -> Iterator[None]:
    """Keeps this process, and whatever it starts meanwhile, on some cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads so far, to 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def anonymous_bytes(pid: int) -> int:
    """The process's share of memory that no file stands behind (anonymous PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this kernel does not tell a process's anonymous memory (Pss_Anon in smaps_rollup)")


def free_port() -> int:
    """A port on the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work took: the server's CPU seconds and the time on the clock."""

    cpu: float
    wall: float

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu - other.cpu, self.wall - other.wall)


class Process:
    """A server in a process of its own, on the server's core."""

    def __init__(
        self,
        arguments: Sequence[str | Path],
        port: int,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Starts it; `port` is the one it will answer at, `log` takes what it writes."""
        self.port = port
        self._log = log
        self.spawned = time.perf_counter()
        with pinned(SERVER_CORE), log.open("wb") as out:
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def connect(self) -> Connection:
        """A connection, as soon as one is accepted. Raises RuntimeError with the end of the log."""
        return self._wait(self._connected)

    def _connected(self) -> Connection | None:
        try:
            return Connection(self.port)
        except ConnectionRefusedError:
            return None

    def _wait(self, found: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + _PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            if result := found():
                return result
            time.sleep(0.001)
        self.stop()
        end = self._log.read_text(errors="replace")[-3000:]
        raise RuntimeError(f"{self._process.args!r} does not answer; the end of its log:\n{end}")

    def wait_until_it_says(self, words: bytes) -> None:
        """Until the log holds `words`. Raises RuntimeError with the end of the log."""
        self._wait(lambda: words in self._log.read_bytes())

    def cost(self) -> Cost:
        """What it has taken so far; the difference of two is what happened between them."""
        return Cost(cpu_seconds(self.pid), time.perf_counter() - self.spawned)

    def stop(self) -> None:
        """Ends it in good order, else kills it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def running(
    arguments: Sequence[str | Path], port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A server for the time of a block."""
    process = Process(arguments, port, log, environment)
    try:
        yield process
    finally:
        process.stop()


def ratio(ours: float, below: float) -> float:
    """How many times as much CPU; what is shorter than the kernel counts is taken for one tick."""
    return ours / max(below, 1 / _TICK)


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
