"""Where the master key comes from: the environment, or a file beside the data that is made at first start."""

import contextlib
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
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write_first(file, encode(rng(32)).encode() + b"\n")
        return _ring(file.read_text().strip(), str(file))
    except OSError as problem:
        raise MasterKeyProblem(f"{file} cannot be made: {problem.strerror}") from None


def _write_first(file: Path, content: bytes) -> None:
    """Puts a whole file there unless one is there by now: of several that start at once, one's stays.

    Nobody ever sees a part of it, whenever this process may be killed.
    """
    import tempfile  # imported late: a key is made once

    descriptor, draft = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    with contextlib.suppress(FileExistsError):
        file.hardlink_to(draft)
    Path(draft).unlink()
