"""A running process to try things at, shared by the tests of a module that leave it as it was."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from pomona.runtime import Settings
from tests.crash.doors import SETTINGS, Door, doors
from tests.crash.prepared import Prepared, prepare
from tests.crash.process import PomonaProcess


@dataclass
class Served:
    """A process and its open doors."""

    process: PomonaProcess
    given: Prepared
    doors: list[Door]
    http: httpx.Client

    def send(self, door: Door, body: object, **headers: str) -> httpx.Response:
        """A request with this body."""
        return self.http.request(door.method, door.path, content=body, headers={**door.headers, **headers})  # type: ignore[arg-type]

    def still_answers(self) -> None:
        """Others are served."""
        assert self.process.ended is None, self.process.said
        assert self.http.get("/readyz").status_code == 200


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    process = PomonaProcess(tmp_path_factory.mktemp("served"), SETTINGS)
    given = prepare(Settings(data=process.data), pools=(1_000,))
    process.start()
    try:
        with httpx.Client(base_url=process.origin, timeout=30, trust_env=False) as http:
            yield Served(process, given, doors(process.origin, given), http)
    finally:
        process.close()
