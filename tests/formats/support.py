"""Keys, certificates and the openssl program: the independent implementation that the codecs are held against."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Identity:
    """A private key and its certificate, in DER and as PEM text."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def rsa(self) -> rsa.RSAPrivateKey:
        assert isinstance(self.key, rsa.RSAPrivateKey)
        return self.key

    def files(self, folder: Path) -> tuple[Path, Path]:
        """Write certificate and key into `folder`; return their paths."""
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        certificate.write_bytes(self.pem)
        key.write_bytes(self.key_pem)
        return certificate, key


@cache
def key(kind: str) -> Key:
    """A key made once per test run; `kind` is ec256, ec384, or rsa and a size, with anything after a dash to tell keys apart."""
    kind = kind.partition("-")[0]
    if kind.startswith("ec"):
        return ec.generate_private_key({"ec256": ec.SECP256R1(), "ec384": ec.SECP384R1()}[kind])
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


def rsa_key(kind: str) -> rsa.RSAPrivateKey:
    """As `key`, for the kinds that are RSA."""
    own = key(kind)
    assert isinstance(own, rsa.RSAPrivateKey)
    return own


def name(common_name: str) -> x509.Name:
    """A subject with an organisation that is not ASCII and the common name."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Äpfel & Söhne, „Nord“"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


@cache
def identity(
    kind: str,
    common_name: str = "device",
    issuer: Identity | None = None,
    *,
    ca: bool | None = None,
    path_length: int | None = None,
    until: datetime = NOW + timedelta(days=365),
    cert_sign: bool | None = None,
    key_id: bool = False,
) -> Identity:
    """An identity, self-signed without `issuer`; `ca` None leaves basicConstraints out, `cert_sign` None key usage."""
    own = key(kind)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(issuer.certificate.subject if issuer else name(common_name))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2010, 1, 1))  # noqa: DTZ001 - the builder takes naive UTC
        .not_valid_after(until)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    if cert_sign is not None:
        builder = builder.add_extension(_usage(cert_sign), critical=True)
    if key_id:
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False
        )
    return Identity(own, builder.sign(issuer.key if issuer else own, hashes.SHA256()))


def _usage(cert_sign: bool) -> x509.KeyUsage:
    off = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, key_cert_sign=cert_sign, **off)


def openssl(*arguments: str | Path, stdin: bytes = b"", fails: bool = False) -> bytes:
    """Run the openssl program and return what it printed; it must succeed, or fail if `fails`."""
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, timeout=60, check=False)
    assert (done.returncode != 0) == fails, done.stderr.decode()
    return done.stdout
