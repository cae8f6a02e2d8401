"""Real stores for tests: `store` is SQLite in a temporary folder, `any_store` runs the test on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pomona.business_api.projection import Encoder as BusinessEncoder
from pomona.device_assignment.projection import Encoder as AssignmentEncoder
from pomona.store import Projections, Store, open_store

PROJECTIONS = Projections(AssignmentEncoder(), BusinessEncoder())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A fresh embedded database."""
    opened = open_store(tmp_path / "pomona.db", PROJECTIONS)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A fresh database of each engine in turn."""
    if request.param == "sqlite":
        opened = open_store(tmp_path / "pomona.db", PROJECTIONS)
    else:
        opened = open_store(request.getfixturevalue("postgres_database"), PROJECTIONS, connections=4)
    yield opened
    opened.close()
