"""A whole Pomona that pyaxm reaches as it reaches Apple: it has Apple's host names compiled in and uses the proxy and TLS."""

import asyncio
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
    import pyaxm.client
    from pyaxm.client import Client

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


class Impatient:
    """What the library takes for the time module: it waits ten seconds for activities that take one."""

    @staticmethod
    def sleep(seconds: float) -> None:
        """Waits a fiftieth."""
        threading.Event().wait(seconds / 50)


@pytest.fixture
def pyaxm_client(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The library's own client, signed in; its command line finds the same account."""
    monkeypatch.setattr(pyaxm.client, "time", Impatient)
    account, key = world.store.write_sync(
        lambda tx: api_accounts.create(
            tx, world.id, "pyaxm", public_key=KEYS.public, actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    assert key is not None
    folder = tmp_path / ".config" / "pyaxm"
    folder.mkdir(parents=True)
    (folder / "key.pem").write_text(KEYS.private)
    for name, value in (
        ("HOME", str(tmp_path)),
        ("AXM_CLIENT_ID", account.client_id),
        ("AXM_KEY_ID", key.key_id),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    client = Client()
    yield client
    client.abm.session.close()
