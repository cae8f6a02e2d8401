"""The public-key certificate that an administrator uploads for a device management service.

It is a container for an RSA key: self-signed is fine, and so is one that lives a single day, as NanoDEP's does.
"""

from datetime import datetime
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pomona.formats import oids
from pomona.formats.certificates import Certificate, parse
from pomona.formats.der import OID, SEQUENCE, MalformedDer, Reader
from pomona.formats.pem import certificates_in, decode_base64

_SIZE = 2048
_UPLOAD = 64 * 1024

ProblemCode = Literal["NOT_A_CERTIFICATE", "NOT_RSA", "TOO_SMALL"]


class CertificateProblem(ValueError):
    """Why an uploaded file cannot be used: `code` for programs, the text for people."""

    def __init__(self, code: ProblemCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code: ProblemCode = code


def parse_certificate(data: bytes) -> bytes:
    """The DER of the first certificate in an uploaded file, checked to hold an RSA key of at least 2048 bits.

    Takes PEM with text around it and any line ends, DER, base64 of DER and base64 of PEM. An expired certificate is not
    refused (`warnings` tells). Raises CertificateProblem.
    """
    if len(data) > _UPLOAD:
        raise CertificateProblem(
            "NOT_A_CERTIFICATE", f"The file is larger than {_UPLOAD // 1024} KB; no certificate is."
        )
    certificate = _found(data)
    if certificate is None:
        raise _no_certificate(data)
    _check_key(certificate)
    return certificate.der


def _found(data: bytes) -> Certificate | None:
    decoded = decode_base64(data) or b""
    for candidate in (data, decoded, *certificates_in(data), *certificates_in(decoded)):
        try:
            return parse(candidate)
        except MalformedDer:
            continue
    return None


def _no_certificate(data: bytes) -> CertificateProblem:
    if b"PRIVATE KEY-----" in data:
        sentence = "This is a private key. Keep it, and upload the certificate that belongs to it."
    elif b"CERTIFICATE REQUEST-----" in data:
        sentence = "This is a certificate request. Upload the certificate, self-signed is enough."
    elif b"PUBLIC KEY-----" in data:
        sentence = (
            "This is a bare public key. Upload an X.509 certificate that holds it, self-signed is enough."
        )
    else:
        sentence = (
            "The file holds no X.509 certificate. Upload the one your service made, as .pem, .cer or .der."
        )
    return CertificateProblem("NOT_A_CERTIFICATE", sentence)


def _check_key(certificate: Certificate) -> None:
    try:
        algorithm = Reader(certificate.public_key).enter(SEQUENCE).enter(SEQUENCE).whole(OID)
    except MalformedDer:
        raise _no_certificate(b"") from None
    if algorithm != oids.RSA_ENCRYPTION:
        raise CertificateProblem(
            "NOT_RSA", "The certificate's key is not RSA. The token can only be encrypted to an RSA key."
        )
    try:
        key = serialization.load_der_public_key(certificate.public_key)
        bits = key.key_size if isinstance(key, rsa.RSAPublicKey) else 0
    except (ValueError, UnsupportedAlgorithm):
        bits = 0
    if bits < _SIZE:
        size = f"has {bits} bits" if bits else "is unusable"
        raise CertificateProblem("TOO_SMALL", f"The certificate's RSA key {size}. Use {_SIZE} bits or more.")


def warnings(certificate_der: bytes, *, at: datetime) -> list[str]:
    """Sentences for the administrator about a certificate that is accepted nevertheless; `at` (aware) is the present."""
    try:
        certificate = parse(certificate_der)
        if not certificate.valid_at(at):
            until = certificate.not_after()
            when = f"expired on {until:%Y-%m-%d}" if until < at else "is not valid yet"
            return [f"The certificate {when}. The token is encrypted to its key all the same."]
    except MalformedDer:
        return [
            "The certificate's validity period is unreadable. The token is encrypted to its key all the same."
        ]
    return []
