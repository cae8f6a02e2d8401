"""Private keys of API accounts as files: written once, for nobody but the person who asked."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pomona.cli.context import read_file
from pomona.cli.output import refuse

if TYPE_CHECKING:
    from pomona.keys.randomness import Rng


@contextlib.contextmanager
def new_key(file: Path | None, public_key: Path | None, form: str, rng: "Rng") -> Iterator[str]:
    """Gives the public key (PEM) for an account.

    It is read from the file `public_key`, or of a new pair whose private half is written to `file`. When what the block
    does with it fails, `file` is gone again. Ends the command with a sentence unless exactly one of the two is given.
    """
    from pomona.registry.api_keys import KEY_FORMS, generate

    if (file is None) == (public_key is None):
        refuse(
            "say where the new private key goes with --key, or give a public key of yours with --public-key"
        )
    if public_key is not None:
        yield read_file(public_key).decode("utf-8", "replace")
        return
    spelling = next((known for known in KEY_FORMS if known == form), None)
    if spelling is None:
        refuse(f"--form {form}: expected one of {', '.join(KEY_FORMS)}")
    assert file is not None
    pair = generate(spelling, rng)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        refuse(f"{file} exists already; choose another name, nobody's key is overwritten")
    except OSError as problem:
        refuse(f"{file}: {problem.strerror}")
    try:
        with os.fdopen(handle, "w") as out:
            out.write(pair.private)
        yield pair.public
    except BaseException:
        file.unlink(missing_ok=True)
        raise
