"""The authority's side of SCEP: reading a request, answering with a certificate or a reason."""

import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa

from pomona.formats import cms, oids
from pomona.formats import scep_attributes as attr
from pomona.formats.certificates import parse
from pomona.formats.certification_request import CertificationRequest, MalformedCertificationRequest
from pomona.formats.certification_request import parse as parse_csr
from pomona.formats.der import OCTET_STRING, OID, SEQUENCE, Reader, tlv
from pomona.formats.pem import decode_base64
from pomona.formats.scep_attributes import FailInfo, MalformedScep, MessageType, PkiStatus

CA_CAPS = "Renewal\nSHA-256\nSHA-1\nAES\nDES3\nSCEPStandard\nPOSTPKIOperation\n"
PKI_MESSAGE = "application/x-pki-message"

_REQUESTS = (MessageType.PKCS_REQ, MessageType.RENEWAL_REQ)


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What an answer has to repeat: `signer_certificate` is DER, `cipher` the one that the client itself used."""

    transaction_id: str
    sender_nonce: bytes
    message_type: int
    signer_certificate: bytes = field(repr=False)
    cipher: cms.CipherName


@dataclass(frozen=True, slots=True)
class ScepRequest(RequestHead):
    """A request for a certificate: `csr` holds subject, public key and challenge password, its signature checked
    and its subject one that a certificate can have.

    A RenewalReq is signed with the certificate to be renewed: whether that one is ours and valid is the caller's to check.
    """

    csr: CertificationRequest


class RefusedRequest(ValueError):
    """A request that can be answered with `failure(head, fail_info, …)`, and should be."""

    def __init__(self, head: RequestHead, fail_info: FailInfo, sentence: str) -> None:
        super().__init__(sentence)
        self.head = head
        self.fail_info = fail_info


def ca_certificates(certificates: tuple[bytes, ...]) -> tuple[bytes, str]:
    """Body and content type of the answer to GetCACert: one DER certificate as it is, several in a certificates-only message."""
    if len(certificates) == 1:
        return certificates[0], "application/x-x509-ca-cert"
    return cms.certificates_only(certificates), "application/x-x509-ca-ra-cert"


def message_parameter(value: str) -> bytes:
    """The message of `GET ?operation=PKIOperation&message=…`, the query already percent-decoded.

    Takes both base64 alphabets, missing padding, and spaces where a `+` was not escaped. Raises MalformedScep.
    """
    standard = value.strip("\r\n\t").replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    message = decode_base64((standard + "=" * (-len(standard) % 4)).encode("ascii", "replace"))
    if not message:
        raise MalformedScep("the message parameter is not base64 of a SCEP message")
    return message


def read_request(der: bytes, ca_certificate: bytes, ca_key: rsa.RSAPrivateKey) -> ScepRequest:
    """Verify and decrypt a PKCSReq or RenewalReq that was encrypted to the authority's DER certificate.

    Raises MalformedScep when nothing can be answered (HTTP 400) and RefusedRequest when a CertRep with a reason can.
    """
    try:
        signed = cms.verify_signed(der)
    except (cms.MalformedCms, cms.BadSignature) as error:
        raise MalformedScep(f"not a SCEP message: {error}") from None
    head = _head(signed)
    if head.message_type not in _REQUESTS:
        raise RefusedRequest(head, FailInfo.BAD_REQUEST, f"message type {head.message_type} is not offered")
    if not _has_rsa_key(signed.signer):
        raise RefusedRequest(
            head, FailInfo.BAD_ALG, "the signer's key is not RSA, no answer can be encrypted to it"
        )
    try:
        opened = cms.open_with_cipher(signed.content, ca_certificate, ca_key)
        csr = parse_csr(opened.content)
        csr.name()
    except cms.MalformedCms as error:
        raise RefusedRequest(head, FailInfo.BAD_MESSAGE_CHECK, str(error)) from None
    except MalformedCertificationRequest as error:
        raise RefusedRequest(head, FailInfo.BAD_REQUEST, str(error)) from None
    nonce, kind = head.sender_nonce, head.message_type
    return ScepRequest(head.transaction_id, nonce, kind, head.signer_certificate, opened.cipher, csr)


def _head(signed: cms.Signed) -> RequestHead:
    transaction_id = attr.string(signed.attributes, attr.TRANSACTION_ID, "transactionID")
    if not transaction_id.isascii() or not 0 < len(transaction_id) <= 255:
        raise MalformedScep("the transactionID must be 1 to 255 ASCII characters")
    return RequestHead(
        transaction_id=transaction_id,
        sender_nonce=attr.nonce(signed.attributes, attr.SENDER_NONCE, "senderNonce"),
        message_type=attr.number(signed.attributes, attr.MESSAGE_TYPE, "messageType"),
        signer_certificate=signed.signer,
        cipher="aes128",
    )


def _has_rsa_key(certificate: bytes) -> bool:
    algorithm = Reader(parse(certificate).public_key).enter(SEQUENCE).enter(SEQUENCE)
    return algorithm.whole(OID) == oids.RSA_ENCRYPTION


def success(request: ScepRequest, issued: bytes, ca_certificate: bytes, ca_key: rsa.RSAPrivateKey) -> bytes:
    """The CertRep that brings the DER certificate `issued` to the requester, encrypted to the request's signer.

    The cipher is AES-128, or triple DES for clients that used an older cipher themselves.
    """
    cipher: cms.CipherName = "aes128" if request.cipher.startswith("aes") else "des3"
    bundle = cms.certificates_only([issued])
    content = cms.envelope(bundle, request.signer_certificate, cipher=cipher)
    return _answer(request, content, PkiStatus.SUCCESS, {}, ca_certificate, ca_key)


def failure(
    request: RequestHead, fail_info: FailInfo, ca_certificate: bytes, ca_key: rsa.RSAPrivateKey
) -> bytes:
    """The CertRep that tells the requester why there is no certificate."""
    reason = {attr.FAIL_INFO: attr.printable(str(int(fail_info)))}
    return _answer(request, None, PkiStatus.FAILURE, reason, ca_certificate, ca_key)


def _answer(
    request: RequestHead,
    content: bytes | None,
    status: PkiStatus,
    more: dict[bytes, bytes],
    ca_certificate: bytes,
    ca_key: rsa.RSAPrivateKey,
) -> bytes:
    attributes = {
        attr.MESSAGE_TYPE: attr.printable(str(int(MessageType.CERT_REP))),
        attr.PKI_STATUS: attr.printable(str(int(status))),
        attr.TRANSACTION_ID: attr.printable(request.transaction_id),
        attr.SENDER_NONCE: tlv(OCTET_STRING, os.urandom(16)),
        attr.RECIPIENT_NONCE: tlv(OCTET_STRING, request.sender_nonce),
        **more,
    }
    return cms.sign(content, ca_certificate, ca_key, attributes=attributes)
