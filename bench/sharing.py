"""P15: PostgreSQL under one Pomona process and under two, against one process on SQLite: the list, assigning, the mix."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from bench import assigning, making, mixed
from bench.api import Business
from bench.assigning import Ask
from bench.client import UnexpectedAnswer
from bench.data import Data, copied, prepared
from bench.database import rows
from bench.driving import drive
from bench.listing import LIMIT
from bench.measure import Process
from bench.reading import Figure, Reading, count
from bench.serving import pomona
from tests.support.postgres import Cluster, find_binaries

SIZE = 100_000
_LISTED = 3
"""How often the list is read: it is the shortest of the three."""

_DURABLE = {"fsync": "on", "full_page_writes": "on", "wal_level": "replica", "shared_buffers": "256MB"}


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds of all Pomona processes for a device of the list, a device assigned, and a request of the mix."""

    listed: float
    assigned: float
    mixed: float

    def against(self, other: "Costs") -> tuple[float, ...]:
        """As multiples of the other's; what was too short to be counted is taken for equal."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return tuple(ours / theirs if theirs else 1.0 for ours, theirs in pairs)


def reading(data: Data, seconds: float, cache: Path) -> Reading:
    """At a hundred thousand devices. What was lost or done twice ends the measurement."""
    small = prepared(min(SIZE, data.size), cache)
    with copied(small) as copy, pomona(copy) as server:
        sqlite = _costs([server], copy, partial(rows, copy.database), seconds)
    with _cluster() as cluster, tempfile.TemporaryDirectory(prefix="postgresql-", dir=cache) as folder:
        template = cluster.create()
        keys = making.make(Path(folder) / "data", small.size, cluster.dsn(template))
        _ask(cluster.dsn(template), "VACUUM ANALYZE")
        made = Data(Path(folder) / "data", small.size, keys)
        one, two = (_shared(made, cluster, template, number, seconds) for number in (1, 2))
    return _reading(small.size, sqlite, one, two)


def _reading(size: int, sqlite: Costs, one: Costs, two: Costs) -> Reading:
    above, apart = one.against(sqlite), two.against(one)
    figures = [
        Figure(f"{_times(above)} of SQLite's CPU", max(above), 2.5, 2.5),
        Figure(f"with two processes {_times(apart)} of one's", max(apart), 1.1, 1.1),
        Figure("no operation lost or doubled", 0),
    ]
    details = [
        f"{name}: listed {1e6 * costs.listed:.1f} us CPU a device, assigned {1e6 * costs.assigned:.1f} us a device,"
        f" mix {1e6 * costs.mixed:.0f} us a request"
        for name, costs in (("SQLite", sqlite), ("PostgreSQL", one), ("two processes", two))
    ]
    what = f"PostgreSQL, {count(size)} listed, assigned, mixed load"
    return Reading("P15", what, figures, "bar 2.5x and 1.1x", details)


def _times(ratios: Sequence[float]) -> str:
    return ", ".join(f"{ratio:.2f}x" for ratio in ratios)


@contextmanager
def _cluster() -> Iterator[Cluster]:
    """A server of our own that writes as PostgreSQL does by default."""
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError(
            "P15 needs PostgreSQL's server programs (initdb, postgres); leave it out with --only"
        )
    cluster = Cluster(binaries)
    cluster.settings |= _DURABLE
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _shared(made: Data, cluster: Cluster, template: str, number: int, seconds: float) -> Costs:
    """What a number of processes cost over a fresh copy of a database."""
    name = cluster.create(template)
    url = cluster.dsn(name)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(pomona(made, f"server{n}.log", POMONA_DATABASE_URL=url))
            for n in range(number)
        ]
        costs = _costs(servers, made, partial(_ask, url), seconds)
    cluster.drop(name)
    return costs


def _costs(servers: Sequence[Process], data: Data, ask: Ask, seconds: float) -> Costs:
    everything = [row[0] for row in ask("SELECT serial FROM device ORDER BY id")]
    with servers[0].connect() as connection:
        business = Business(connection, data.keys)
    before = _cpu(servers)
    for _ in range(_LISTED):
        _list(servers, business, data.size)
    listed = _cpu(servers)
    _assign(servers, business, data, assigning.shuffled(everything))
    assigned = _cpu(servers)
    assigning.verify(data.size, data.keys, ask)
    load = drive(servers, mixed.mix(data.keys, business, everything), seconds)
    if load.wrong:
        raise UnexpectedAnswer(f"the mixed load was answered {dict(load.wrong)}")
    return Costs(
        (listed - before) / _LISTED / data.size,
        (assigned - listed) / data.size,
        (_cpu(servers) - assigned) / len(load.took),
    )


def _cpu(servers: Sequence[Process]) -> float:
    return sum(server.cost().cpu for server in servers)


def _list(servers: Sequence[Process], business: Business, size: int) -> None:
    """Each page from another process than the one before it."""
    with ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for server in servers]
        wanted: bytes | None = business.first(LIMIT)
        found = pages = 0
        while wanted:
            page = connections[pages % len(connections)].ask(wanted)
            found, pages = found + business.count(page), pages + 1
            wanted = business.following(page, LIMIT)
    if found != size:
        raise UnexpectedAnswer(f"the list held {found} devices, expected {size}")


def _assign(servers: Sequence[Process], business: Business, data: Data, requests: list[list[str]]) -> None:
    bodies = [business.assignment(data.keys.spare, request) for request in requests]
    accepted = assigning.submit(servers, business, bodies)
    with servers[-1].connect() as connection:
        for activity in reversed(accepted):
            assigning.wait(connection, business, activity)


def _ask(url: str, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """A query of a database on a server, with `?` for its parameters."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql.replace("?", "%s").encode(), params or None)
        return cursor.fetchall() if cursor.description else []
