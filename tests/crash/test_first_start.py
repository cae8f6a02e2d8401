"""A first start makes keys, tables and certificates. Whenever it is killed, the next one goes on from there."""

import errno
import os
import random
import stat
import threading
import time
from pathlib import Path

import pytest

from pomona.keys.keyring import KeyRing
from pomona.keys.master import MasterKeyProblem, load_or_make
from pomona.keys.randomness import system_rng
from tests.crash.amounts import ROUNDS, SEED
from tests.crash.process import PomonaProcess


class Killed(BaseException):
    """Stands for the end of the process: nothing after it is run."""


def test_killed_at_any_moment(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    for n in range(max(1, ROUNDS // 4)):
        folder = tmp_path / str(n)
        folder.mkdir()
        process = PomonaProcess(folder, {"tls_port": 0})
        for _ in range(2):
            process.launch()
            time.sleep(rng.uniform(0.1, 0.9))
            process.kill()
        process.start()
        assert process.stop() == 0


@pytest.mark.parametrize("at", ["write", "fsync", "close", "link", "unlink"])
def test_a_master_key_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    file = tmp_path / "secret.key"

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, at, kill)
        try:
            made: KeyRing | None = load_or_make(None, file, system_rng)
        except Killed:
            made = None
    again = load_or_make(None, file, system_rng)
    assert made is None or made.fingerprint == again.fingerprint
    assert load_or_make(None, file, system_rng).fingerprint == again.fingerprint
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_where_none_can_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(MasterKeyProblem, match=r"secret\.key cannot be made: Operation not permitted"):
        load_or_make(None, tmp_path / "secret.key", system_rng)


def test_those_who_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    together = threading.Barrier(8)
    made: list[str] = []

    def start() -> None:
        together.wait()
        made.append(load_or_make(None, file, system_rng).fingerprint)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
