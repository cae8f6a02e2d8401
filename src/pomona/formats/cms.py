"""Cryptographic Message Syntax (RFC 5652), the part of it that device enrolment uses.

Signed messages are in `cms_signed`, encrypted ones in `cms_enveloped`, and whether a signer's certificate comes from an
authority one trusts in `certificate_chain`.
"""

import base64
import binascii

from pomona.formats.certificate_chain import chain_ok
from pomona.formats.cms_enveloped import CipherName, Opened, envelope, open_envelope, open_with_cipher
from pomona.formats.cms_errors import MalformedCms
from pomona.formats.cms_signed import (
    Signed,
    certificates_only,
    read_certificates,
    sign,
    verify_detached,
    verify_signed,
)
from pomona.formats.signatures import BadSignature, SigningKey

__all__ = [
    "BadSignature",
    "CipherName",
    "MalformedCms",
    "Opened",
    "Signed",
    "SigningKey",
    "certificates_only",
    "chain_ok",
    "envelope",
    "from_header",
    "open_envelope",
    "open_with_cipher",
    "read_certificates",
    "sign",
    "verify_detached",
    "verify_signed",
]


def from_header(value: str) -> bytes:
    """The bytes of a CMS message in an HTTP header (`Mdm-Signature`, `x-apple-aspen-deviceinfo`).

    Standard base64 is documented, some simulated devices send the URL-safe alphabet; padding may be missing. Raises
    MalformedCms for anything else.
    """
    try:
        text = value.strip().replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedCms("the header is not base64 of a CMS message") from None
