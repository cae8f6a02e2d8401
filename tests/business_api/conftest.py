"""Fixtures of the Business API's tests: a world that is served, and clients of it. On both engines."""

from collections.abc import Iterator

import pytest

from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, start
from tests.support.serving import Serve
from tests.support.worlds import World


@pytest.fixture
def world(runtime: Runtime) -> World:
    """An organisation whose clock is the runtime's."""
    world = World(runtime.store)
    world.now = runtime.clock.now()
    return world


@pytest.fixture
def origin(runtime: Runtime, serve: Serve) -> str:
    """The face, served with the activity worker beside it."""
    return start(runtime, serve)


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes clients; they are closed with the test."""
    made: list[Client] = []

    def new(world: World, origin: str, **more: object) -> Client:
        made.append(Client(world, origin, **more))  # type: ignore[arg-type]
        return made[-1]

    yield new
    for client in made:
        client.http.close()


@pytest.fixture
def client(world: World, origin: str, connect: Connect) -> Client:
    """A Business API client with every permission."""
    return connect(world, origin)
