"""P2: a full sync by a client as people write it, with `requests` and `requests-oauthlib`, against the floor's."""

import time
from typing import Any

import requests
from requests_oauthlib import OAuth1

from bench.api import Session
from bench.data import Data
from bench.listing import LIMIT, ensure_floor, floor_server
from bench.making import Keys
from bench.measure import Process, median
from bench.reading import Figure, Reading, count


def reading(data: Data, server: Process, rounds: int) -> Reading:
    """The same client reads from the server and from the floor in turn; the clock decides, as its user sees it."""
    with server.connect() as connection:
        file = ensure_floor("P1", data, connection, Session(connection, data.keys))
    with floor_server(file) as bare, bare.connect():
        sync(bare, data)
        ours, floors = [], []
        for _ in range(rounds):
            ours.append(sync(server, data))
            floors.append(sync(bare, data))
    ratio = median(ours) / median(floors)
    figures = [
        Figure(f"{ratio:.2f}x the floor's time", ratio, 1.3, 1.1),
        Figure(f"{count(data.size / median(ours))} devices/s", 0),
    ]
    details = [
        f"rounds: {', '.join(f'{took:.2f}' for took in ours)} s; floor {', '.join(f'{took:.2f}' for took in floors)} s"
    ]
    return Reading("P2", f"foreign client {count(data.size)}", figures, "bar 1.3x", details)


def sync(server: Process, data: Data) -> float:
    """Seconds for a full list, every page decoded. Raises RuntimeError when a device is missing."""
    origin = f"http://127.0.0.1:{server.port}"
    begun, found = time.perf_counter(), 0
    with requests.Session() as client:
        client.headers["User-Agent"] = "foreign/1"
        client.headers["X-ADM-Auth-Session"] = _token(client, origin, data.keys)
        client.headers["X-Server-Protocol-Version"] = "10"
        asked: dict[str, Any] = {"limit": LIMIT}
        while True:
            answer = client.post(f"{origin}/server/devices", json=asked)
            answer.raise_for_status()
            page = answer.json()
            found += len(page["devices"])
            if not page["more_to_follow"]:
                break
            asked["cursor"] = page["cursor"]
    if found != data.size:
        raise RuntimeError(f"a foreign client found {found} devices, expected {data.size}")
    return time.perf_counter() - begun


def _token(client: requests.Session, origin: str, keys: Keys) -> str:
    signed = OAuth1(
        keys.consumer_key, keys.consumer_secret, keys.access_token, keys.access_secret, realm="ADM"
    )
    answer = client.get(f"{origin}/session", auth=signed)
    answer.raise_for_status()
    return str(answer.json()["auth_session_token"])
