"""The numbers of SCEP (RFC 8894): message types, statuses, failures, and the signed attributes that carry them."""

from collections.abc import Mapping
from enum import IntEnum

from pomona.formats.der import OCTET_STRING, PRINTABLE_STRING, MalformedDer, Reader, oid, text, tlv

_ARC = "2.16.840.1.113733.1.9."
MESSAGE_TYPE = oid(_ARC + "2")
PKI_STATUS = oid(_ARC + "3")
FAIL_INFO = oid(_ARC + "4")
SENDER_NONCE = oid(_ARC + "5")
RECIPIENT_NONCE = oid(_ARC + "6")
TRANSACTION_ID = oid(_ARC + "7")


class MalformedScep(ValueError):
    """The bytes are no SCEP message, or its signature does not fit: there is nobody to address an answer to."""


class MessageType(IntEnum):
    """What a SCEP message is."""

    CERT_REP = 3
    RENEWAL_REQ = 17
    PKCS_REQ = 19
    GET_CERT_INITIAL = 20
    GET_CERT = 21
    GET_CRL = 22


class PkiStatus(IntEnum):
    """How an authority answered."""

    SUCCESS = 0
    FAILURE = 2
    PENDING = 3


class FailInfo(IntEnum):
    """Why an authority refused."""

    BAD_ALG = 0
    BAD_MESSAGE_CHECK = 1
    BAD_REQUEST = 2
    BAD_TIME = 3
    BAD_CERT_ID = 4


def printable(value: str) -> bytes:
    """A PrintableString element, the kind of every attribute that is no nonce."""
    return tlv(PRINTABLE_STRING, value.encode("ascii"))


def string(attributes: Mapping[bytes, bytes], identifier: bytes, called: str) -> str:
    """The text of one attribute. Raises MalformedScep that names it as `called` when it is missing or no text."""
    try:
        return text(attributes[identifier])
    except (KeyError, MalformedDer):
        raise MalformedScep(f"the signed attribute {called} is missing or no string") from None


def number(attributes: Mapping[bytes, bytes], identifier: bytes, called: str) -> int:
    """The decimal number of one attribute. Raises MalformedScep that names it as `called`."""
    digits = string(attributes, identifier, called)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 4):
        raise MalformedScep(f"the signed attribute {called} is not a number")
    return int(digits)


def nonce(attributes: Mapping[bytes, bytes], identifier: bytes, called: str) -> bytes:
    """The octets of one attribute. Raises MalformedScep that names it as `called` when it is missing or no octet string."""
    try:
        return Reader(attributes[identifier]).take(OCTET_STRING)
    except (KeyError, MalformedDer):
        raise MalformedScep(f"the signed attribute {called} is missing or no octet string") from None
