"""An installation with as many devices as asked for, made once and kept for the next run.

Kept by everything that decides what is in it (tables, encoders, catalogue, the modules here), so a change makes a new one.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

import bench
import pomona
from bench.making import Keys, make

_DECIDES = (
    "catalogue",
    "store/schema",
    "store/sqlite.py",
    "keys/keyring.py",
    "registry/arrivals.py",
    "registry/claim_lines.py",
    "registry/order_plans.py",
    "device_assignment/projection.py",
    "business_api/projection.py",
)


@dataclass(frozen=True, slots=True)
class Data:
    """A made installation: `folder` is the data folder that a server is started on."""

    folder: Path
    size: int
    keys: Keys

    @property
    def database(self) -> Path:
        """The file."""
        return self.folder / "pomona.db"

    def beside(self, name: str) -> Path:
        """A file kept with the installation, not in its data folder."""
        return self.folder.parent / name


def prepared(size: int, cache: Path) -> Data:
    """The installation with `size` devices, all on one service by default assignment; made if it is not there."""
    place = cache / f"{_fingerprint()}-{size}"
    if not (place / "keys.json").exists():
        cache.mkdir(parents=True, exist_ok=True)
        _drop_others(cache, size, place)
        draft = Path(tempfile.mkdtemp(prefix="making-", dir=cache))
        keys = make(draft / "data", size)
        (draft / "keys.json").write_bytes(msgspec.json.encode(keys))
        draft.replace(place)
    return Data(place / "data", size, msgspec.json.decode((place / "keys.json").read_bytes(), type=Keys))


@contextmanager
def copied(data: Data) -> Iterator[Data]:
    """A copy to write to, gone at the end."""
    folder = data.beside("copy")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(data.folder, folder)
    os.sync()  # else the server's own writes wait until gigabytes of the copy are on the disk
    try:
        yield Data(folder, data.size, data.keys)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fingerprint() -> str:
    digest = hashlib.blake2b((Path(bench.__path__[0]) / "making.py").read_bytes(), digest_size=6)
    root = Path(pomona.__path__[0])
    for name in _DECIDES:
        place = root / name
        for file in sorted(place.rglob("*.*")) if place.is_dir() else [place]:
            if file.suffix in (".py", ".txt"):
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _drop_others(cache: Path, size: int, keep: Path) -> None:
    """A million devices take gigabytes: only the newest installation of a size is kept."""
    for place in cache.glob(f"*-{size}"):
        if place != keep:
            shutil.rmtree(place)
