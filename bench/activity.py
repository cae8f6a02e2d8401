"""P5: one activity over every device, and how long others wait for their answers meanwhile."""

import random
import threading
import time
from dataclasses import dataclass, field

from bench.api import Business
from bench.assigning import serials, wait
from bench.client import Connection
from bench.data import Data, copied
from bench.making import SEED
from bench.measure import Process, median, percentile
from bench.reading import Figure, Reading, count
from bench.serving import pomona

_PAUSE = 0.005
"""Seconds between two of the others' requests: what a few people and programs ask, not a flood."""


@dataclass(slots=True)
class Run:
    """Seconds until the activity was complete, its CPU seconds, and how long each other request took."""

    wall: float = 0.0
    cpu: float = 0.0
    others: list[float] = field(default_factory=list)


def reading(data: Data, rounds: int) -> Reading:
    """Each round on a fresh copy."""
    runs = [_run(data) for _ in range(rounds)]
    wall = median([run.wall for run in runs])
    waited = median([percentile(run.others, 0.99) for run in runs])
    figures = [
        Figure(f"{wall:.2f} s to COMPLETED", wall, 5, 2),
        Figure(f"others' p99 {1000 * waited:.0f} ms", 1000 * waited, 50, 10),
    ]
    details = [
        f"{run.wall:.2f} s, {run.cpu:.2f} s CPU, others: {len(run.others)} requests,"
        f" p50 {1000 * percentile(run.others, 0.5):.1f} ms, longest {1000 * max(run.others):.0f} ms"
        for run in runs
    ]
    return Reading("P5", f"one activity over {count(data.size)}", figures, "bar 5 s and 50 ms", details)


def _run(data: Data) -> Run:
    run, stop = Run(), threading.Event()
    with copied(data) as copy, pomona(copy) as server, server.connect() as connection:
        everything = serials(copy)
        business = Business(connection, copy.keys)
        raw = business.assignment(copy.keys.spare, random.Random(SEED).sample(everything, len(everything)))
        others = threading.Thread(target=_ask, args=(server, business, everything, run.others, stop))
        others.start()
        try:
            before = server.cost()
            _complete(connection, business, raw)
            cost = server.cost() - before
        finally:
            stop.set()
            others.join()
    run.wall, run.cpu = cost.wall, cost.cpu
    return run


def _complete(connection: Connection, business: Business, raw: bytes) -> None:
    wait(connection, business, business.id(connection.ask(raw, 201)))


def _ask(
    server: Process, business: Business, everything: list[str], took: list[float], stop: threading.Event
) -> None:
    draw = random.Random(SEED)
    with server.connect() as connection:
        while not stop.is_set():
            raw = business.get(f"/v1/orgDevices/{draw.choice(everything)}")
            begun = time.perf_counter()
            connection.ask(raw)
            took.append(time.perf_counter() - begun)
            time.sleep(_PAUSE)
