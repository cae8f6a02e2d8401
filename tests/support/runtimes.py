"""A runtime for faces under test: a real store, a clock that the test can move, fixed randomness and keys."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pomona.keys.keyring import KeyRing
from pomona.keys.randomness import seeded
from pomona.runtime import Clock, Runtime, Settings
from pomona.store import Store, open_store
from tests.support.stores import PROJECTIONS


@pytest.fixture
def runtime(any_store: Store) -> Runtime:
    """On both engines in turn. `runtime.clock.offset` moves the time."""
    return Runtime(Settings(), any_store, KeyRing(bytes(range(32))), Clock(), seeded("tests"))


@contextmanager
def lasting_runtime() -> Iterator[Runtime]:
    """One for all examples of a test together, on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "pomona.db", PROJECTIONS)
        yield Runtime(Settings(), store, KeyRing(bytes(range(32))), Clock(), seeded("lasting"))
        store.close()
