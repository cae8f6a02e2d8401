"""`pomona demo`: what it plays can be seen through each face afterwards, and it ends when asked to."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pomona.simulator.business_client import BusinessClient, Credentials

PATIENCE = 240.0


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Demo:
    """A demonstration that stays up."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port, self.tls_port, self.proxy_port = free_ports(3)
        self.environment = {
            **os.environ,
            "POMONA_DATA": str(data),
            "POMONA_PORT": str(self.port),
            "POMONA_TLS_PORT": str(self.tls_port),
            "POMONA_PROXY_PORT": str(self.proxy_port),
        }
        self._log = data.parent / "demo.log"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        return self._log.read_text()

    def start(self) -> None:
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pomona", "demo", "--devices", "60"],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + PATIENCE
        while "Ctrl-C stops everything" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.2)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def ask(self, *arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "pomona", *arguments, "--json"],
            env=self.environment,
            check=True,
            capture_output=True,
        )
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo") / "data")
    running.start()
    yield running
    if running.process.poll() is None:
        running.stop()


def test_every_step_shows_its_evidence(demo: Demo) -> None:
    assert "✗" not in demo.said
    assert re.findall(r"^(\d)  ", demo.said, re.MULTILINE) == ["1", "2", "3", "4", "5"]


def test_the_business_api_and_the_command_line_agree(demo: Demo) -> None:
    notes = json.loads((demo.data / "demo" / "notes.json").read_text())
    key = (demo.data / "demo" / "api-account.pem").read_text()
    with httpx.Client(base_url=demo.origin) as http:
        client = BusinessClient(http, Credentials(notes["client_id"], notes["key_id"], key))
        devices = list(client.devices())
        services = {each["attributes"]["serverName"]: each for each in client.services()}
        assigned = {name: client.serials_of(each["id"]) for name, each in services.items()}
    families = {each["attributes"]["productFamily"] for each in devices}
    assert families == {"iPhone", "iPad", "Mac", "AppleTV", "Watch", "Vision"}
    assert {name: each["attributes"]["deviceCount"] for name, each in services.items()} == {
        name: len(serials) for name, serials in assigned.items()
    }
    by_cli = {each["name"]: each["devices"] for each in demo.ask("service", "list")}
    assert by_cli == {name: len(serials) for name, serials in assigned.items()}
    unassigned = sum(each["attributes"]["status"] == "UNASSIGNED" for each in devices)
    assert unassigned == len(devices) - sum(map(len, assigned.values())) == 4


def test_suppliers_and_orders(demo: Demo) -> None:
    orders = demo.ask("order", "list")
    assert len(orders) >= 2
    assert {each["kind"] for each in demo.ask("supplier", "list")} == {"APPLE", "RESELLER"}


def test_devices_are_enrolled_each_way(demo: Demo) -> None:
    enrolled = demo.ask("enrollment", "list")
    kinds = {each["kind"] for each in enrolled}
    assert {"ade", "manual", "byod"} <= kinds
    assert all(each["status"] == "enrolled" for each in enrolled)
    assert all(each["serial"] is None for each in enrolled if each["kind"] == "byod")


def test_the_portal_lets_the_administrator_in(demo: Demo) -> None:
    who = json.loads((demo.data / "demo" / "notes.json").read_text())["administrator"]
    with httpx.Client(base_url=demo.origin, follow_redirects=True) as browser:
        form = browser.get("/portal/").text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        page = browser.post(
            "/portal/sign-in", data={**hidden, "email": who["name"], "password": who["password"]}
        )
        assert page.status_code == 200
        listed = browser.get("/portal/devices")
        assert listed.status_code == 200
        assert demo.ask("device", "list")[0]["serial"] in listed.text


def test_it_ends_when_asked_and_starts_with_what_was_there(demo: Demo) -> None:
    before = demo.ask("service", "list")
    assert demo.stop() == 0
    assert "stopping" in demo.said
    demo.start()
    assert "with what was in its folder" in demo.said
    assert [each["devices"] for each in demo.ask("service", "list")] == [each["devices"] for each in before]
    assert demo.stop() == 0
