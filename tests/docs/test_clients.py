"""The pages about clients that say so are run as they stand, against a Pomona that is really running."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs import pages

CLIENTS = pages.DOCS / "clients"
SECONDS = 120

IMPATIENCE = """
import time
_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.3))
"""
"""What each Python program of a page begins with: pyaxm sleeps ten seconds before it first asks how an activity is doing."""

SHOWS = {
    "openssl-curl.md": (
        r'"server_name":"By hand"',
        r'"serial_number":"F2LXO0ABCDEF"',
        r'"op_type":"deleted"',
        r'"F2LXO0ABCDEF":"SUCCESS","C02XO1GHIJKL":"NOT_ACCESSIBLE"',
        r'"profile_status":"assigned"',
        r"^By hand Example$",
    ),
    "device-lists.md": (
        r"^2,VOJHQ6W7RC52,VOJHQ6W7RC52,ADDED,,iPhone 16 Pro\r?$",
        r"^4,C02XO8GHIJKL,C02XO8GHIJKL,UNKNOWN_PRODUCT,",
        r"^5,F2LXO0ABCDEF,F2LXO0ABCDEF,ALREADY_HERE,",
        r"^6,short,,INVALID_SERIAL,",
        r"^2,C02XO7GHIJKL,C02XO7GHIJKL,ADDED,",
        r"^3,C02XO9GHIJKL,C02XO9GHIJKL,ALREADY_HERE,",
        r'"serialNumber":"F2LXO6ABCDEF","result":"ADDED"',
        r"^VOJHQ6W7RC52,FOUND,iPhone 16 Pro\r?$",
        r"^ZZZZO0000000,NOT_OURS,",
        r"^x,MALFORMED,",
        r"New iPhones: place 1",
    ),
    "shell.md": (
        r'"serverName":"By API"',
        r'"defaultProductFamilies":\["IPHONE"\]',
        r"^SUB_STATUS,COMPLETED_WITH_ERROR$",
        r"^F2LXO0ABCDEF,SUCCESS,$",
        r"^NOSUCHO00000,FAILED,DEVICE_NOT_FOUND$",
        r'"type":"mdmServers","id":"[0-9A-F]{32}"',
    ),
    "simulated-devices.md": (r"F2LXO0ABCDEF .*ade", r"C02XO1GHIJKL .*manual", r"byod", r"acknowledged"),
    "simulated-reseller.md": (
        r"^not_as_expected +0 *$",
        r"^differences +0 *$",
        r"S7-25-\d{5}",
    ),
    "simulated-service.md": (r"verified +equal=True +devices=1 ", r"verified +equal=True +devices=0 "),
    "supplier-curl.md": (
        r'"statusCode":"SUCCESS"',
        r'"statusCode":"COMPLETE"',
        r'"devicePostStatus":"COMPLETE"',
        r'"orderNumber":"ORDER_900123"',
        r'"orderNumber":"WRONG","orderPostStatus":"DEP-ERR-OR-4102"',
        r'"errorCode":"GRX-50038"',
        r"^certificate: .*GRX-50038.*revoked at",
    ),
    "pyaxm.md": (
        r"serverName: Pomona Device Management",
        r"status: COMPLETED",
        r"F2LXO0ABCDEF iPhone 16 UNASSIGNED",
    ),
}
"""What must be read after the commands of each page have run."""


def test_all_pages_that_say_so_are_run() -> None:
    assert set(SHOWS) == {page.name for page in CLIENTS.glob("*.md") if pages.runs(page)} - {"README.md"}


@pytest.mark.parametrize("page", SHOWS)
def test_a_page_does_what_it_says(page: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(IMPATIENCE)
    with pomona(tmp_path) as environment:
        environment["PYTHONPATH"] = str(tmp_path)
        script = pages.runs(CLIENTS / "README.md") + pages.runs(CLIENTS / page)
        done = run(script, tmp_path, environment)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        for pattern in SHOWS[page]:
            assert re.search(pattern, done.stdout, re.MULTILINE), f"{pattern}\n{done.stdout}\n{done.stderr}"


def run(script: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a page's commands in one shell that ends at the first that fails, on the ports that are in use."""
    for name, port in (("PORT", 8080), ("TLS_PORT", 8443), ("PROXY_PORT", 8081), ("SUPPLIER_TLS_PORT", 8444)):
        script = script.replace(f":{port}", f":{environment[f'POMONA_{name}']}")
    return subprocess.run(
        ["sh", "-eux"], input=script, cwd=folder, env=environment, capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip


@contextmanager
def pomona(folder: Path) -> Iterator[dict[str, str]]:
    """Pomona on free ports, with its data in `folder`; gives the environment of a person's second terminal."""
    programs = Path(sys.executable).parent
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "200",
    }
    ports = ("--port", "--tls-port", "--proxy-port", "--supplier-tls-port")
    command = [sys.executable, "-m", "pomona", "up", *(word for port in ports for word in (port, "0"))]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            yield environment | dict(_ports(server))
        finally:
            server.terminate()
            server.communicate(timeout=SECONDS)


def _ports(server: "subprocess.Popen[str]") -> Iterator[tuple[str, str]]:
    """The ports that a starting Pomona tells of, as settings for the commands beside it."""
    names = {
        "http": "POMONA_PORT",
        "https": "POMONA_TLS_PORT",
        "proxy": "POMONA_PROXY_PORT",
        "suppliers": "POMONA_SUPPLIER_TLS_PORT",
    }
    assert server.stderr is not None
    said = []
    while names:
        line = server.stderr.readline()
        said.append(line)
        assert line, f"Pomona did not start: {''.join(said)}"
        found = re.match(r"pomona: (\w+) https?://.*:(\d+)$", line)
        if found:
            yield names.pop(found[1]), found[2]
