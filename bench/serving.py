"""Starting the program that is measured, as a person would: `pomona up` on a data folder."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.data import Data
from bench.measure import Process, free_port, running


def command(folder: Path, port: int) -> list[str | Path]:
    """The command line; all listeners are on, as by default, but at ports that are free."""
    program = Path(sys.executable).with_name("pomona")
    return [program, "--data", folder, "up", "--port", str(port), "--tls-port", "0", "--proxy-port", "0"]


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without settings of somebody's own installation, but with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POMONA_")}
    return kept | {"POMONA_CONFIG": os.devnull, **settings}


@contextmanager
def pomona(data: Data, log: str = "server.log", **settings: str) -> Iterator[Process]:
    """A serving Pomona for the time of a block, once it has nothing left to prepare; `settings` are environment variables."""
    port = free_port()
    with running(command(data.folder, port), port, data.beside(log), environment(**settings)) as server:
        server.wait_until_it_says(b"pomona: http ")
        yield server
