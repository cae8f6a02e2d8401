"""A throw-away PostgreSQL cluster for the test run, and fresh databases in it within a few milliseconds.

Each pytest process (and so each pytest-xdist worker) has a cluster of its own, made at first use and reached through
a UNIX socket in its own folder: no port is taken and no other cluster on the machine is touched. The server dies with
the process that started it, however that ends. Nothing is written through to the disk: this says nothing about
PostgreSQL's durability and need not.
"""

import contextlib
import ctypes
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from tests.support.absent import absent

_PREFIX = "pomona-pg-"
_USER = "pomona"
_MEMORY = Path("/dev/shm")
_ROOM = 1 << 30  # bytes that must be free in memory for the cluster to live there
_PATIENCE = 30.0  # seconds
_INITDB = (
    "--auth=trust",
    "--no-sync",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
    "--wal-segsize=4",
)
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
}


def find_binaries() -> Path | None:
    """Give the folder of PostgreSQL's server programs: that of PATH, else the newest of Debian's, else None."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in found), key=lambda path: int(path.parent.name), default=None)


class Cluster:
    """A PostgreSQL cluster of the calling process's own; `start` makes it, `stop` removes it without a trace."""

    def __init__(self, binaries: Path) -> None:
        """Take the folder that holds `initdb` and `postgres`, version 15 or later."""
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_parent_folder()))
        self.settings = dict(_SETTINGS)
        """What the server is started with, beside its defaults."""
        self._binaries = binaries
        self._identity = _unprivileged(self.folder)
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}
        self._server: subprocess.Popen[bytes] | None = None
        self._admin: psycopg.Connection[Any] | None = None

    def start(self) -> None:
        """Start the server, initialising the cluster the first time, and wait until it answers."""
        data = self.folder / "data"
        if not data.exists():
            initdb = (str(self._binaries / "initdb"), "-D", str(data), "-U", _USER)
            subprocess.run(
                [*initdb, *_INITDB], check=True, capture_output=True, cwd=self.folder, **self._identity
            )
        settings = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._binaries / "postgres", "-D", data, "-k", self.folder, *settings],
                stderr=log,
                cwd=self.folder,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, before any test has threads
                **self._identity,
            )
        self._admin = self._connect_when_ready(self._server)

    def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server and keep its data: SIGINT in good order, SIGQUIT as if it had crashed."""
        if self._admin:
            self._admin.close()
        if self._server and self._server.poll() is None:
            self._server.send_signal(how)
            self._server.wait(_PATIENCE)

    def stop(self) -> None:
        """Stop the server and remove the cluster."""
        self.halt(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def dsn(self, database: str = "postgres") -> str:
        """Give the URL of `database`, as libpq and Pomona's settings take it."""
        return f"postgresql://{_USER}@/{quote(database)}?host={quote(str(self.folder), safe='')}"

    def create(self, template: str = "template0") -> str:
        """Create a database as a copy of `template`, to which nobody may be connected, and give its name."""
        name = f"test_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        return name

    def drop(self, database: str) -> None:
        """Drop `database`, cutting off whoever is still connected."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def template(self, key: str, prepare: Callable[[str], object]) -> str:
        """Give the name of a database prepared once: `prepare` gets the DSN of an empty one and must leave it closed.

        The answer is meant for `create`: tables are made once in a run, and each test takes a copy of them.
        """
        if key not in self._templates:
            name = self.create()
            prepare(self.dsn(name))
            self._templates[key] = name
        return self._templates[key]

    def _run(self, statement: LiteralString, *names: str) -> None:
        if self._admin is None:
            raise RuntimeError("the cluster is not started: call start() first")
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connect_when_ready(self, server: subprocess.Popen[bytes]) -> psycopg.Connection[Any]:
        deadline = time.monotonic() + _PATIENCE
        while server.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                return psycopg.connect(self.dsn(), autocommit=True)
            time.sleep(0.01)
        server.kill()
        log = (self.folder / "log").read_text(errors="replace")
        raise RuntimeError(
            f"PostgreSQL did not start within {_PATIENCE:.0f} s; the end of its log:\n{log[-2000:]}"
        )


def _parent_folder() -> Path:
    """Give the folder for a cluster: in memory where there is room, so that copying a template costs no disk."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if roomy else Path(tempfile.gettempdir())


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Give the arguments that make a child run as somebody else when we are root, who must not run a server."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name: user for user in pwd.getpwall()}
    account = known.get("postgres") or known["nobody"]
    os.chown(folder, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    """Have the kernel stop the server if we are killed before we can."""
    with contextlib.suppress(AttributeError):  # Linux only
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _sweep() -> None:
    """Remove what runs that were killed left behind."""
    for folder in _parent_folder().glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # somebody else's, or gone meanwhile
            if not _alive(folder):
                shutil.rmtree(folder)


def _alive(folder: Path) -> bool:
    """Tell whether the process that made `folder`, whose number is in its name, still runs."""
    try:
        os.kill(int(folder.name.removeprefix(_PREFIX).partition("-")[0]), 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """Give this process's PostgreSQL cluster, started at first use and removed at the end."""
    binaries = find_binaries()
    if binaries is None:
        absent("PostgreSQL (initdb, postgres)", "apt-get install postgresql")
    cluster = Cluster(binaries)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def postgres_database(postgres_cluster: Cluster) -> Iterator[str]:
    """Give the DSN of a fresh, empty database that is dropped after the test."""
    name = postgres_cluster.create()
    yield postgres_cluster.dsn(name)
    postgres_cluster.drop(name)
