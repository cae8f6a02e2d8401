"""An organisation's own authority: it signs the identities of its devices, talks SCEP to them, and signs profiles.

Made when it is first needed; its key is sealed at rest. RSA, because SCEP requests are encrypted to it.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pomona.formats.device_certificates import (
    SERIAL_OCTETS,
    Term,
    authority_certificate,
    identity_certificate,
    term,
)
from pomona.registry import authorities
from pomona.registry.authorities import StoredAuthority
from pomona.registry.device_certificates import Issued
from pomona.registry.organizations import Organization
from pomona.runtime import Runtime

KEY_BITS = 2048
AUTHORITY_LIFE = timedelta(days=3650)
IDENTITY_LIFE = timedelta(days=365)
_PURPOSE = "device authority key"
_KEPT = 64


@dataclass(frozen=True, slots=True)
class Issuer:
    """`certificate` is DER."""

    certificate: bytes
    key: rsa.RSAPrivateKey = field(repr=False)


class Issuers:
    """The organisations' authorities, each opened once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._open: dict[bytes, Issuer] = {}

    async def of(self, organization: Organization) -> Issuer:
        """The organisation's authority, made now if it has none yet."""
        id = organization.id
        stored = await self._runtime.store.read(lambda tx: authorities.find(tx, id, authorities.DEVICES))
        if stored is None:
            stored = await self._make(organization)
        # Judged by what is stored: after a restore or a reset another authority counts.
        mark = hashlib.sha256(stored.certificate + stored.sealed_key).digest()
        issuer = self._open.get(mark)
        if issuer is None:
            if len(self._open) >= _KEPT:
                self._open.clear()
            issuer = self._open[mark] = self._opened(stored)
        return issuer

    async def _make(self, organization: Organization) -> StoredAuthority:
        runtime = self._runtime
        # A key takes some 80 ms to find: not within a transaction, and not on the thread that serves everybody.
        key = await asyncio.to_thread(rsa.generate_private_key, 65537, KEY_BITS)
        subject = (("O", organization.name[:64]), ("CN", "Pomona device authority"))
        when = term(_moment(runtime.clock.wall()), AUTHORITY_LIFE)
        certificate = authority_certificate(key, subject, when, runtime.rng(SERIAL_OCTETS))
        encoded = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        made = StoredAuthority(certificate, runtime.keys.seal(_PURPOSE, encoded, runtime.rng, certificate))
        now = runtime.clock.now()
        return await runtime.store.write(
            lambda tx: authorities.keep(tx, organization.id, authorities.DEVICES, made, now=now)
        )

    def _opened(self, stored: StoredAuthority) -> Issuer:
        encoded = self._runtime.keys.open(_PURPOSE, stored.sealed_key, stored.certificate)
        key = serialization.load_der_private_key(encoded, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return Issuer(stored.certificate, key)


def issue(runtime: Runtime, issuer: Issuer, organization: Organization, public_key: bytes) -> Issued:
    """Signs an identity for a DER public key. Its subject is ours: what a device asks to be called proves nothing.

    Raises ValueError for a key that cannot be used.
    """
    when: Term = term(_moment(runtime.clock.wall()), IDENTITY_LIFE)
    subject = (("O", organization.name[:64]), ("CN", f"Managed device {runtime.rng(8).hex()}"))
    certificate = identity_certificate(
        (issuer.certificate, issuer.key), public_key, subject, when, runtime.rng(SERIAL_OCTETS)
    )
    return Issued(certificate, public_key, _millis(when.start), _millis(when.end))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
