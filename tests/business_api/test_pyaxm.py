"""pyaxm from PyPI, unmodified: it has Apple's host names compiled in and reaches us through the proxy and over TLS."""

import asyncio
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from pomona.keys.randomness import seeded
from pomona.registry import api_accounts, api_keys
from pomona.runtime import Runtime, Settings
from pomona.server.installation import installation
from pomona.server.process import Addresses, running
from tests.support.worlds import ADMIN, World

with warnings.catch_warnings():
    # pyaxm still uses a module of Authlib's that warns of its age, and Authlib insists on being heard when it is imported.
    import authlib.deprecate  # type: ignore[import-untyped]  # noqa: F401

    warnings.simplefilter("ignore")
    from pyaxm.abm_requests import DeviceError
    from pyaxm.client import Client
    from pyaxm.utils import download_activity_csv

KEYS = api_keys.generate("sec1", seeded("pyaxm"))


class Whole:
    """A whole Pomona in a thread: every face, HTTPS, the proxy and the workers."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._started = threading.Event()
        self._stop: Callable[[], object] = lambda: None
        self.addresses: Addresses | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Addresses:
        self._thread.start()
        assert self._started.wait(20)
        assert self.addresses is not None
        return self.addresses

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._thread.join(20)

    async def _run(self) -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(over.set)
        async with running(self._runtime) as self.addresses:
            self._started.set()
            await over.wait()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An organisation of an installation that this process's environment leads all HTTPS requests to."""
    settings = Settings(data=tmp_path / "data", port=0, tls_port=0, proxy_port=0, shutdown_seconds=1)
    with installation(settings) as runtime, Whole(runtime) as addresses:
        assert addresses.proxy is not None
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HTTPS_PROXY", addresses.proxy)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(settings.data / "authority" / "ca.pem"))
        world = World(runtime.store)
        world.now = runtime.clock.now()
        yield world


@pytest.fixture
def pyaxm(world: World, tmp_path: Path) -> Iterator[Client]:
    """The library's own client, signed in."""
    account, key = world.store.write_sync(
        lambda tx: api_accounts.create(
            tx, world.id, "pyaxm", public_key=KEYS.public, actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    assert key is not None
    private = tmp_path / "key.pem"
    private.write_text(KEYS.private)
    client = Client(account.client_id, key.key_id, str(private), str(tmp_path / "token.json"))
    yield client
    client.abm.session.close()


def finished(client: Client, serials: list[str], server: str | None, action: str) -> object:
    """What the library's own method does, without its first wait of ten seconds."""
    token = client.token_manager.get_token_value()
    answer = client.abm.assign_unassign_device_to_mdm_server(serials, server, action, token)
    deadline = time.monotonic() + 20
    while True:
        data = client.abm.get_device_activity(answer.data.id, token).data
        if data.attributes.status != "IN_PROGRESS":
            assert (data.attributes.status, data.attributes.subStatus) == (
                "COMPLETED",
                "COMPLETED_WITH_SUCCESS",
            )
            return data
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_list_assign_unassign_and_release(world: World, pyaxm: Client, tmp_path: Path) -> None:
    service = world.service("Main")
    stock = world.stock(1_200)
    devices = pyaxm.list_devices()
    assert [device.id for device in devices] == stock
    assert {device.attributes.productFamily for device in devices} == {
        "iPhone", "iPad", "Mac", "AppleTV", "Watch", "Vision",
    }  # fmt: skip
    assert {device.attributes.status for device in devices} == {"UNASSIGNED"}
    servers = {server.attributes.serverName: server for server in pyaxm.list_mdm_servers()}
    assert servers["Main"].id == service.uuid
    assert servers["Main"].attributes.status == "ACTIVE"

    done = finished(pyaxm, stock[:3], service.uuid, "ASSIGN_DEVICES")
    file = download_activity_csv(done, str(tmp_path))
    assert file is not None
    assert Path(file).name.startswith("ABM-ActivityLog_")
    assert Path(file).read_text().count(",SUCCESS,") == 3
    assert pyaxm.get_device_server_assignment(stock[0]).id == service.uuid
    linked = pyaxm.list_devices_in_mdm_server(service.uuid)
    assert [device.id for device in linked] == stock[:3]

    finished(pyaxm, stock[:1], service.uuid, "UNASSIGN_DEVICES")
    with pytest.raises(DeviceError, match="does not exist"):
        pyaxm.get_device_server_assignment(stock[0])
    assert pyaxm.get_device(stock[0]).attributes.status == "UNASSIGNED"
    assert pyaxm.get_apple_care_coverage(stock[0]) == []

    finished(pyaxm, stock[1:2], None, "RELEASE_DEVICES")
    assert pyaxm.get_device(stock[1]).attributes.releasedFromOrgDateTime is not None
    assert len(pyaxm.list_devices()) == 1_199
    with pytest.raises(DeviceError):
        pyaxm.get_device("ONOTTHERE12")


def test_links_carry_the_name_that_the_client_used(world: World, pyaxm: Client) -> None:
    world.stock(2)
    token = pyaxm.token_manager.get_token_value()
    answer = requests.get(
        "https://api-business.apple.com/v1/orgDevices?limit=1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    ).json()
    assert answer["links"]["next"].startswith("https://api-business.apple.com/v1/orgDevices?")
    assert answer["data"][0]["links"]["self"].startswith("https://api-business.apple.com/v1/orgDevices/")
