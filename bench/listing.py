"""P1 and P3: reading every device through each face, against a floor that sends the same bytes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import floor
from bench.api import Business, FloorListing, Listing, Session
from bench.client import Connection, UnexpectedAnswer
from bench.data import Data
from bench.making import Keys
from bench.measure import Cost, Process, free_port, median, ratio, running
from bench.reading import Figure, Reading, count

LIMIT = 1000
_EDGE = 100
"""Pages whose cost is compared at the beginning and the end: it must not grow with how far one has read."""

Open = Callable[[Connection, Keys], Listing]
FACES: dict[str, tuple[str, Open, FloorListing]] = {
    "P1": ("server/devices", Session, FloorListing("POST")),
    "P3": ("orgDevices", Business, FloorListing("GET")),
}


@dataclass(frozen=True, slots=True)
class Crawl:
    """A whole list was read. `first` and `last` are the CPU seconds of the pages at either end."""

    cost: Cost
    first: float
    last: float
    bytes: int


def compare(bar: str, data: Data, server: Process, rounds: int) -> Reading:
    """Reads the face's list from the server and from the floor in turn."""
    name, opened, bare_listing = FACES[bar]
    with ExitStack() as stack:
        connection = stack.enter_context(server.connect())
        listing = opened(connection, data.keys)
        bare = stack.enter_context(floor_server(ensure_floor(bar, data, connection, listing)))
        below = stack.enter_context(bare.connect())
        crawl(bare, below, bare_listing, data.size)
        ours, floors = [], []
        for _ in range(rounds):
            ours.append(crawl(server, connection, listing, data.size))
            floors.append(crawl(bare, below, bare_listing, data.size))
    return _reading(bar, name, data.size, ours, floors)


def floor_server(file: Path) -> AbstractContextManager[Process]:
    """The floor in a process of its own."""
    port = free_port()
    arguments = [sys.executable, "-m", "bench.floor", str(file), str(port)]
    return running(arguments, port, file.with_suffix(".log"))


def read_once(bar: str, data: Data, server: Process) -> None:
    """Reads the face's list, for what it leaves behind in the server."""
    with server.connect() as connection:
        crawl(server, connection, FACES[bar][1](connection, data.keys), data.size)


def crawl(server: Process, connection: Connection, listing: Listing, size: int) -> Crawl:
    """Reads a list to its end. Raises UnexpectedAnswer when it does not hold `size` devices."""
    pages, number = -(-size // LIMIT), 0
    edge = min(_EDGE, max(1, pages // 4))
    devices = size_in_bytes = 0
    marks = {0: server.cost()}
    for number, page in enumerate(read(connection, listing), 1):
        devices += listing.count(page)
        size_in_bytes += len(page)
        if number in (edge, pages - edge, pages):
            marks[number] = server.cost()
    if devices != size or number != pages:
        raise UnexpectedAnswer(
            f"the list held {devices} devices on {number} pages, expected {size} on {pages}"
        )
    first = marks[edge] - marks[0]
    last = marks[pages] - marks[pages - edge]
    return Crawl(marks[pages] - marks[0], first.cpu, last.cpu, size_in_bytes)


def read(connection: Connection, listing: Listing) -> Iterator[bytes]:
    """The pages of a list."""
    wanted: bytes | None = listing.first(LIMIT)
    while wanted:
        page = connection.ask(wanted)
        yield page
        wanted = listing.following(page, LIMIT)


def ensure_floor(bar: str, data: Data, connection: Connection, listing: Listing) -> Path:
    """Reads the list once to make the floor's file of what was sent, unless the one there begins alike."""
    file = data.beside(f"floor-{bar}.db")
    page = listing.documents(connection.ask(listing.first(LIMIT)))
    if not file.exists() or floor.documents(file, 0, LIMIT) != page:
        floor.make(file, (listing.documents(page) for page in read(connection, listing)))
    return file


def _reading(bar: str, name: str, size: int, ours: list[Crawl], floors: list[Crawl]) -> Reading:
    cpu, below = median([each.cost.cpu for each in ours]), median([each.cost.cpu for each in floors])
    flat = ratio(sum(each.last for each in ours), sum(each.first for each in ours))
    pages, best = -(-size // LIMIT), min(each.cost.wall for each in ours)
    figures = [
        Figure(f"{ratio(cpu, below):.2f}x floor", ratio(cpu, below), 1.5, 1.15),
        Figure(f"{count(size / best)} devices/s", 0),
        Figure(f"last pages {flat:.2f}x the first", flat, 1.2, 1.2),
    ]
    details = [
        (
            f"server CPU {cpu:.2f} s, {1000 * cpu / pages:.2f} ms a page; floor {below:.2f} s,"
            f" {1000 * below / pages:.2f} ms a page"
        ),
        (
            f"rounds: {', '.join(f'{each.cost.cpu:.2f}' for each in ours)} s;"
            f" floor {', '.join(f'{each.cost.cpu:.2f}' for each in floors)} s"
        ),
        f"{ours[0].bytes / pages / 1000:.0f} kB a page; floor {floors[0].bytes / pages / 1000:.0f} kB",
    ]
    return Reading(bar, f"{name} {count(size)}", figures, "bar 1.5x, flat to 1.2x", details)
