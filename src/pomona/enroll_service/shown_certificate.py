"""The client certificate of a request: from our own TLS handshake, or as a trusted proxy tells it.

Either way somebody checked that the client has the private key. Whether the certificate is good for anything is looked up
by the SHA-256 of its DER, here as a hash.
"""

import base64
import binascii
import hashlib
from urllib.parse import unquote_to_bytes

from pomona.formats.pem import certificates_in
from pomona.runtime.asgi import Call

HEADER = b"client-cert"
"""`Client-Cert` (RFC 9440): the DER as a byte sequence, `:base64:`. nginx can only give it as escaped PEM, so that is read too."""


class Unreadable(ValueError):
    """The proxy's header holds no certificate; the message says so."""


def find(call: Call, *, believed: bool) -> bytes | None:
    """The hash of the client's certificate, None for a client without one.

    `believed`: the request came from a trusted proxy. Then its header counts before our own handshake, which was with the
    proxy; from anybody else the header is not looked at. Raises `Unreadable`.
    """
    if believed:
        values = [value for name, value in call.scope["headers"] if name == HEADER and value.strip()]
        if values:
            return _hash(_told(values))
    tls = (call.scope.get("extensions") or {}).get("tls") or {}
    chain: list[str] = tls.get("client_cert_chain") or []
    shown = next(certificates_in(chain[0].encode()), None) if chain else None
    return None if shown is None else _hash(shown)


def _hash(der: bytes) -> bytes:
    return hashlib.sha256(der).digest()


def _told(values: list[bytes]) -> bytes:
    if len(values) > 1:
        raise Unreadable("The header Client-Cert came twice: the proxy must replace what the client sent")
    value = values[0].strip()
    if value.startswith(b":"):
        encoded, end, _ = value[1:].partition(b":")
        try:
            if end:
                return base64.b64decode(encoded, validate=True)
        except binascii.Error:
            pass
    elif value.startswith(b"-----BEGIN"):
        for der in certificates_in(unquote_to_bytes(value)):
            return der
    raise Unreadable(
        "The header Client-Cert cannot be read; the proxy must send it as RFC 9440 or as escaped PEM"
    )
