"""Making the certificates of device enrolment: authorities, and the identities that they sign.

Serial numbers, terms and keys are the caller's. Whoever talks SCEP needs an RSA authority, because requests are encrypted
to it; an authority that only signs may have an elliptic curve key.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from pomona.formats.certification_request import distinguished_name
from pomona.formats.signatures import SigningKey

SERIAL_OCTETS = 16
"""Random octets that a serial number is made of."""

_BACKDATED = timedelta(hours=1)  # a device's clock may be behind ours
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Term(NamedTuple):
    """When a certificate is valid; both aware."""

    start: datetime
    end: datetime


def term(now: datetime, life: timedelta) -> Term:
    """A term that began an hour before `now` (aware) and ends `life` after it."""
    return Term((now - _BACKDATED).replace(microsecond=0), (now + life).replace(microsecond=0))


def authority_certificate(
    key: SigningKey, subject: Sequence[tuple[str, str]], when: Term, serial: bytes
) -> bytes:
    """A self-signed authority (DER) that signs end certificates only; an RSA one also opens what is encrypted to it.

    `subject` lists (type, value) with types like CN and O; `serial` is 16 random octets. Raises ValueError for an unusable
    subject.
    """
    name = distinguished_name(subject)
    usages = ["key_cert_sign", "crl_sign", "digital_signature"]
    if isinstance(key, rsa.RSAPrivateKey):
        usages.append("key_encipherment")
    public_key = key.public_key()
    builder = (
        x509.CertificateBuilder(name, name, public_key, _number(serial), when.start, when.end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(usages), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def identity_certificate(
    authority: tuple[bytes, SigningKey],
    public_key: bytes,
    subject: Sequence[tuple[str, str]],
    when: Term,
    serial: bytes,
) -> bytes:
    """A device's identity (DER): it may sign, and be encrypted to where its key is RSA, and speaks for a TLS client.

    `authority` is its DER certificate and key; `public_key` a DER SubjectPublicKeyInfo, RSA or elliptic curve. Raises
    ValueError for a key that cannot be used or an unusable subject.
    """
    issuer = x509.load_der_x509_certificate(authority[0])
    key = serialization.load_der_public_key(public_key)
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ValueError("the public key is neither RSA nor of an elliptic curve")
    usages = ["digital_signature", *(["key_encipherment"] if isinstance(key, rsa.RSAPublicKey) else [])]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority[1].public_key())
    builder = (
        x509.CertificateBuilder(
            issuer.subject, distinguished_name(subject), key, _number(serial), when.start, when.end
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(usages), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(identifier, critical=False)
    )
    return builder.sign(authority[1], hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def subject_of(der: bytes) -> dict[str, str]:
    """The subject of a DER certificate, dotted types to texts, of each type the first. Raises ValueError."""
    found: dict[str, str] = {}
    for attribute in x509.load_der_x509_certificate(der).subject:
        found.setdefault(attribute.oid.dotted_string, str(attribute.value))
    return found


def _number(serial: bytes) -> int:
    return int.from_bytes(serial, "big") >> 1 or 1


def _usage(allowed: Sequence[str]) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in allowed for usage in _USAGES})
