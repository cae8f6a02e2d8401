"""The server token file (`.p7m`) that links a device management service: five strings, encrypted to the service's key.

The layout is fixed by those who read it with a line count, with `openssl smime`, or with Go's PKCS #7 libraries: four header
lines and a blank one, base64 in 76 columns, AES-128-CBC under RSA PKCS #1 v1.5, and inside a text part with one line of JSON.
"""

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import rsa

from pomona.formats.cms import MalformedCms, envelope, open_envelope
from pomona.formats.uploaded_certificate import CertificateProblem, parse_certificate, warnings

__all__ = [
    "CertificateProblem",
    "MalformedServerToken",
    "ServerToken",
    "build",
    "parse_certificate",
    "read",
    "warnings",
]

# The script that fetches beta tokens cuts off five lines; the order is what Bouncy Castle writes.
_OUTER = (
    'Content-Type: application/pkcs7-mime; name="smime.p7m"; smime-type=enveloped-data',
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: attachment; filename="smime.p7m"',
    "Content-Description: S/MIME Encrypted Message",
    "",
)
# `openssl smime -decrypt -text` takes text/plain only.
_INNER = ("Content-Type: text/plain;charset=UTF-8", "Content-Transfer-Encoding: 7bit", "")
_COLUMNS = 76
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")


class MalformedServerToken(ValueError):
    """The file is no server token, is for another key, or lacks one of the five strings."""


@dataclass(frozen=True, slots=True)
class ServerToken:
    """The OAuth 1.0a credentials of one linked service; `access_token_expiry` is a timestamp with Z. The repr hides secrets."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    access_token: str
    access_secret: str = field(repr=False)
    access_token_expiry: str


def build(token: ServerToken, certificate_der: bytes, *, newline: Literal["\r\n", "\n"] = "\r\n") -> bytes:
    """The `.p7m` file for the owner of a DER certificate with an RSA key, lines ended by `newline` throughout.

    Raises ValueError when the certificate is unreadable or not RSA (`parse_certificate` has checked that before).
    """
    document = json.dumps(asdict(token), separators=(",", ":"))
    message = (*_INNER, "-----BEGIN MESSAGE-----", document, "-----END MESSAGE-----", "")
    encrypted = base64.b64encode(envelope(newline.join(message).encode(), certificate_der)).decode()
    body = (encrypted[at : at + _COLUMNS] for at in range(0, len(encrypted), _COLUMNS))
    return newline.join((*_OUTER, *body, "")).encode()


def read(data: bytes, certificate: bytes, key: rsa.RSAPrivateKey) -> ServerToken:
    """Decrypt a `.p7m` file, as a device management service does, with its DER certificate and private key.

    Takes any headers, base64 with or without them, and DER. Raises MalformedServerToken.
    """
    try:
        text = open_envelope(_message(data), certificate, key).decode()
    except (MalformedCms, UnicodeDecodeError) as error:
        reason = error if isinstance(error, MalformedCms) else "the decrypted text is not UTF-8"
        raise MalformedServerToken(f"the server token cannot be read: {reason}") from None
    return _token(text[text.find("{") : text.rfind("}") + 1])


def _message(data: bytes) -> bytes:
    if data.startswith(b"\x30"):
        return data
    body = data
    if b":" in data.lstrip().partition(b"\n")[0]:
        body = _BLANK_LINE.split(data.lstrip(), maxsplit=1)[-1]
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise MalformedServerToken("the server token file is neither base64 nor DER") from None


def _token(document: str) -> ServerToken:
    try:
        values: Any = json.loads(document)
    except (ValueError, RecursionError):
        raise MalformedServerToken("the decrypted server token holds no JSON object") from None
    names = [item.name for item in fields(ServerToken)]
    if not isinstance(values, dict) or not all(isinstance(values.get(name), str) for name in names):
        raise MalformedServerToken(f"the server token lacks one of {', '.join(names)}") from None
    return ServerToken(**{name: values[name] for name in names})
