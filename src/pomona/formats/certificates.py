"""X.509 certificates (RFC 5280) read leniently: the fields that CMS, SCEP and chains need, every byte as it was written.

Issuer and serial number are copied verbatim into CMS messages and compared verbatim, so nothing is decoded and encoded
again on the way, and a certificate that a strict parser refuses for an unrelated field still works as a key container.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pomona.formats import oids
from pomona.formats.der import (
    BIT_STRING,
    BOOLEAN,
    CONTEXT_0,
    CONTEXT_3,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    MalformedDer,
    Reader,
    time,
)

_KEY_CERT_SIGN = 0x04


@dataclass(frozen=True, slots=True)
class Certificate:
    """The parts of one certificate; `signed`, `issuer`, `serial`, `subject`, `public_key` are complete DER elements."""

    der: bytes
    signed: bytes
    issuer: bytes
    serial: bytes
    subject: bytes
    public_key: bytes
    validity: bytes
    extensions: bytes
    algorithm: bytes
    signature: bytes

    def valid_at(self, moment: datetime) -> bool:
        """Whether `moment` (aware) lies in the validity period. Raises MalformedDer for unreadable times."""
        period = Reader(self.validity).enter(SEQUENCE)
        return time(period.whole()) <= moment <= time(period.whole())

    def not_after(self) -> datetime:
        """The end of the validity period, in UTC. Raises MalformedDer for unreadable times."""
        period = Reader(self.validity).enter(SEQUENCE)
        period.skip()
        return time(period.whole())

    def extension(self, identifier: bytes) -> bytes | None:
        """The value of the extension with this object identifier element, or None. Raises MalformedDer."""
        return next((value for oid, value in self._extensions() if oid == identifier), None)

    def _extensions(self) -> Iterator[tuple[bytes, bytes]]:
        if not self.extensions:
            return
        listed = Reader(self.extensions).enter(SEQUENCE)
        while listed.peek() != -1:
            extension = listed.enter(SEQUENCE)
            oid = extension.whole(OID)
            if extension.peek() == BOOLEAN:
                extension.skip()
            yield oid, extension.take(OCTET_STRING)

    def path_length(self) -> int | None:
        """How many authorities may follow below this one, or None if it may not sign certificates. Raises MalformedDer."""
        constraints = self.extension(oids.BASIC_CONSTRAINTS)
        if constraints is None:
            return None
        basic = Reader(constraints).enter(SEQUENCE)
        if basic.peek() != BOOLEAN or basic.take() == b"\0":
            return None
        usage = self.extension(oids.KEY_USAGE)
        if (
            usage is not None
            and not int.from_bytes(Reader(usage).take(BIT_STRING)[1:2], "big") & _KEY_CERT_SIGN
        ):
            return None
        return int.from_bytes(basic.take(INTEGER), "big") if basic.peek() == INTEGER else 255


def parse(der: bytes) -> Certificate:
    """Read one DER certificate; what follows it is ignored. Raises MalformedDer when it is none."""
    outer = Reader(der)
    der = outer.whole(SEQUENCE)
    certificate = Reader(der).enter(SEQUENCE)
    signed = certificate.whole(SEQUENCE)
    algorithm = certificate.enter(SEQUENCE).whole(OID)
    signature = certificate.take(BIT_STRING)[1:]
    fields = Reader(signed).enter(SEQUENCE)
    if fields.peek() == CONTEXT_0:
        fields.skip()
    serial = fields.whole(INTEGER)
    fields.skip(SEQUENCE)
    issuer = fields.whole(SEQUENCE)
    validity = fields.whole(SEQUENCE)
    subject = fields.whole(SEQUENCE)
    public_key = fields.whole(SEQUENCE)
    while fields.peek() not in (CONTEXT_3, -1):
        fields.skip()
    extensions = fields.take(CONTEXT_3) if fields.peek() == CONTEXT_3 else b""
    return Certificate(
        der, signed, issuer, serial, subject, public_key, validity, extensions, algorithm, signature
    )


def identified(candidates: Iterable[bytes], identifier: Reader) -> Certificate | None:
    """The first of the DER `candidates` that a CMS signer or recipient identifier names, unreadable ones passed over.

    Raises MalformedDer when the identifier itself is cut off.
    """
    tag = identifier.peek()
    value = identifier.take()
    for der in candidates:
        try:
            certificate = parse(der)
            if _named(certificate, value, by_name=tag == SEQUENCE):
                return certificate
        except MalformedDer:
            continue
    return None


def _named(certificate: Certificate, value: bytes, *, by_name: bool) -> bool:
    if by_name:
        return value == certificate.issuer + certificate.serial
    key_id = certificate.extension(oids.SUBJECT_KEY_IDENTIFIER)
    return key_id is not None and Reader(key_id).take(OCTET_STRING) == value
