"""Client certificates of suppliers: Pomona's own authority that issues them, and what is asked of one that is brought along.

The authority belongs to the installation and is made when the first certificate is issued or asked for; its key is sealed
at rest. It signs nothing else, and a certificate of it that is not registered is good for nobody.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from pomona.formats import certification_request, pem, times
from pomona.formats.device_certificates import (
    SERIAL_OCTETS,
    authority_certificate,
    identity_certificate,
    term,
)
from pomona.registry import authorities, supplier_credentials
from pomona.registry.actors import Actor
from pomona.registry.authorities import StoredAuthority
from pomona.registry.errors import Invalid
from pomona.registry.supplier_credentials import Bounds, Credential
from pomona.runtime import Runtime

AUTHORITY_LIFE = timedelta(days=3650)
LONGEST_LIFE = 1825
"""Days that a certificate may live."""

KeyKind = Literal["rsa", "ec"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_PURPOSE = "suppliers' authority key"
_LEAST_RSA, _LEAST_EC = 2048, 224


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as it is handed over, PEM and DER. `key` is None for one that was issued for a request."""

    credential: Credential
    certificate: bytes
    authority: bytes
    key: PrivateKey | None = field(repr=False)

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return ssl_pem(self.certificate)

    @property
    def key_pem(self) -> bytes:
        """The private key as PEM (PKCS #8), which nobody can ask for again. Empty when it is the supplier's own."""
        if self.key is None:
            return b""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def pkcs12(self, pass_phrase: str) -> bytes:
        """Certificate, key and authority as PKCS #12, closed with a pass phrase (AES-256)."""
        assert self.key is not None
        return pkcs12.serialize_key_and_certificates(
            self.credential.name.encode() or b"Pomona",
            self.key,
            x509.load_der_x509_certificate(self.certificate),
            [x509.load_der_x509_certificate(self.authority)],
            serialization.BestAvailableEncryption(pass_phrase.encode()),
        )


def issue(
    runtime: Runtime,
    bounds: Bounds,
    *,
    name: str,
    days: int = 397,
    key: KeyKind = "rsa",
    request: bytes | None = None,
    actor: Actor,
) -> Issued:
    """Makes a client certificate for `bounds` and registers it. A key pair is made too, unless a PKCS #10 `request` (DER or
    PEM) holds the public key of one.

    The private key is in what is given and nowhere else. Raises `Invalid` for a lifetime or request that cannot be.
    """
    if not 1 <= days <= LONGEST_LIFE:
        raise Invalid(f"{days} days: a certificate lives 1 to {LONGEST_LIFE} days.", field="days")
    pair: PrivateKey | None = None
    if request is None:
        pair = (
            rsa.generate_private_key(65537, 2048) if key == "rsa" else ec.generate_private_key(ec.SECP256R1())
        )
        public = pair.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    else:
        public = _requested(request)
    authority, authority_key = _opened(runtime, authority_of(runtime))
    when = term(datetime.fromtimestamp(runtime.clock.wall() / 1000, UTC), timedelta(days=days))
    try:
        certificate = identity_certificate(
            (authority, authority_key), public, _subject(bounds, name), when, runtime.rng(SERIAL_OCTETS)
        )
    except ValueError as problem:
        raise Invalid(f"The certificate cannot be made: {problem}.", field="request") from None
    credential = _registered(runtime, bounds, certificate, name, own=False, actor=actor)
    return Issued(credential, certificate, authority, pair)


def register(runtime: Runtime, bounds: Bounds, data: bytes, *, name: str, actor: Actor) -> Credential:
    """Registers a certificate that the supplier has already (PEM or DER), for `bounds`.

    It is good for itself alone, whoever signed it. Raises `Invalid` for one that no TLS handshake would take, and
    `Duplicate` for one that is registered.
    """
    der = next(iter(pem.certificates_in(data)), data)
    _check(der, runtime.clock.now())
    return _registered(runtime, bounds, der, name, own=True, actor=actor)


