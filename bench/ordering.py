"""P6: a supplier's order of many devices, to its acknowledgement and until all of them are there."""

import json
import random
import time
from dataclasses import dataclass

from bench.api import Business
from bench.client import Connection, UnexpectedAnswer, request
from bench.data import Data, copied
from bench.making import SEED, order_body, supplier_body
from bench.measure import Cost, Process, median
from bench.reading import Figure, Reading, count
from bench.serving import pomona
from pomona.catalogue.serials import batch

DEVICES = 100_000
_LOOKED_AT = 200
_BASE = "/enroll-service/1.0"


@dataclass(frozen=True, slots=True)
class Run:
    """What it took to the acknowledgement, and to the last device."""

    acknowledged: Cost
    visible: Cost


def reading(data: Data, rounds: int) -> Reading:
    """Each round on a fresh copy of the installation, which is as full as it is large."""
    size = min(DEVICES, data.size)
    serials = [serial for serial, _ in batch(SEED + 1, size)]
    runs = [_run(data, serials) for _ in range(rounds)]
    acknowledged = median([run.acknowledged.wall for run in runs])
    visible = median([run.visible.wall for run in runs])
    figures = [
        Figure(f"acknowledged in {1000 * acknowledged:.0f} ms", 1000 * acknowledged, 200, 200),
        Figure(f"all visible in {visible:.2f} s", visible, 5, 1.5),
    ]
    details = [
        f"acknowledged in {1000 * run.acknowledged.wall:.0f} ms, {1000 * run.acknowledged.cpu:.0f} ms CPU;"
        f" visible in {run.visible.wall:.2f} s, {run.visible.cpu:.2f} s CPU, {1e6 * run.visible.cpu / size:.1f} us a device"
        for run in runs
    ]
    what = f"order of {count(size)} into {count(data.size)}"
    return Reading("P6", what, figures, "bar 200 ms and 5 s", details)


def _run(data: Data, serials: list[str]) -> Run:
    body = order_body("TXN-P6", data.keys.organization, "ORDER-P6", serials)
    with copied(data) as copy, pomona(copy) as server, server.connect() as connection:
        business = Business(connection, copy.keys)
        raw = _request(copy, "bulk-enroll-devices", body)
        before = server.cost()
        answer = json.loads(connection.ask(raw))
        acknowledged = server.cost() - before
        _until_complete(connection, copy, answer["deviceEnrollmentTransactionId"])
        visible = server.cost() - before
        _look(server, business, serials)
    return Run(acknowledged, visible)


def _request(data: Data, call: str, body: bytes) -> bytes:
    headers = {
        "Authorization": f"Bearer {data.keys.supplier_token}",
        "Content-Type": "application/json",
    }
    return request("POST", f"{_BASE}/{call}", headers, body)


def _until_complete(connection: Connection, data: Data, transaction: str) -> None:
    raw = _request(
        data, "check-transaction-status", supplier_body({"deviceEnrollmentTransactionId": transaction})
    )
    while b"DEP-ERR-4003" in (answer := connection.ask(raw)):
        time.sleep(0.02)
    status = json.loads(answer).get("statusCode")
    if status != "COMPLETE":
        raise UnexpectedAnswer(f"the order ended as {status}: {answer[:500]!r}")


def _look(server: Process, business: Business, serials: list[str]) -> None:
    """Some of the devices, which must be answered as any other."""
    with server.connect() as connection:
        for serial in random.Random(SEED).sample(serials, min(_LOOKED_AT, len(serials))):
            connection.ask(business.get(f"/v1/orgDevices/{serial}"))
