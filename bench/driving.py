"""Keeping a server busy: many connections with a request under way on each, and how long every answer took."""

import selectors
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.client import Connection
from bench.measure import Process

CONNECTIONS = 16

Draw = Callable[[], tuple[str, bytes, int]]
"""A kind of request, the request, and the status that answers it."""


@dataclass(slots=True)
class Load:
    """How long each answer took, and how many were not as expected, by kind."""

    took: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)


def drive(server: Process | Sequence[Process], draw: Draw, seconds: float) -> Load:
    """Keeps a request under way on each of some connections, to several servers in turn; the next is sent as soon as one
    is answered."""
    servers = [server] if isinstance(server, Process) else server
    load = Load()
    selector = selectors.EpollSelector()
    connections = [servers[n % len(servers)].connect() for n in range(CONNECTIONS)]
    begun: dict[Connection, tuple[float, str, int]] = {}

    def send(connection: Connection) -> None:
        kind, raw, expected = draw()
        begun[connection] = (time.perf_counter(), kind, expected)
        connection.send(raw)

    for connection in connections:
        selector.register(connection, selectors.EVENT_READ, connection)
        send(connection)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(1):
            connection = key.data
            answer = connection.receive()
            sent, kind, expected = begun[connection]
            load.took.append(time.perf_counter() - sent)
            if answer.status != expected:
                load.wrong[f"{kind} {answer.status}"] += 1
            send(connection)
    selector.close()
    for connection in connections:
        connection.receive()
        connection.close()
    return load
