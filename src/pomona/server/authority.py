"""Pomona's own certificate authority for its TLS listeners, made at first use in the data folder.

It signs nothing but the certificates of this installation's own listeners. People who want an unmodified client to
reach Pomona under one of Apple's names give that client `authority/ca.pem` to trust.
"""

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pomona.keys.randomness import Rng
from pomona.server.certificates import (
    authority_certificate,
    certificate_pem,
    key_pem,
    moment,
    new_key,
    server_certificate,
    term,
)
from pomona.server.problems import AuthorityProblem

AUTHORITY_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=397)  # Apple's clients accept no more from a public authority
RENEW_BEFORE = timedelta(days=30)
_DAY = 86_400_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Leaf:
    """A listener's certificate chain without the root, and its key, both PEM.

    `made_at` and `renew_at` are milliseconds since the epoch, UTC.
    """

    certificates: bytes
    key: bytes = field(repr=False)
    made_at: int
    renew_at: int

    def usable(self, now: int) -> bool:
        """Tell whether the leaf will do at `now`: not yet to be renewed, nor the clock set back by over a day."""
        return self.made_at - _DAY <= now < self.renew_at


class Authority:
    """The authority whose files are `ca.pem` (to give away) and `ca.key` (0600) in one folder."""

    def __init__(self, folder: Path, clock: Callable[[], int], rng: Rng) -> None:
        """Load the authority of `folder`, or make it there.

        `clock` gives wall-clock milliseconds since the epoch, for other programs judge what is signed here. A
        certificate too near its end to cover a new leaf is made anew over the same key; whoever trusts the old one
        goes on until that ends. Several processes may share the folder. Raises AuthorityProblem.
        """
        self.certificate_file = folder / "ca.pem"
        self._key_file = folder / "ca.key"
        self._clock = clock
        self._rng = rng
        self._leaves: dict[tuple[str, ...], Leaf] = {}
        self._lock = threading.Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._key = self._load_or_make_key()
            self._certificate = self._load_or_make_certificate()
        except OSError as problem:
            raise AuthorityProblem(
                f"cannot use the certificate authority in {folder}: {problem.strerror}; the folder must be "
                "readable and writable for the user that Pomona runs as"
            ) from problem

    @property
    def certificate(self) -> bytes:
        """The authority's certificate, PEM: what a client is told to trust."""
        return certificate_pem(self._certificate)

    def leaf(self, hosts: Iterable[str]) -> Leaf:
        """Give a server certificate that names all of `hosts`, DNS names and IP addresses, the first also as subject.

        The same one comes again until 30 days before its end. Raises ValueError for no hosts or a name that a
        certificate cannot hold.
        """
        names = tuple(dict.fromkeys(host.lower() for host in hosts))
        now = self._clock()
        with self._lock:
            leaf = self._leaves.get(names)
            if leaf is None or not leaf.usable(now):
                leaf = self._leaves[names] = self._make_leaf(names, now)
            return leaf

    def _make_leaf(self, names: tuple[str, ...], now: int) -> Leaf:
        key = new_key()
        when = term(now, LEAF_LIFE)
        certificate = server_certificate(self._key, key.public_key(), names, when, self._rng(16))
        renew_at = int((when.end - RENEW_BEFORE).timestamp()) * 1000
        return Leaf(certificate_pem(certificate), key_pem(key), now, renew_at)

    def _load_or_make_key(self) -> ec.EllipticCurvePrivateKey:
        if not self._key_file.exists():
            if self.certificate_file.exists():
                raise AuthorityProblem(
                    f"{self._key_file} is missing but {self.certificate_file} is there: put the key back, or remove "
                    "the certificate to have a new authority made, which every client must then be told to trust"
                )
            _write_first(self._key_file, key_pem(new_key()), 0o600)
        try:
            key = load_pem_private_key(self._key_file.read_bytes(), password=None)
        except (ValueError, TypeError):
            raise AuthorityProblem(
                f"{self._key_file} holds no usable private key (PEM, unencrypted)"
            ) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthorityProblem(
                f"{self._key_file} holds a key of another kind: expected an elliptic curve key"
            )
        return key

    def _load_or_make_certificate(self) -> x509.Certificate:
        if not self.certificate_file.exists():
            _write_first(self.certificate_file, self._self_signed(), 0o644)
        certificate = self._load_certificate()
        if certificate.not_valid_after_utc - moment(self._clock()) < LEAF_LIFE:
            _draft(self.certificate_file, self._self_signed(), 0o644).replace(self.certificate_file)
            certificate = self._load_certificate()
        return certificate

    def _load_certificate(self) -> x509.Certificate:
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        except ValueError:
            raise AuthorityProblem(f"{self.certificate_file} holds no certificate (PEM)") from None
        if certificate.public_key() != self._key.public_key():
            raise AuthorityProblem(
                f"{self.certificate_file} does not belong to the key in {self._key_file}: restore both from the "
                "same backup, or remove both to have a new authority made"
            )
        return certificate

    def _self_signed(self) -> bytes:
        when = term(self._clock(), AUTHORITY_LIFE)
        return certificate_pem(authority_certificate(self._key, when, self._rng(16)))


def _write_first(path: Path, content: bytes, mode: int) -> None:
    """Write a whole file unless it is there by now: of several processes that start at once, one's file stays."""
    draft = _draft(path, content, mode)
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def _draft(path: Path, content: bytes, mode: int) -> Path:
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fchmod(descriptor, mode)
        file.flush()
        os.fsync(descriptor)
    return Path(draft)
