"""Where the master key comes from: the environment, or a file beside the data that is made at first start."""

import os
from pathlib import Path

from pomona.keys.keyring import KeyRing, decode, encode
from pomona.keys.randomness import Rng


class MasterKeyProblem(ValueError):
    """The master key is missing, unreadable or too short; the message says which and what to do."""


def load_or_make(text: str | None, file: Path, rng: Rng) -> KeyRing:
    """The installation's keys.

    `text` (the setting `secret_key`) wins; else `file` is read; else it is made with mode 0600. Every node of one
    installation needs the same key. Raises `MasterKeyProblem`.
    """
    if text:
        return _ring(text, "the setting secret_key")
    try:
        return _ring(file.read_text().strip(), str(file))
    except FileNotFoundError:
        pass
    except OSError as problem:
        raise MasterKeyProblem(f"{file} cannot be read: {problem.strerror}") from None
    return _make(file, rng)


def _ring(text: str, source: str) -> KeyRing:
    try:
        return KeyRing(decode(text))
    except ValueError:
        raise MasterKeyProblem(
            f"{source} holds no master key; expected 43 or more characters of URL-safe base64 (32 bytes)"
        ) from None


def _make(file: Path, rng: Rng) -> KeyRing:
    file.parent.mkdir(parents=True, exist_ok=True)
    master = rng(32)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _ring(file.read_text().strip(), str(file))
    with os.fdopen(handle, "w") as out:
        out.write(encode(master) + "\n")
    return KeyRing(master)
