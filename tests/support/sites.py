"""A Pomona that devices can enrol in: the faces they talk to, on a real port, and an organisation with a few of them."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pomona.activation import factory as factory_room
from pomona.activation import routes as activation
from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.keys.keyring import KeyRing
from pomona.keys.passwords import hash_password
from pomona.keys.randomness import seeded
from pomona.management import routes as management
from pomona.registry import enrollments, people
from pomona.registry.enrollments import Enrollment
from pomona.registry.people import Person as Account
from pomona.registry.services import built_in
from pomona.runtime import Clock, Runtime, Settings
from pomona.server.application import DISCOVERY_PATHS, Application
from pomona.server.authority import Authority
from pomona.server.tls import default_hosts, server_context
from pomona.service_discovery import routes as service_discovery
from pomona.simulator.device import Device
from pomona.simulator.device_keys import KeySource
from pomona.simulator.device_network import Network
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.factory import Factory
from pomona.simulator.web_sign_in import Person
from pomona.store import Store
from tests.support.threads import ServerThread
from tests.support.worlds import ADMIN, World, serials

T = TypeVar("T")
PASSWORD = "correct horse battery"
_HASH = hash_password(PASSWORD)


def device_faces(runtime: Runtime) -> Application:
    """The three faces that devices talk to, at their addresses."""
    discovery, managed = service_discovery.app(runtime), management.app(runtime)
    exact = {**dict.fromkeys(DISCOVERY_PATHS, discovery), "/MDMServiceConfig": managed}
    return Application(exact, {("manage",): managed, ("activation",): activation.app(runtime)})


@dataclass
class Site:
    """One running installation. Its organisation's devices go to the built-in service."""

    runtime: Runtime
    origin: str
    world: World
    factory: Factory
    roots: str = ""
    stock: int = field(default=0)

    @property
    def base(self) -> str:
        """Where the organisation's addresses of the built-in service begin."""
        return f"{self.origin}/manage/{self.world.organization.slug}"

    def device(self, kind: Kind = Kind.IPHONE, *, arrive: bool = True, world: World | None = None) -> Device:
        """A new device of the organisation (or of that `world`), assigned as its kind is by default."""
        self.stock += 1
        serial = serials(1, seed=1000 + self.stock)[0]
        owner = world or self.world
        if arrive:
            owner.arrive([serial], kind)
        return Device.of(serial, _product(serial, kind))

    def person(self, email: str, *, world: World | None = None, managed: bool = True) -> Person:
        """Adds an account with a password; gives what somebody types to sign in."""
        self.account(email, world=world, managed=managed)
        return Person(email, PASSWORD)

    def account(self, email: str, *, world: World | None = None, managed: bool = True) -> Account:
        """Adds an account with a password."""
        owner = world or self.world
        return self.runtime.store.write_sync(
            lambda tx: people.add(
                tx, owner.id, email, first_name="Pat", last_name="Doe", role="STAFF", password_hash=_HASH,
                managed=managed, actor=ADMIN, now=self.runtime.clock.now(), rng=self.runtime.rng,
            )
        )  # fmt: skip

    def use_built_in(self, world: World, *kinds: str) -> None:
        """Makes the built-in service take new devices."""
        service = self.runtime.store.read_sync(lambda tx: built_in(tx, world.id))
        for kind in kinds or ("IPHONE", "IPAD", "MAC", "APPLE_TV", "WATCH", "VISION"):
            world.default(kind, service)

    def enrollment(self, text: str, world: World | None = None) -> Enrollment:
        """The enrolment of a device, as the registry has it."""
        owner = world or self.world
        return self.runtime.store.read_sync(lambda tx: enrollments.find(tx, owner.id, text))

    def play(self, what: Callable[[DeviceWorld], Awaitable[T]], **more: Any) -> T:
        """Runs simulated devices against this site."""

        async def run() -> T:
            keys = KeySource(shared=4)
            try:
                async with Network(self.roots) as network:
                    return await what(
                        DeviceWorld(self.origin, network, self.factory, keys, seeded("devices"),
                                    **{"well_known": self.origin, **more})
                    )  # fmt: skip
            finally:
                keys.close()

        return asyncio.run(run())

    @cached_property
    def http(self) -> httpx.Client:
        """A plain HTTP client; closed with the site."""
        context = ssl.create_default_context(cadata=self.roots) if self.roots else False
        return httpx.Client(base_url=self.origin, timeout=30, verify=context, trust_env=False)


def _product(serial: str, kind: Kind) -> Any:
    return infer(serial, kind=kind).product


@contextlib.contextmanager
def running(runtime: Runtime, roots: str = "", context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site over a runtime, served until the block ends."""
    server = ServerThread(device_faces(runtime), context=context)
    origin = server.start()
    certificate, encoded = factory_room.ensure(runtime)
    key = serialization.load_der_private_key(encoded, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    site = Site(runtime, origin, World(runtime.store), Factory(certificate, key, seeded("factory")), roots)
    site.use_built_in(site.world)
    yield site
    site.http.close()
    server.stop()


def _runtime(store: Store, folder: Path) -> Runtime:
    return Runtime(Settings(data=folder), store, KeyRing(bytes(range(32))), Clock(), seeded("tests"))


@pytest.fixture
def site(any_store: Store, tmp_path: Path) -> Iterator[Site]:
    """A site over HTTP, on both engines in turn."""
    with running(_runtime(any_store, tmp_path)) as served:
        yield served


@pytest.fixture
def quick_site(store: Store, tmp_path: Path) -> Iterator[Site]:
    """A site over HTTP on the embedded engine, for what does not depend on it."""
    with running(_runtime(store, tmp_path)) as served:
        yield served


@pytest.fixture
def secure_site(store: Store, tmp_path: Path) -> Iterator[Site]:
    """A site over HTTPS, with certificates of its own authority."""
    runtime = _runtime(store, tmp_path)
    authority = Authority(tmp_path / "authority", runtime.clock.wall, runtime.rng)
    context = server_context(authority, default_hosts())
    with running(runtime, authority.certificate.decode(), context) as served:
        yield served
