"""Any ASGI application on a real port, in a thread of the test process."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.types import ASGIApp

from tests.support.threads import ServerThread

Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts an application; gives its origin (`http://127.0.0.1:port`). Everything stops with the test."""
    running: list[ServerThread] = []

    def start(app: ASGIApp, *tasks: Any) -> str:
        thread = ServerThread(app, tasks)
        running.append(thread)
        return thread.start()

    yield start
    for thread in reversed(running):
        thread.stop()
