"""P10: asking for changes in an installation of a million devices, when there are a thousand and when there are none."""

import random
import time

from bench.api import Business, Session
from bench.assigning import serials, wait
from bench.client import Connection, UnexpectedAnswer
from bench.data import Data, copied
from bench.listing import LIMIT
from bench.making import SEED
from bench.measure import Process
from bench.reading import Figure, Reading, count
from bench.serving import pomona

CHANGES = 1000
_REPEATED = 400


def reading(data: Data) -> Reading:
    """Half of the changed devices leave the service, and come back."""
    changes = min(CHANGES, data.size)
    with copied(data) as copy, pomona(copy) as server, server.connect() as connection:
        session = Session(connection, copy.keys)
        cursor = _newest(connection, session)
        _move(connection, copy, random.Random(SEED).sample(serials(copy), changes // 2))
        some = session.post("/devices/sync", {"cursor": cursor, "limit": LIMIT})
        page = connection.ask(some)
        _check(page, changes // 2 * 2)
        none = session.post("/devices/sync", {"cursor": session.cursor(page), "limit": LIMIT})
        _check(connection.ask(none), 0)
        changed = _cpu_each(server, connection, some, min(_REPEATED, data.size))
        unchanged = _cpu_each(server, connection, none, min(10 * _REPEATED, data.size))
    figures = [
        Figure(f"{1000 * changed:.2f} ms CPU for {count(changes)} changes", 1000 * changed, 3, 1.5),
        Figure(f"{1000 * unchanged:.3f} ms for none", 1000 * unchanged, 0.3, 0.15),
    ]
    return Reading("P10", f"devices/sync in {count(data.size)}", figures, "bar 3 ms and 0.3 ms")


def _newest(connection: Connection, session: Session) -> str:
    """The cursor that a full fetch ends with."""
    wanted: bytes | None = session.first(LIMIT)
    page = b""
    while wanted:
        page = connection.ask(wanted)
        wanted = session.following(page, LIMIT)
    return session.cursor(page)


def _move(connection: Connection, data: Data, moved: list[str]) -> None:
    business = Business(connection, data.keys)
    for service in (data.keys.spare, data.keys.main):
        answer = connection.ask(business.assignment(service, moved), 201)
        wait(connection, business, business.id(answer))
        time.sleep(0.01)


def _check(page: bytes, expected: int) -> None:
    found = page.count(b'"op_type":')
    if found != expected:
        raise UnexpectedAnswer(f"a sync gave {found} changes, expected {expected}")


def _cpu_each(server: Process, connection: Connection, raw: bytes, times: int) -> float:
    connection.ask(raw)
    before = server.cost()
    for _ in range(times):
        connection.ask(raw)
    return (server.cost() - before).cpu / times
