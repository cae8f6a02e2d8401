"""P4: every device assigned in random order, a thousand a request, against plain SQL that leaves the same rows."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bench.api import Business
from bench.client import Connection
from bench.data import Data, copied
from bench.database import rows
from bench.making import SEED, Keys
from bench.measure import SERVER_CORE, Cost, Process, median, pinned, ratio
from bench.reading import Figure, Reading, count
from bench.serving import pomona

AT_ONCE = 1000
_CONNECTIONS = 4

Ask = Callable[..., list[tuple[Any, ...]]]
"""Answers SQL with `?` for its parameters."""


def reading(data: Data, rounds: int) -> Reading:
    """Server and plain SQL in turn, each on a fresh copy of the same database."""
    requests = _shuffled(data)
    ours: list[Cost] = []
    raws: list[float] = []
    for _ in range(rounds):
        with copied(data) as copy:
            ours.append(_through_the_server(copy, requests))
            _verify(copy)
        with copied(data) as copy:
            raws.append(_plain(copy, requests))
            _verify(copy)
    cpu, raw = median([cost.cpu for cost in ours]), median(raws)
    share, rate = ratio(raw, cpu), data.size / min(cost.wall for cost in ours)
    figures = [
        Figure(f"{share:.2f}x raw SQL", share, 0.5, 0.8, atleast=True),
        Figure(f"{count(rate)} devices/s", 0),
        Figure("no operation lost or doubled", 0),
    ]
    details = [
        (
            f"server CPU {1e6 * cpu / data.size:.1f} us a device, plain SQL {1e6 * raw / data.size:.1f} us"
            f" ({count(data.size / max(raw, 0.01))} devices per CPU second)"
        ),
        (
            f"rounds: {', '.join(f'{cost.cpu:.2f}' for cost in ours)} s CPU, {', '.join(f'{cost.wall:.2f}' for cost in ours)} s;"
            f" plain SQL {', '.join(f'{value:.2f}' for value in raws)} s CPU"
        ),
    ]
    what = f"{count(data.size)} assigned by requests of {count(min(AT_ONCE, data.size))}"
    return Reading("P4", what, figures, "bar 0.5x", details)


def serials(data: Data) -> list[str]:
    """Every device's, in the order of arrival."""
    return [row[0] for row in rows(data.database, "SELECT serial FROM device ORDER BY id")]


def _shuffled(data: Data) -> list[list[str]]:
    return shuffled(serials(data))


def shuffled(everything: list[str]) -> list[list[str]]:
    """All devices in a random order, cut for requests."""
    everything = list(everything)
    random.Random(SEED).shuffle(everything)
    return [everything[first : first + AT_ONCE] for first in range(0, len(everything), AT_ONCE)]


def _through_the_server(data: Data, requests: Sequence[list[str]]) -> Cost:
    with pomona(data) as server, server.connect() as connection:
        business = Business(connection, data.keys)
        prepared = [business.assignment(data.keys.spare, request) for request in requests]
        before = server.cost()
        activities = submit([server], business, prepared)
        # The first connection has been idle for so long that the server may have closed it.
        with server.connect() as another:
            for activity in reversed(activities):
                wait(another, business, activity)
        return server.cost() - before


def submit(servers: Sequence[Process], business: Business, prepared: Sequence[bytes]) -> list[str]:
    """Sends activities over a few connections, to several servers in turn; gives their ids."""
    accepted: list[str] = []
    left = iter(prepared)
    guard = threading.Lock()

    def send(server: Process) -> None:
        with server.connect() as connection:
            while True:
                with guard:
                    raw = next(left, None)
                if raw is None:
                    return
                accepted.append(business.id(connection.ask(raw, 201)))

    threads = [threading.Thread(target=send, args=(servers[n % len(servers)],)) for n in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return accepted


def wait(connection: Connection, business: Business, activity: str) -> None:
    """Until an activity is complete. Raises RuntimeError when it ends otherwise."""
    raw = business.get(f"/v1/orgDeviceActivities/{activity}")
    while True:
        attributes = json.loads(connection.ask(raw))["data"]["attributes"]
        if attributes["status"] == "COMPLETED" and attributes["subStatus"] == "COMPLETED_WITH_SUCCESS":
            return
        if attributes["status"] != "IN_PROGRESS":
            raise RuntimeError(f"the activity {activity} ended as {attributes}")
        time.sleep(0.02)


def _plain(data: Data, requests: list[list[str]]) -> float:
    file = data.beside("requests.json")
    file.write_text(json.dumps(requests))
    program = (sys.executable, "-m", "bench.raw_assignment")
    arguments = [*program, str(data.database), data.keys.spare, str(file)]
    with pinned(SERVER_CORE):
        return float(subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout)


def verify(size: int, keys: Keys, ask: Ask) -> None:
    """Each device moved exactly once, told to both services, and with its state before. Raises RuntimeError."""
    ids: dict[str, int] = dict(ask("SELECT uuid, id FROM service"))
    main, spare = ids[keys.main], ids[keys.spare]
    found = {
        "gained": _counted(ask, "operation WHERE service_id = ? AND op = 1", spare),
        "lost": _counted(ask, "operation WHERE service_id = ? AND op = 3", main),
        "results": _counted(ask, "activity_result WHERE status = 1 AND before_service = ?", main),
        "there": _counted(ask, "device_state WHERE service_id = ? AND revision = 1", spare),
    }
    wrong = {name: counts for name, counts in found.items() if counts != (size, size)}
    if wrong:
        raise RuntimeError(f"expected {size} rows for as many devices, found {wrong}")


def _counted(ask: Ask, those: str, service_id: int) -> tuple[int, int]:
    [(all_of_them, devices)] = ask(f"SELECT count(*), count(DISTINCT device_id) FROM {those}", service_id)
    return all_of_them, devices


def _verify(data: Data) -> None:
    verify(data.size, data.keys, partial(rows, data.database))
