"""What a simulated device has from its making: an identity signed by the simulated factory.

The factory is two files, `factory.pem` and `factory.key`, that the laboratory hands to whoever runs simulated devices.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pomona.formats import cms
from pomona.formats.device_certificates import SERIAL_OCTETS, identity_certificate, term
from pomona.simulator.randomness import Rng

CERTIFICATE_FILE = "factory.pem"
KEY_FILE = "factory.key"
_LIFE = timedelta(days=7300)


class FactoryProblem(ValueError):
    """The factory's files are missing or cannot be used; the message says which."""


@dataclass(frozen=True, slots=True)
class FactoryIdentity:
    """A device's certificate (DER) with the factory's above it, and its key."""

    certificate: bytes
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    authority: bytes = field(repr=False)

    def sign(self, content: bytes, at: datetime) -> bytes:
        """A CMS message that carries `content`, the certificate and the one above it. `at` is aware."""
        return cms.sign(content, self.certificate, self.key, chain=[self.authority], at=at)


class Factory:
    """Makes identities."""

    def __init__(self, certificate: bytes, key: ec.EllipticCurvePrivateKey, rng: Rng) -> None:
        """`certificate` is DER."""
        self._certificate = certificate
        self._key = key
        self._rng = rng

    @classmethod
    def load(cls, folder: Path, rng: Rng) -> "Factory":
        """The factory whose files are in `folder`. Raises `FactoryProblem`."""
        try:
            certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes())
            key = serialization.load_pem_private_key((folder / KEY_FILE).read_bytes(), None)
        except OSError as problem:
            raise FactoryProblem(f"{problem.filename}: {problem.strerror}") from None
        except (ValueError, TypeError):
            raise FactoryProblem(
                f"{folder}: {CERTIFICATE_FILE} and {KEY_FILE} are no certificate and key"
            ) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise FactoryProblem(f"{folder / KEY_FILE} is not the key of {CERTIFICATE_FILE}")
        return cls(certificate.public_bytes(serialization.Encoding.DER), key, rng)

    def identity(self, serial: str, udid: str) -> FactoryIdentity:
        """The identity of the device with this serial: elliptic curve keys, as newer hardware has."""
        key = ec.generate_private_key(ec.SECP256R1())
        public_key = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        subject = (("O", "Pomona"), ("OU", "Simulated device"), ("CN", udid), ("2.5.4.5", serial))
        certificate = identity_certificate(
            (self._certificate, self._key), public_key, subject, term(datetime.now(UTC), _LIFE),
            self._rng(SERIAL_OCTETS),
        )  # fmt: skip
        return FactoryIdentity(certificate, key, self._certificate)
