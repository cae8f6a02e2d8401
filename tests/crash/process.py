"""A real Pomona process, as `pomona up` runs it, that tests start, freeze, stop and kill."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PATIENCE = 60.0  # seconds; the machine may be busy
_STARTED = re.compile(r"^pomona: (http|https) (\S+)$", re.MULTILINE)
_BELOW_EPHEMERAL = range(16_000, 32_000)


def free_port() -> int:
    """A port for a server that will be down for a while.

    It lies outside the range that clients' own ends are taken from: a client that tries to reach a port in that range
    while nobody listens there can end up connected to itself, and the server cannot come back.
    """
    for port in random.Random().sample(_BELOW_EPHEMERAL, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


class PomonaProcess:
    """`settings` are those of the installation, by name. The same port is used at every start."""

    def __init__(
        self, folder: Path, settings: Mapping[str, object] | None = None, *, through: Sequence[str] = ()
    ) -> None:
        """`folder` gets the data and the log; `through` is a program that starts the program it is given."""
        self.data = folder / "data"
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.https: str | None = None
        self._log = folder / f"pomona-{self.port}.log"
        self._through = through
        own = {"data": self.data, "port": self.port, "tls_port": -1, "proxy_port": -1, **(settings or {})}
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("POMONA_")
        }
        self._environment |= {f"POMONA_{name.upper()}": str(value) for name, value in own.items()}
        self._process: subprocess.Popen[bytes] | None = None
        self._read_from = 0

    @property
    def pid(self) -> int:
        """The number of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """All that was written to the log, in all its lives."""
        return self._log.read_text(errors="replace")

    @property
    def said(self) -> str:
        """What it wrote in its present life."""
        return self._log.read_bytes()[self._read_from :].decode(errors="replace")

    def launch(self) -> None:
        """Starts it without waiting for anything."""
        self._read_from = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._through, sys.executable, "-m", "pomona", "up"],
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self.launch()
        wanted = {"http"} | ({"https"} if self._environment["POMONA_TLS_PORT"] != "-1" else set())
        wait_for(lambda: wanted <= dict(_STARTED.findall(self.said)).keys() or self.ended is not None, self)
        assert self.ended is None, self.said
        found = dict(_STARTED.findall(self.said))
        assert found["http"] == self.origin
        self.https = found.get("https")

    @property
    def ended(self) -> int | None:
        """Its exit status, or None while it runs."""
        return None if self._process is None else self._process.poll()

    def kill(self) -> None:
        """`kill -9`, and waits until it is gone."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """Asks it to stop, as a service manager does; gives its exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal: SIGSTOP freezes it, SIGCONT lets it go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Waits for its end; gives its exit status."""
        assert self._process is not None
        return self._process.wait(seconds)

    def close(self) -> None:
        """Ends it whatever state it is in."""
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()

    @property
    def memory(self) -> int:
        """Bytes of anonymous memory, what is shared counted in parts."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss_Anon:\s+(\d+) kB$", rollup, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024


def wait_for(
    condition: Callable[[], object], process: PomonaProcess | None = None, seconds: float = PATIENCE
) -> None:
    """Waits until `condition` holds; fails with what `process` said when it never does."""
    end = time.monotonic() + seconds
    while not condition():
        said = "" if process is None else process.said[-3000:]
        assert time.monotonic() < end, f"not within {seconds:g} s; {said}"
        time.sleep(0.005)