def authority_of(runtime: Runtime) -> StoredAuthority:
    """The suppliers' authority, made now if there is none yet."""
    found = runtime.store.read_sync(
        lambda tx: authorities.find(tx, authorities.INSTALLATION, authorities.SUPPLIERS)
    )
    if found is not None:
        return found
    key = ec.generate_private_key(ec.SECP256R1())
    when = term(datetime.fromtimestamp(runtime.clock.wall() / 1000, UTC), AUTHORITY_LIFE)
    mark = runtime.rng(4).hex()
    subject = (("O", "Pomona"), ("CN", f"Pomona suppliers' authority {mark}"))
    certificate = authority_certificate(key, subject, when, runtime.rng(SERIAL_OCTETS))
    encoded = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    made = StoredAuthority(certificate, runtime.keys.seal(_PURPOSE, encoded, runtime.rng, certificate))
    now = runtime.clock.now()
    return runtime.store.write_sync(
        lambda tx: authorities.keep(tx, authorities.INSTALLATION, authorities.SUPPLIERS, made, now=now)
    )


def ssl_pem(der: bytes) -> bytes:
    """A certificate as PEM."""
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def _opened(runtime: Runtime, stored: StoredAuthority) -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    encoded = runtime.keys.open(_PURPOSE, stored.sealed_key, stored.certificate)
    key = serialization.load_der_private_key(encoded, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return stored.certificate, key


def _subject(bounds: Bounds, name: str) -> Sequence[tuple[str, str]]:
    """For whoever reads the certificate: what it is good for stands in the database alone."""
    units = [bounds.sold_to.zfill(10)] if bounds.sold_to else [each.number for each in bounds.suppliers]
    return (
        ("O", "Pomona supplier"),
        *(("OU", unit[:64]) for unit in units[:8]),
        ("CN", name[:64] or units[0]),
    )


def _requested(request: bytes) -> bytes:
    der = request
    if request.lstrip().startswith(b"-----"):
        try:
            der = x509.load_pem_x509_csr(request).public_bytes(serialization.Encoding.DER)
        except ValueError:
            raise Invalid("The file holds no certificate request (PKCS #10).", field="request") from None
    try:
        public = certification_request.parse(der).public_key
        _check_key(serialization.load_der_public_key(public))
    except (certification_request.MalformedCertificationRequest, ValueError) as problem:
        raise Invalid(f"The certificate request cannot be used: {problem}.", field="request") from None
    return public


def _check(der: bytes, now: int) -> None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    except ValueError:
        raise Invalid(
            "This is no X.509 certificate. Expected is one as PEM or DER, without its key.",
            field="certificate",
        ) from None
    try:
        _check_key(key)
    except ValueError as problem:
        raise Invalid(f"The certificate cannot be used: {problem}.", field="certificate") from None
    if usage is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise Invalid(
            "The certificate is not for TLS clients: its extended key usage does not say client authentication. Take"
            " another one.",
            field="certificate",
        )
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not start.timestamp() * 1000 <= now < end.timestamp() * 1000:
        raise Invalid(
            f"The certificate is valid from {_day(start)} to {_day(end)}, which is not now. Take another one.",
            field="certificate",
        )


def _check_key(key: object) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _LEAST_RSA:
            raise ValueError(f"its RSA key has {key.key_size} bits, expected {_LEAST_RSA} or more")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.key_size < _LEAST_EC:
        raise ValueError("its key is neither RSA nor of an elliptic curve that TLS knows")


def _registered(
    runtime: Runtime, bounds: Bounds, der: bytes, name: str, *, own: bool, actor: Actor
) -> Credential:
    hash = hashlib.sha256(der).digest()
    end = x509.load_der_x509_certificate(der).not_valid_after_utc
    runtime.store.write_sync(
        lambda tx: supplier_credentials.add(
            tx, bounds, "CERTIFICATE", hash, name=name, certificate=der, own=own,
            expires_at=int(end.timestamp() * 1000), actor=actor, now=runtime.clock.now(),
        )
    )  # fmt: skip
    return runtime.store.read_sync(lambda tx: supplier_credentials.find(tx, hash.hex()))


def _day(moment: datetime) -> str:
    return times.iso_seconds(int(moment.timestamp() * 1000))[:10]
