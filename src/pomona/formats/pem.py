"""Certificates out of PEM text (RFC 7468) as people have it: words around the blocks, any line ends, any indentation."""

import base64
import binascii
import re
from collections.abc import Iterator

_BLOCK = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]*+)-----END ")
_SPACE = re.compile(rb"\s+")


def decode_base64(text: bytes) -> bytes | None:
    """The bytes of base64 text with any white space in it, or None when it is something else."""
    try:
        return base64.b64decode(_SPACE.sub(b"", text), validate=True)
    except binascii.Error:
        return None


def certificates_in(text: bytes) -> Iterator[bytes]:
    """The contents of the text's certificate blocks in their order; whether they are certificates is not looked at."""
    for block in _BLOCK.finditer(text):
        content = decode_base64(block[1])
        if content is not None:
            yield content
