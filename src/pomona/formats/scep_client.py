"""The device's side of SCEP: asking an authority for a certificate and reading what it answers."""

import base64
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pomona.formats import certification_request, cms
from pomona.formats import scep_attributes as attr
from pomona.formats.certificates import parse
from pomona.formats.der import OCTET_STRING, MalformedDer, tlv
from pomona.formats.scep_attributes import FailInfo, MalformedScep, MessageType, PkiStatus


class ScepFailure(ValueError):
    """The authority refused; `fail_info` says why, None means that it wants to decide later."""

    def __init__(self, fail_info: FailInfo | None) -> None:
        reason = fail_info.name if fail_info is not None else "PENDING"
        super().__init__(f"the authority issued no certificate: {reason}")
        self.fail_info = fail_info


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request that was made and what is needed to read its answer; `der` is what to send."""

    der: bytes = field(repr=False)
    transaction_id: str
    sender_nonce: bytes
    signer_certificate: bytes = field(repr=False)
    signer_key: rsa.RSAPrivateKey = field(repr=False)
    public_key: bytes = field(repr=False)
    ca_certificate: bytes = field(repr=False)


def build_request(
    subject: Iterable[tuple[str, str]],
    key: rsa.RSAPrivateKey,
    challenge: str | None,
    ca_certificate: bytes,
    *,
    at: datetime,
    signer: tuple[bytes, rsa.RSAPrivateKey] | None = None,
    transaction_id: str = "",
    sender_nonce: bytes = b"",
    digest: str = "sha256",
    cipher: cms.CipherName = "aes128",
) -> PendingRequest:
    """A PKCSReq for `key`, encrypted to the authority's DER certificate; with `signer` a RenewalReq.

    `subject` is (type, value) pairs with types like CN or dotted. `at` (aware) dates the self-signed certificate that signs
    the message; `signer` is the DER certificate to renew and its key instead. The transaction id defaults to a hash of the
    public key, the nonce to 16 random octets. Raises ValueError for an unusable subject or authority.
    """
    subject = tuple(subject)
    csr = certification_request.build(subject, key, challenge)
    certificate, signing_key = signer or (_self_signed(subject, key, at), key)
    public_key = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    transaction_id = transaction_id or hashlib.sha256(public_key).hexdigest().upper()
    sender_nonce = sender_nonce or os.urandom(16)
    message_type = MessageType.RENEWAL_REQ if signer else MessageType.PKCS_REQ
    attributes = {
        attr.MESSAGE_TYPE: attr.printable(str(int(message_type))),
        attr.TRANSACTION_ID: attr.printable(transaction_id),
        attr.SENDER_NONCE: tlv(OCTET_STRING, sender_nonce),
    }
    content = cms.envelope(csr, ca_certificate, cipher=cipher)
    der = cms.sign(content, certificate, signing_key, digest=digest, attributes=attributes)
    return PendingRequest(
        der, transaction_id, sender_nonce, certificate, signing_key, public_key, ca_certificate
    )


def _self_signed(subject: tuple[tuple[str, str], ...], key: rsa.RSAPrivateKey, at: datetime) -> bytes:
    name = certification_request.distinguished_name(subject)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(at - timedelta(hours=1)).not_valid_after(at + timedelta(days=1))
    return dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def read_response(der: bytes, request: PendingRequest) -> bytes:
    """The DER certificate that the authority issued for `request`.

    Raises ScepFailure when it refused or postponed, and MalformedScep when the answer is not one to this request: another
    signer, transaction or nonce, or no certificate for the key inside.
    """
    try:
        signed = cms.verify_signed(der)
        if signed.signer != parse(request.ca_certificate).der:
            raise MalformedScep("the answer is signed by somebody other than the authority")
        _check_addressee(signed, request)
        content = cms.open_envelope(signed.content, request.signer_certificate, request.signer_key)
        return _own(cms.read_certificates(content), request.public_key)
    except (cms.MalformedCms, cms.BadSignature, MalformedDer) as error:
        raise MalformedScep(f"not an answer to this request: {error}") from None


def _check_addressee(signed: cms.Signed, request: PendingRequest) -> None:
    said = signed.attributes
    if attr.number(said, attr.MESSAGE_TYPE, "messageType") != MessageType.CERT_REP:
        raise MalformedScep("the answer is no CertRep")
    if attr.string(said, attr.TRANSACTION_ID, "transactionID") != request.transaction_id:
        raise MalformedScep("the answer belongs to another transaction")
    if attr.nonce(said, attr.RECIPIENT_NONCE, "recipientNonce") != request.sender_nonce:
        raise MalformedScep("the answer repeats another nonce than the request's")
    status = attr.number(said, attr.PKI_STATUS, "pkiStatus")
    if status == PkiStatus.PENDING:
        raise ScepFailure(None)
    if status != PkiStatus.SUCCESS:
        code = attr.number(said, attr.FAIL_INFO, "failInfo")
        raise ScepFailure(FailInfo(code) if code in list(FailInfo) else FailInfo.BAD_REQUEST)


def _own(certificates: tuple[bytes, ...], public_key: bytes) -> bytes:
    for certificate in certificates:
        if parse(certificate).public_key == public_key:
            return certificate
    raise MalformedScep("the answer holds no certificate for the request's key")


def read_ca_certificates(body: bytes, content_type: str) -> tuple[bytes, ...]:
    """The authority's DER certificates from the answer to GetCACert. Raises MalformedScep."""
    try:
        if content_type.partition(";")[0].strip().lower() == "application/x-x509-ca-ra-cert":
            return tuple(parse(certificate).der for certificate in cms.read_certificates(body))
        return (parse(body).der,)
    except (cms.MalformedCms, MalformedDer) as error:
        raise MalformedScep(f"not the authority's certificate: {error}") from None


def get_url(url: str, message: bytes) -> str:
    """The URL that carries a PKIOperation in a GET, for authorities that do not list POSTPKIOperation."""
    separator = "&" if "?" in url else "?"
    return f"{url}{separator}operation=PKIOperation&message={quote(base64.b64encode(message), safe='')}"
