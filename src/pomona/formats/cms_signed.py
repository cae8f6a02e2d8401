"""CMS SignedData (RFC 5652 section 5): MachineInfo, `Mdm-Signature`, signed profiles and the outside of SCEP messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pomona.formats import oids
from pomona.formats.certificates import Certificate, identified, parse
from pomona.formats.cms_errors import MalformedCms, reading
from pomona.formats.der import (
    CONTEXT_0,
    CONTEXT_1,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    MalformedDer,
    Reader,
    integer,
    sequence,
    set_of,
    time,
    tlv,
    utc_time,
)
from pomona.formats.signatures import BadSignature, SigningKey, digest, digest_identifier, verify
from pomona.formats.signatures import sign as raw_sign

_CERTIFICATES = 20


@dataclass(frozen=True, slots=True)
class Signed:
    """What a verified SignedData says. `signer` and `certificates` are DER; `signing_time` is the signer's own claim.

    `attributes` are the signed attributes: object identifier element to the complete element of the first value.
    """

    content: bytes
    signer: bytes
    certificates: tuple[bytes, ...]
    signing_time: datetime | None
    attributes: Mapping[bytes, bytes]


@dataclass(slots=True)
class _SignerInfo:
    identifier: bytes
    digest: bytes
    attributes: bytes
    algorithm: bytes
    signature: bytes


@dataclass(slots=True)
class _Parsed:
    content_type: bytes
    content: bytes | None
    certificates: tuple[bytes, ...]
    signers: list[_SignerInfo]


def verify_signed(der: bytes) -> Signed:
    """Verify a SignedData that carries its content (DER or BER) against the signer's certificate inside it.

    Whether that certificate deserves trust is the caller's to find out (`chain_ok`). Exactly one signer is expected; RSA
    PKCS #1 v1.5 and ECDSA with SHA-1 or SHA-2. Content that is absent counts as empty (SCEP's refusals have none). Raises
    MalformedCms when it is no such message and BadSignature when the signature or the digest does not fit.
    """
    parsed = reading("a CMS SignedData", _parse, der)
    return _verified(parsed, parsed.content or b"")


def verify_detached(signature: bytes, content: bytes) -> Signed:
    """Verify a SignedData over `content`, which travelled beside it: the decoded header `Mdm-Signature` over a body.

    A content inside is ignored (Fleet's simulated devices attach it): only a signature over `content` counts. Raises as
    `verify_signed` does.
    """
    return _verified(reading("a CMS SignedData", _parse, signature), content)


def read_certificates(der: bytes) -> tuple[bytes, ...]:
    """The certificates (DER, in their order, twenty at most) of a SignedData, signed or not. Raises MalformedCms."""
    return reading("a CMS SignedData", _parse, der).certificates


def _parse(data: bytes) -> _Parsed:
    content_info = Reader(data).enter(SEQUENCE)
    if content_info.whole(OID) != oids.SIGNED_DATA:
        raise MalformedCms("the CMS message is not SignedData")
    signed_data = content_info.enter(CONTEXT_0).enter(SEQUENCE)
    signed_data.skip(INTEGER)
    signed_data.skip(SET)
    encapsulated = signed_data.enter(SEQUENCE)
    content_type = encapsulated.whole(OID)
    content = encapsulated.enter(CONTEXT_0).take(OCTET_STRING) if encapsulated.peek() == CONTEXT_0 else None
    certificates: tuple[bytes, ...] = ()
    if signed_data.peek() == CONTEXT_0:
        certificates = _certificates(signed_data.enter(CONTEXT_0))
    if signed_data.peek() == CONTEXT_1:
        signed_data.skip()
    signers: list[_SignerInfo] = []
    infos = signed_data.enter(SET)
    while infos.peek() != -1 and len(signers) < 2:
        signers.append(_signer_info(infos.enter(SEQUENCE)))
    return _Parsed(content_type, content, certificates, signers)


def _certificates(listed: Reader) -> tuple[bytes, ...]:
    found: list[bytes] = []
    while listed.peek() != -1 and len(found) < _CERTIFICATES:
        if listed.peek() == SEQUENCE:
            found.append(listed.whole())
        else:
            listed.skip()
    return tuple(found)


def _signer_info(info: Reader) -> _SignerInfo:
    info.skip(INTEGER)
    identifier = info.whole()
    digest_algorithm = info.enter(SEQUENCE).whole(OID)
    attributes = info.whole() if info.peek() == CONTEXT_0 else b""
    algorithm = info.enter(SEQUENCE).whole(OID)
    return _SignerInfo(identifier, digest_algorithm, attributes, algorithm, info.take(OCTET_STRING))


def _verified(parsed: _Parsed, content: bytes) -> Signed:
    if len(parsed.signers) != 1:
        count = "no signer" if not parsed.signers else "several signers"
        raise MalformedCms(f"the SignedData has {count}; expected exactly one")
    info = parsed.signers[0]
    try:
        signer = _signer_certificate(parsed.certificates, info.identifier)
        attributes = _attributes(info.attributes)
        claimed = attributes.get(oids.SIGNING_TIME)
        signing_time = time(claimed) if claimed else None
    except MalformedDer as error:
        raise MalformedCms(f"the signer's part of the SignedData is not readable: {error}") from None
    name, value = digest(info.digest, content)
    signed = content
    if info.attributes:
        if attributes.get(oids.CONTENT_TYPE) != parsed.content_type:
            raise BadSignature("the signed content type is missing or not that of the message")
        if attributes.get(oids.MESSAGE_DIGEST) != tlv(OCTET_STRING, value):
            raise BadSignature("the signed digest is not that of the content")
        signed = b"\x31" + info.attributes[1:]
    _check(signer.public_key, info, signed, name)
    return Signed(content, signer.der, parsed.certificates, signing_time, attributes)


def _check(public_key: bytes, info: _SignerInfo, signed: bytes, digest_name: str) -> None:
    try:
        verify(public_key, info.algorithm, info.signature, signed, digest_name)
    except BadSignature:
        ordered = set_of(*Reader(signed).enter(SET).all()) if info.attributes else signed
        if ordered == signed:
            raise
        # The signature is over DER even where the message carries the attributes in another order.
        verify(public_key, info.algorithm, info.signature, ordered, digest_name)


def _signer_certificate(certificates: tuple[bytes, ...], identifier: bytes) -> Certificate:
    signer = identified(certificates, Reader(identifier))
    if signer is None:
        raise MalformedCms("the SignedData does not include its signer's certificate")
    return signer


def _attributes(listed: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    if not listed:
        return found
    reader = Reader(listed).enter(CONTEXT_0)
    while reader.peek() != -1:
        attribute = reader.enter(SEQUENCE)
        oid = attribute.whole(OID)
        if oid in found:
            raise MalformedCms("a signed attribute occurs twice")
        found[oid] = attribute.enter(SET).whole()
    return found


def sign(
    content: bytes | None,
    certificate: bytes,
    key: SigningKey,
    *,
    chain: Iterable[bytes] = (),
    detached: bool = False,
    digest: str = "sha256",
    at: datetime | None = None,
    attributes: Mapping[bytes, bytes] | None = None,
) -> bytes:
    """SignedData over `content` in DER, signed by `key` whose certificate is `certificate` (DER).

    `chain` holds further DER certificates to send along; `detached` leaves the content out, and so does None, which signs
    the empty string; `digest` is sha1, sha256, sha384 or sha512; `at` (aware) becomes the signing time; `attributes` are
    more signed attributes, object identifier element to value element. Raises ValueError for a bad certificate or digest.
    """
    return _message(content, certificate, key, tuple(chain), detached, digest, at, attributes or {})


def _message(
    content: bytes | None,
    certificate: bytes,
    key: SigningKey,
    chain: tuple[bytes, ...],
    detached: bool,
    digest_name: str,
    at: datetime | None,
    extra: Mapping[bytes, bytes],
) -> bytes:
    algorithm = digest_identifier(digest_name)
    value = digest(Reader(algorithm).enter(SEQUENCE).whole(), content or b"")[1]
    listed = {oids.CONTENT_TYPE: oids.DATA, oids.MESSAGE_DIGEST: tlv(OCTET_STRING, value), **extra}
    if at is not None:
        listed[oids.SIGNING_TIME] = utc_time(at)
    attributes = set_of(*(sequence(oid, tlv(SET, item)) for oid, item in listed.items()))
    signer = parse(certificate)
    identifier, signature = raw_sign(key, attributes, digest_name)
    info = sequence(
        integer(1),
        sequence(signer.issuer, signer.serial),
        algorithm,
        b"\xa0" + attributes[1:],
        identifier,
        tlv(OCTET_STRING, signature),
    )
    inside = [oids.DATA]
    if content is not None and not detached:
        inside.append(tlv(CONTEXT_0, tlv(OCTET_STRING, content)))
    return _signed_data(tlv(SET, algorithm), sequence(*inside), (certificate, *chain), tlv(SET, info))


def certificates_only(certificates: Iterable[bytes]) -> bytes:
    """A SignedData without content and signer that only carries DER certificates, in their order (SCEP, `.p7b` files)."""
    return _signed_data(tlv(SET), sequence(oids.DATA), tuple(certificates), tlv(SET))


def _signed_data(digests: bytes, inside: bytes, certificates: tuple[bytes, ...], signers: bytes) -> bytes:
    body = sequence(integer(1), digests, inside, tlv(CONTEXT_0, *certificates), signers)
    return sequence(oids.SIGNED_DATA, tlv(CONTEXT_0, body))
