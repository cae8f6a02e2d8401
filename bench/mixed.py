"""P7: what many clients do at once, and what a single small answer costs against a bare ASGI application."""

import random
import threading
import time

from bench.api import Business, Session, client_assertion, session_request, token_request
from bench.assigning import serials
from bench.client import request
from bench.data import Data, copied
from bench.driving import Draw, Load, drive
from bench.listing import ensure_floor, floor_server, read
from bench.making import SEED, Keys
from bench.measure import Cost, Process, percentile
from bench.reading import Figure, Reading, count
from bench.serving import pomona

_SINGLE = 5000


def reading(data: Data, rounds: int, seconds: float) -> Reading:
    """Single requests against the floor's in turn; then the mix, while a full sync runs once."""
    with copied(data) as copy, pomona(copy) as server, server.connect() as connection:
        everything = serials(copy)
        session, business = Session(connection, copy.keys), Business(connection, copy.keys)
        with floor_server(ensure_floor("P1", data, connection, session)) as bare:
            singles = _singles(server, bare, business, everything, rounds)
        sync = threading.Thread(target=_sync, args=(server, copy))
        before, own = server.cost(), time.process_time()
        sync.start()
        load = drive(server, mix(copy.keys, business, everything), seconds)
        cost, own = server.cost() - before, time.process_time() - own
        sync.join()
    return _reading(data.size, singles, load, cost, own)


def _reading(size: int, singles: tuple[float, float], load: Load, cost: Cost, own: float) -> Reading:
    """`own` are the CPU seconds of the clients, all in this process: when neither they nor the server fill a core, others do."""
    ours, floor = singles
    rate, slow = len(load.took) / cost.wall, 1000 * percentile(load.took, 0.99)
    wrong = sum(load.wrong.values())
    figures = [
        Figure(f"{ours / floor:.2f}x CPU of a bare GET", ours / floor, 3, 2),
        Figure(f"{count(rate)} requests/s", rate, 5000, 5000, atleast=True),
        Figure(f"p99 {slow:.1f} ms", slow, 25, 25),
        Figure(f"{wrong} errors", wrong, 0, 0),
    ]
    details = [
        f"a GET {1e6 * ours:.0f} us CPU, bare {1e6 * floor:.0f} us",
        (
            f"mixed: {1e6 * cost.cpu / max(len(load.took), 1):.0f} us CPU a request with the full sync,"
            f" {100 * cost.cpu / cost.wall:.0f} % of a core; the clients {100 * own / cost.wall:.0f} %,"
            f" p50 {1000 * percentile(load.took, 0.5):.1f} ms, wrong answers {dict(load.wrong)}"
        ),
    ]
    return Reading("P7", f"mixed load in {count(size)}", figures, "bar 3x, 5k/s, 25 ms, 0 errors", details)


def _singles(
    server: Process, bare: Process, business: Business, everything: list[str], rounds: int
) -> tuple[float, float]:
    """CPU seconds of one device's GET and of the floor's, the least of the rounds' averages."""
    draw = random.Random(SEED)
    asked = [
        business.get(f"/v1/orgDevices/{draw.choice(everything)}")
        for _ in range(min(_SINGLE, len(everything)))
    ]
    plain = [request("GET", "/bare", business.headers)] * len(asked)
    ours, floors = [], []
    for _ in range(rounds):
        ours.append(_cpu_each(server, asked))
        floors.append(_cpu_each(bare, plain))
    return min(ours), min(floors)


def _cpu_each(server: Process, requests: list[bytes]) -> float:
    with server.connect() as connection:
        for raw in requests[: len(requests) // 10]:
            connection.ask(raw)
        before = server.cost()
        for raw in requests:
            connection.ask(raw)
        return (server.cost() - before).cpu / len(requests)


def _sync(server: Process, data: Data) -> None:
    """The full list once, as fast as it comes."""
    with server.connect() as connection:
        for _ in read(connection, Session(connection, data.keys)):
            pass


def mix(keys: Keys, business: Business, everything: list[str]) -> Draw:
    """80 % one device, 10 % pages of 100, 5 % tokens and sessions, 5 % activities of ten devices."""
    draw = random.Random(SEED)
    assertion = client_assertion(keys)
    page = business.get("/v1/orgDevices?limit=100")
    services = (keys.main, keys.spare)

    def one() -> tuple[str, bytes, int]:
        die = draw.random()
        if die < 0.80:
            return "device", business.get(f"/v1/orgDevices/{draw.choice(everything)}"), 200
        if die < 0.90:
            return "page", page, 200
        if die < 0.925:
            return "token", token_request(keys, assertion), 200
        if die < 0.95:
            return "session", session_request(keys), 200
        return "assign", business.assignment(draw.choice(services), draw.sample(everything, 10)), 201

    return one
