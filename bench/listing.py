"""P1 and P3: reading every device through each face, against a floor that sends the same bytes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
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


class Reader:
    """Reads a list in blocks of pages, so that two can be read in turn, and counts what that costs the server."""

    def __init__(self, server: Process, connection: Connection, listing: Listing) -> None:
        self._server = server
        self._connection = connection
        self._listing = listing
        self._wanted: bytes | None = listing.first(LIMIT)
        self.blocks: list[Cost] = []
        self.devices = 0
        self.bytes = 0

    @property
    def cost(self) -> Cost:
        """Of all blocks."""
        return Cost(sum(block.cpu for block in self.blocks), sum(block.wall for block in self.blocks))

    def read(self, pages: int) -> bool:
        """The next pages; False at the end of the list."""
        before = self._server.cost()
        while pages and self._wanted:
            page = self._connection.ask(self._wanted)
            self.devices += self._listing.count(page)
            self.bytes += len(page)
            self._wanted = self._listing.following(page, LIMIT)
            pages -= 1
        self.blocks.append(self._server.cost() - before)
        return self._wanted is not None


def compare(bar: str, data: Data, server: Process, rounds: int) -> Reading:
    """Reads the face's list from the server and from the floor in turn."""
    name, opened, bare_listing = FACES[bar]
    with ExitStack() as stack:
        connection = stack.enter_context(server.connect())
        listing = opened(connection, data.keys)
        bare = stack.enter_context(floor_server(ensure_floor(bar, data, connection, listing)))
        below = stack.enter_context(bare.connect())
        rounds_of_both = [
            _in_turn(
                Reader(server, connection, listing), Reader(bare, below, bare_listing), _block(data.size)
            )
            for _ in range(rounds + 1)
        ]
    for ours, _ in rounds_of_both:
        _check(ours, data.size)
    # The first round has touched every page of both files and is not counted.
    return _reading(bar, name, data.size, rounds_of_both[1:])


def floor_server(file: Path) -> AbstractContextManager[Process]:
    """The floor in a process of its own."""
    port = free_port()
    arguments = [sys.executable, "-m", "bench.floor", str(file), str(port)]
    return running(arguments, port, file.with_suffix(".log"))


def read_once(bar: str, data: Data, server: Process) -> None:
    """Reads the face's list, for what it leaves behind in the server."""
    with server.connect() as connection:
        reader = Reader(server, connection, FACES[bar][1](connection, data.keys))
        reader.read(data.size)
        _check(reader, data.size)


def _in_turn(ours: Reader, floor: Reader, block: int) -> tuple[Reader, Reader]:
    """Both lists to their ends, a block of the one and a block of the other: what disturbs one disturbs both."""
    while ours.read(block) | floor.read(block):
        pass
    return ours, floor


def _block(size: int) -> int:
    return min(_EDGE, max(1, -(-size // LIMIT) // 4))


def _check(reader: Reader, size: int) -> None:
    if reader.devices != size:
        raise UnexpectedAnswer(f"the list held {reader.devices} devices, expected {size}")


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


def _reading(bar: str, name: str, size: int, rounds: list[tuple[Reader, Reader]]) -> Reading:
    ours, floors = [ours.cost for ours, _ in rounds], [floor.cost for _, floor in rounds]
    cpu, below = median([cost.cpu for cost in ours]), median([cost.cpu for cost in floors])
    times = median([ratio(one.cpu, other.cpu) for one, other in zip(ours, floors, strict=True)])
    ends = [(reader.blocks[0].cpu, reader.blocks[-1].cpu) for reader, _ in rounds]
    flat = ratio(sum(last for _, last in ends), sum(first for first, _ in ends))
    pages, best = -(-size // LIMIT), min(cost.wall for cost in ours)
    figures = [
        Figure(f"{times:.2f}x floor", times, 1.5, 1.15),
        Figure(f"{count(size / best)} devices/s", 0),
        Figure(f"last pages {flat:.2f}x the first", flat, 1.2, 1.2),
    ]
    details = [
        (
            f"server CPU {cpu:.2f} s, {1000 * cpu / pages:.2f} ms a page;"
            f" floor {below:.2f} s, {1000 * below / pages:.2f} ms a page"
        ),
        (
            f"rounds: {', '.join(f'{cost.cpu:.2f}' for cost in ours)} s;"
            f" floor {', '.join(f'{cost.cpu:.2f}' for cost in floors)} s"
        ),
        f"{rounds[0][0].bytes / pages / 1000:.0f} kB a page; floor {rounds[0][1].bytes / pages / 1000:.0f} kB",
    ]
    return Reading(bar, f"{name} {count(size)}", figures, "bar 1.5x, flat to 1.2x", details)
