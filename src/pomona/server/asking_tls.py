"""TLS that asks a client for its certificate and lets any through its handshake: the application judges it, and says why.

A handshake can only break off, and the client's people then look for the mistake in the wrong place. That the client has
the private key is checked all the same. OpenSSL verifies what it is shown against certificates that are trusted, so each
one is put among those of its own connection as it comes; Python tells of it in its hook for messages of the handshake.
"""

import contextlib
import ssl
from collections.abc import Iterable, Iterator
from typing import Any

from pomona.server.authority import Authority, Leaf
from pomona.server.client_hosts import canonical
from pomona.server.tls import load_leaf

_HANDSHAKE, _CERTIFICATE = 22, 11  # a record's content type, a message's type (RFC 8446, section 4)
_HEADER = 4
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, for which the `ssl` module has no name


def asking_context(authority: Authority, hosts: Iterable[str]) -> ssl.SSLContext:
    """Give the context for a listener that answers for `hosts` (see `server_context`) and asks for a certificate.

    A client without one goes on. Raises ValueError for no hosts or a name that a certificate cannot hold.
    """
    names = tuple(map(canonical, hosts))

    def choose(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        known = [canonical(name)] if name and canonical(name) in names else names
        # One for this connection alone: what its client shows is trusted in no other.
        connection.context = _context(authority.leaf(known))

    first = _context(authority.leaf(names))
    first.sni_callback = choose
    return first


def _context(leaf: Leaf) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    load_leaf(context, leaf)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(_NO_CHECK_TIME)
    context.verify_mode = ssl.CERT_OPTIONAL
    # Needed by the first context to be told at all, and by the connection's to be told then.
    setattr(context, "_msg_callback", _trust)  # noqa: B010 the type checker does not know it
    return context


def _trust(
    connection: ssl.SSLObject,
    direction: str,
    version: Any,
    content_type: int,
    message_type: int,
    message: bytes,
) -> None:
    """Hear of each message of a handshake before it is acted upon."""
    if direction == "read" and content_type == _HANDSHAKE and message_type == _CERTIFICATE:
        shown = next(_shown(message[_HEADER:], version >= ssl.TLSVersion.TLSv1_3), None)
        if shown is not None:
            with contextlib.suppress(ssl.SSLError):  # no certificate: the handshake will say so
                connection.context.load_verify_locations(cadata=shown)


def _shown(body: bytes, context_first: bool) -> Iterator[bytes]:
    """The client's certificate out of a Certificate message; version 1.3 begins it with a request's context."""
    at = 1 + body[0] if context_first and body else 0
    at += 3
    if len(body) >= at + 3:
        size = int.from_bytes(body[at : at + 3], "big")
        yield body[at + 3 : at + 3 + size]
