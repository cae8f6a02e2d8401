"""The simulated factory: its authority signs the identity that a simulated device is born with.

The server needs only the certificate. The key is a fixture of the laboratory: whoever runs simulated devices exports it
into a folder and hands that to their process.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pomona.formats.device_certificates import SERIAL_OCTETS, authority_certificate, term
from pomona.registry import authorities
from pomona.registry.authorities import FACTORY, INSTALLATION, StoredAuthority
from pomona.runtime import Runtime
from pomona.store import Tx

CERTIFICATE_FILE = "factory.pem"
KEY_FILE = "factory.key"

_LIFE = timedelta(days=7300)
_SUBJECT = (("O", "Pomona"), ("CN", "Pomona simulated device factory"))
_PURPOSE = "factory key"


def ensure(runtime: Runtime) -> tuple[bytes, bytes]:
    """The factory's certificate and private key (both DER, the key PKCS #8), made now if there is none yet."""
    stored = runtime.store.read_sync(_find)
    if stored is None:
        made = _make(runtime)
        now = runtime.clock.now()
        stored = runtime.store.write_sync(
            lambda tx: authorities.keep(tx, INSTALLATION, FACTORY, made, now=now)
        )
    return stored.certificate, runtime.keys.open(_PURPOSE, stored.sealed_key, stored.certificate)


def export(runtime: Runtime, folder: Path) -> None:
    """Writes the factory's two PEM files into `folder`, the key readable by its owner alone. Raises OSError."""
    certificate, encoded = ensure(runtime)
    key = serialization.load_der_private_key(encoded, None)
    pem = serialization.Encoding.PEM
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(folder / KEY_FILE, text, 0o600)
    _write(folder / CERTIFICATE_FILE, _pem(certificate), 0o644)


def _find(tx: Tx) -> StoredAuthority | None:
    return authorities.find(tx, INSTALLATION, FACTORY)


def _make(runtime: Runtime) -> StoredAuthority:
    key = ec.generate_private_key(ec.SECP256R1())
    when = term(datetime.fromtimestamp(runtime.clock.wall() / 1000, UTC), _LIFE)
    certificate = authority_certificate(key, _SUBJECT, when, runtime.rng(SERIAL_OCTETS))
    encoded = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return StoredAuthority(certificate, runtime.keys.seal(_PURPOSE, encoded, runtime.rng, certificate))


def _pem(certificate: bytes) -> bytes:
    from cryptography import x509

    return x509.load_der_x509_certificate(certificate).public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
