"""Opens an installation: its folder, keys, store and clocks. The server and the command line do it alike."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pomona.business_api.projection import Encoder as BusinessEncoder
from pomona.device_assignment.projection import Encoder as AssignmentEncoder
from pomona.keys.master import load_or_make
from pomona.keys.randomness import system_rng
from pomona.runtime import Clock, Origins, Runtime, Settings
from pomona.server.client_hosts import CLIENT_HOSTS
from pomona.store import Projections, StoreUnavailable, open_store

SECRET_FILE = "secret.key"
CLOCK_KEY = "lab_clock_offset"


def projections() -> Projections:
    """The faces' encoders, as every process must use them."""
    return Projections(AssignmentEncoder(), BusinessEncoder())


@contextlib.contextmanager
def installation(settings: Settings) -> Iterator[Runtime]:
    """An open installation, closed at the end.

    Raises `StoreUnavailable`, `SchemaMismatch` or `MasterKeyProblem` with a sentence that says what to do.
    """
    _folder(settings.data)
    keys = load_or_make(settings.secret_key or None, settings.data / SECRET_FILE, system_rng)
    store = open_store(
        settings.database,
        projections(),
        durable=settings.durability == "power",
        connections=settings.database_connections,
    )
    clock = Clock()
    try:
        offset = store.read_sync(lambda tx: tx.value("SELECT value FROM meta WHERE key = $1", CLOCK_KEY))
        clock.offset = int(offset or 0)
        origins = Origins(
            settings.public_origin, settings.trusted_proxies, [host.name for host in CLIENT_HOSTS]
        )
        yield Runtime(settings, store, keys, clock, system_rng, origins)
    finally:
        store.close()


def _folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreUnavailable(f"the data folder {path} cannot be made: {problem.strerror}") from None
