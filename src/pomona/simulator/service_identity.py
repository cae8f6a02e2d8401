"""What a simulated management service keeps in its folder: its RSA key and certificate, and the token it was given."""

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from pomona.formats import server_token
from pomona.formats.server_token import ServerToken

CERTIFICATE, KEY, TOKEN = "certificate.pem", "key.pem", "token.p7m"
_LIFE = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ServiceIdentity:
    """A key, and the DER certificate that is uploaded so that a token can be encrypted to it."""

    key: rsa.RSAPrivateKey
    certificate: bytes

    def __repr__(self) -> str:
        return "<ServiceIdentity>"

    def open(self, token: bytes) -> ServerToken:
        """Decrypts a `.p7m` file. Raises `MalformedServerToken` for one that is damaged or somebody else's."""
        return server_token.read(token, self.certificate, self.key)


def load_or_make(folder: Path, name: str) -> ServiceIdentity:
    """The identity in `folder`, made there when there is none; the key is for its owner only. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
    except FileNotFoundError:
        return _make(folder, name)
    assert isinstance(key, rsa.RSAPrivateKey)
    return ServiceIdentity(key, certificate.public_bytes(serialization.Encoding.DER))


def _make(folder: Path, name: str) -> ServiceIdentity:
    key = rsa.generate_private_key(65537, 2048)
    certificate = _self_signed(key, name)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(pem)
    (folder / CERTIFICATE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return ServiceIdentity(key, certificate.public_bytes(serialization.Encoding.DER))


def _self_signed(key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + _LIFE)
        .sign(key, hashes.SHA256())
    )
