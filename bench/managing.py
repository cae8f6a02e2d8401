"""P12, P13, P14: what managed devices cost that poll, say where to push, and ask for their identity."""

import time
from collections.abc import Iterator
from itertools import cycle

from cryptography.hazmat.primitives.asymmetric import rsa

from bench import fleet
from bench.client import Connection, UnexpectedAnswer
from bench.data import Data, copied
from bench.driving import drive
from bench.fleet import Device, Site
from bench.measure import Process, median
from bench.reading import Figure, Reading, count
from bench.serving import pomona
from pomona.formats import scep

DEVICES = 50
_ISSUED = 4
"""Certificates that each device asks for in each round."""


def readings(data: Data, chosen: set[str], rounds: int, seconds: float) -> Iterator[Reading]:
    """The chosen ones of the three, one after the other at the same server."""
    number = min(DEVICES, max(2, data.size // 100))
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(number)]
    with copied(data) as copy:
        place = fleet.site(copy, number * (1 + _ISSUED * rounds))
        with pomona(copy) as server, server.connect() as connection:
            ca = fleet.authority(connection, place)
            devices = fleet.enrolled(connection, place, ca, keys)
            if "P12" in chosen:
                yield _polls(server, devices, rounds, seconds)
            if "P13" in chosen:
                yield _token_updates(server, devices, rounds, seconds)
            if "P14" in chosen:
                yield _issues(server, connection, place, ca, keys, rounds)


def _polls(server: Process, devices: list[Device], rounds: int, seconds: float) -> Reading:
    cpu, rate = _driven(server, [device.poll() for device in devices], rounds, seconds)
    figures = [Figure(f"{cpu:.0f} us CPU each", cpu, 570, 326), Figure(f"{count(rate)}/s", rate)]
    return Reading("P12", f"idle polls of {len(devices)} managed devices", figures, "bar 570 us")


def _token_updates(server: Process, devices: list[Device], rounds: int, seconds: float) -> Reading:
    cpu, rate = _driven(server, [device.token_update() for device in devices], rounds, seconds)
    figures = [Figure(f"{cpu:.0f} us CPU each", cpu, 1000, 500), Figure(f"{count(rate)}/s", rate)]
    return Reading("P13", f"TokenUpdate of {len(devices)} managed devices", figures, "bar 1000 us")


def _driven(server: Process, requests: list[bytes], rounds: int, seconds: float) -> tuple[float, float]:
    """Microseconds of CPU that each took, and how many there were in a second: the rounds' medians."""
    each, rates = [], []
    following = cycle(requests)
    for _ in range(rounds):
        before = server.cost()
        load = drive(server, lambda: ("message", next(following), 200), seconds)
        cost = server.cost() - before
        if load.wrong:
            raise UnexpectedAnswer(f"messages of devices were answered {dict(load.wrong)}")
        each.append(1e6 * cost.cpu / len(load.took))
        rates.append(len(load.took) / cost.wall)
    return median(each), median(rates)


def _issues(
    server: Process,
    connection: Connection,
    place: Site,
    ca: bytes,
    keys: list[rsa.RSAPrivateKey],
    rounds: int,
) -> Reading:
    """One after the other, each with its answer opened: it is counted only if it holds a certificate for the key."""
    costs, took = [], []
    for _ in range(rounds):
        asked = [fleet.ask(ca, key, place.challenges.pop()) for key in keys for _ in range(_ISSUED)]
        messages, answers = [fleet.posted(place, one) for one in asked], []
        before = server.cost()
        for message in messages:
            sent = time.perf_counter()
            answers.append(connection.ask(message))
            took.append(time.perf_counter() - sent)
        costs.append((server.cost() - before).cpu / len(asked))
        for one, answer in zip(asked, answers, strict=True):
            scep.read_response(answer, one)
    cpu, clock = 1000 * median(costs), 1000 * median(took)
    figures = [Figure(f"{cpu:.2f} ms CPU each", cpu, 5, 2.5), Figure(f"{clock:.2f} ms by the clock", clock)]
    return Reading("P14", "certificates issued over SCEP", figures, "bar 5 ms")
