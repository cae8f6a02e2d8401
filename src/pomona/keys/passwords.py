"""Passwords of people, kept as argon2id."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Tsq8yTNpmUIvm4Tq0rQKJwJ6rEmMkrC1L7OHnAyNgKs"


def hash_password(password: str) -> str:
    """The argon2id hash to keep (19 MiB, 2 passes: the OWASP minimum)."""
    return _HASHER.hash(password)


def check_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one that was hashed.

    With `stored` None (no such person) it takes as long as with a wrong password, so that time does not tell
    which accounts exist.
    """
    try:
        _HASHER.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
