"""A simulated service's own authority: it issues the identities of its devices by SCEP, one for each challenge."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa

from pomona.formats import scep
from pomona.formats.device_certificates import (
    SERIAL_OCTETS,
    authority_certificate,
    identity_certificate,
    term,
)
from pomona.formats.scep import FailInfo, RefusedRequest, ScepRequest
from pomona.simulator.randomness import Rng

_LIFE = timedelta(days=365)


@dataclass(slots=True)
class MdmAuthority:
    """In memory: it lives as long as the service's process. `issued` is the serial of each certificate's SHA-256."""

    certificate: bytes
    key: rsa.RSAPrivateKey = field(repr=False)
    rng: Rng
    challenges: dict[str, str] = field(default_factory=dict, repr=False)
    issued: dict[bytes, str] = field(default_factory=dict, repr=False)

    @classmethod
    def make(cls, name: str, rng: Rng) -> "MdmAuthority":
        """A new authority of the service `name`; finding its key takes a tenth of a second."""
        key = rsa.generate_private_key(65537, 2048)
        subject = (("O", name[:64]), ("CN", "Device authority"))
        when = term(datetime.now(UTC), timedelta(days=3650))
        return cls(authority_certificate(key, subject, when, rng(SERIAL_OCTETS)), key, rng)

    def challenge(self, serial: str) -> str:
        """A challenge good for one certificate of the device with this serial."""
        text = self.rng(24).hex()
        self.challenges[text] = serial
        return text

    def operate(self, message: bytes) -> bytes:
        """Answers a PKIOperation. Raises `MalformedScep` when there is nobody to answer."""
        try:
            asked = scep.read_request(message, self.certificate, self.key)
            return scep.success(asked, self._issue(asked), self.certificate, self.key)
        except RefusedRequest as refused:
            return scep.failure(refused.head, refused.fail_info, self.certificate, self.key)

    def _issue(self, asked: ScepRequest) -> bytes:
        serial = self.challenges.pop(asked.csr.challenge_password or "", None)
        if serial is None:
            raise RefusedRequest(asked, FailInfo.BAD_REQUEST, "the challenge is unknown or was used")
        when = term(datetime.now(UTC), _LIFE)
        subject = (("CN", serial),)
        try:
            certificate = identity_certificate(
                (self.certificate, self.key), asked.csr.public_key, subject, when, self.rng(SERIAL_OCTETS)
            )
        except ValueError as problem:
            raise RefusedRequest(asked, FailInfo.BAD_ALG, str(problem)) from None
        self.issued[hashlib.sha256(certificate).digest()] = serial
        return certificate
