"""Services that are linked to the face under test."""

from collections.abc import Iterator

import pytest

from pomona.runtime import Runtime
from tests.device_assignment.support import Links
from tests.support.serving import Serve


@pytest.fixture
def link(runtime: Runtime, serve: Serve) -> Iterator[Links]:
    """Links services, on both engines in turn."""
    links = Links(runtime, serve)
    yield links
    links.close()
