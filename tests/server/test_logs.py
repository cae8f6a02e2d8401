"""Log lines carry their values, readable and as JSON."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from pomona.server import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield io.StringIO()
    root.handlers, root.level = handlers, level


def test_json(stream: io.StringIO) -> None:
    logs.configure("info", "auto", stream)
    log = logging.getLogger("pomona.test")
    log.info("done %d", 3, extra={"activity": 7})
    log.debug("unseen")
    try:
        raise LookupError("gone")
    except LookupError:
        log.exception("failed")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["activity"], first["level"], first["logger"]) == (
        "done 3",
        7,
        "info",
        "pomona.test",
    )
    assert first["time"].endswith("Z")
    assert "LookupError: gone" in second["exception"]


def test_console(stream: io.StringIO) -> None:
    logs.configure("warning", "console", stream)
    logging.getLogger("pomona.test").info("unseen")
    logging.getLogger("pomona.test").warning("careful", extra={"device": "X"})
    assert stream.getvalue().endswith("warning pomona.test: careful  device=X\n")
    assert stream.getvalue().count("\n") == 1
