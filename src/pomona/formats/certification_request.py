"""Certificate requests (PKCS #10, RFC 2986), read so leniently that every enrolling client's request passes.

Clients written in Go send the attributes in an order that DER forbids, and strict parsers refuse them for it. Only the order is
forgiven: the signature is checked over the very bytes that were signed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from pomona.formats import oids
from pomona.formats.der import (
    BIT_STRING,
    CONTEXT_0,
    INTEGER,
    OID,
    SEQUENCE,
    SET,
    MalformedDer,
    Reader,
    dotted,
    text,
)
from pomona.formats.signatures import BadSignature, SigningKey, verify

_TYPES = {
    "CN": "2.5.4.3",
    "SN": "2.5.4.4",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
}


class MalformedCertificationRequest(ValueError):
    """The bytes are no certificate request, or one whose own signature does not fit its key."""


@dataclass(frozen=True, slots=True)
class CertificationRequest:
    """One verified request: `subject` as (dotted type, text) pairs, `subject_der` and `public_key` (SPKI) as they were sent."""

    der: bytes = field(repr=False)
    subject: tuple[tuple[str, str], ...]
    subject_der: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    challenge_password: str | None = field(repr=False)

    def name(self) -> x509.Name:
        """The subject as the library's type, for a certificate builder.

        Raises MalformedCertificationRequest for a value that its type does not allow, such as a country of three letters.
        """
        try:
            return distinguished_name(self.subject)
        except ValueError as error:
            raise MalformedCertificationRequest(f"the request's subject cannot be issued: {error}") from None


def parse(der: bytes) -> CertificationRequest:
    """Read a DER certificate request and check that its owner has the private key.

    Raises MalformedCertificationRequest.
    """
    try:
        return _parse(der)
    except (MalformedDer, BadSignature) as error:
        raise MalformedCertificationRequest(f"not a usable certificate request: {error}") from None


def _parse(der: bytes) -> CertificationRequest:
    request = Reader(der).enter(SEQUENCE)
    info = request.whole(SEQUENCE)
    algorithm = request.enter(SEQUENCE).whole(OID)
    signature = request.take(BIT_STRING)[1:]
    fields = Reader(info).enter(SEQUENCE)
    fields.skip(INTEGER)
    subject = fields.whole(SEQUENCE)
    public_key = fields.whole(SEQUENCE)
    challenge = _challenge(fields.enter(CONTEXT_0)) if fields.peek() == CONTEXT_0 else None
    verify(public_key, algorithm, signature, info)
    return CertificationRequest(der, tuple(_pairs(subject)), subject, public_key, challenge)


def _pairs(subject: bytes) -> Iterable[tuple[str, str]]:
    names = Reader(subject).enter(SEQUENCE)
    while names.peek() != -1:
        relative = names.enter(SET)
        while relative.peek() != -1:
            pair = relative.enter(SEQUENCE)
            yield dotted(pair.whole(OID)), text(pair.whole())


def _challenge(attributes: Reader) -> str | None:
    while attributes.peek() != -1:
        attribute = attributes.enter(SEQUENCE)
        if attribute.whole(OID) == oids.CHALLENGE_PASSWORD:
            return text(attribute.enter(SET).whole())
    return None


def build(subject: Iterable[tuple[str, str]], key: SigningKey, challenge: str | None = None) -> bytes:
    """A DER certificate request of `key` for `subject`, (type, value) pairs with types like CN or dotted.

    Raises ValueError for an unknown type or a value that the type does not allow.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(distinguished_name(subject))
    if challenge is not None:
        builder = builder.add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, challenge.encode())
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def distinguished_name(subject: Iterable[tuple[str, str]]) -> x509.Name:
    """The library's name for (type, value) pairs with types like CN or dotted. Raises ValueError."""
    pairs = [(x509.ObjectIdentifier(_TYPES.get(kind, kind)), value) for kind, value in subject]
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in pairs])
