"""Making X.509 certificates (RFC 5280) that the strictest common verifiers accept: OpenSSL's and Python's strict modes.

Those want the key identifiers of subject and issuer in every certificate, constraints and usages marked critical, and
names in the alternative names only.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_BACKDATED = timedelta(days=2)  # a client's clock may be behind ours
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
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


@dataclass(frozen=True, slots=True)
class Term:
    """When a certificate is valid (aware, UTC)."""

    start: datetime
    end: datetime


def term(now: int, life: timedelta) -> Term:
    """Give a term of `life` in all that began two days before `now` (milliseconds since the epoch)."""
    start = moment(now) - _BACKDATED
    return Term(start, start + life)


def moment(milliseconds: int) -> datetime:
    """Give the whole second of a time in milliseconds since the epoch, UTC."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make an ECDSA P-256 key, which takes a fraction of a millisecond."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Give a private key as PEM (PKCS #8, unencrypted)."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Give a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def authority_certificate(key: ec.EllipticCurvePrivateKey, when: Term, serial: bytes) -> x509.Certificate:
    """Make a self-signed authority certificate that may sign end certificates only.

    It is named after its key, so that two installations' authorities never pass for one another.
    """
    name = _authority_name(key)
    builder = (
        _builder(key, key.public_key(), when, serial)
        .subject_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return builder.sign(key, hashes.SHA256())


def server_certificate(
    authority: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePublicKey,
    hosts: tuple[str, ...],
    when: Term,
    serial: bytes,
) -> x509.Certificate:
    """Make a TLS server's certificate for `hosts`, DNS names (in Unicode or not) and IP addresses.

    Raises ValueError for no hosts or a name that a certificate cannot hold.
    """
    if not hosts:
        raise ValueError("a certificate needs at least one host name or address")
    names = [_general_name(host) for host in hosts]
    builder = (
        _builder(authority, key, when, serial)
        .subject_name(_name(str(names[0].value)))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    return builder.sign(authority, hashes.SHA256())


def _builder(
    authority: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePublicKey, when: Term, serial: bytes
) -> x509.CertificateBuilder:
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    return (
        x509.CertificateBuilder()
        .issuer_name(_authority_name(authority))
        .public_key(key)
        .serial_number(int.from_bytes(serial, "big") >> 1 or 1)
        .not_valid_before(when.start)
        .not_valid_after(when.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(identifier, critical=False)
    )


def _authority_name(key: ec.EllipticCurvePrivateKey) -> x509.Name:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest
    return _name(f"Pomona certificate authority {identifier[:4].hex()}")


def _name(common_name: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Pomona")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in allowed for usage in _USAGES})


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not _HOST_NAME.fullmatch(name):
        raise ValueError(f"{host!r} is not a host name or an IP address")
    return x509.DNSName(name)
