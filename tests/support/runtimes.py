"""A runtime for faces under test: a real store, a clock that the test can move, fixed randomness and keys."""

import pytest

from pomona.keys.keyring import KeyRing
from pomona.keys.randomness import seeded
from pomona.runtime import Clock, Runtime, Settings
from pomona.store import Store


@pytest.fixture
def runtime(any_store: Store) -> Runtime:
    """On both engines in turn. `runtime.clock.offset` moves the time."""
    return Runtime(Settings(), any_store, KeyRing(bytes(range(32))), Clock(), seeded("tests"))
