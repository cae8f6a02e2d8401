"""TLS for the listeners: a context that shows each client a certificate for the very name it asked for.

Clients with Apple's host names compiled in name one of them in the handshake (SNI); people name localhost, an address
or this machine. Certificates are made when first asked for and replaced in time without a restart.
"""

import os
import ssl
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from pomona.runtime import Runtime, Settings
from pomona.server.authority import Authority, Leaf
from pomona.server.client_hosts import CLIENT_HOSTS, canonical
from pomona.server.machine import machine_names


def default_hosts(configured: Iterable[str] = ()) -> tuple[str, ...]:
    """Give all names a listener should answer for: this machine's, those `configured`, then Apple's."""
    names = (*machine_names(), *map(canonical, configured), *(host.name for host in CLIENT_HOSTS))
    return tuple(dict.fromkeys(names))


def own_authority(runtime: Runtime) -> Authority:
    """Give the authority that signs for an installation's listeners, which is made where there is none."""
    return Authority(runtime.settings.data / "authority", runtime.clock.wall, runtime.rng)


def own_hosts(settings: Settings) -> tuple[str, ...]:
    """Give all names that an installation's listeners answer for."""
    public = urlsplit(settings.public_origin).hostname
    return default_hosts([public] if public else [])


def server_context(
    authority: Authority, hosts: Iterable[str], client_authorities: bytes | None = None
) -> ssl.SSLContext:
    """Give the context for a listener that answers for `hosts`, DNS names and IP addresses.

    A client that names one of them is shown a certificate for that name alone; any other (an address cannot be named
    in a handshake) is shown one that holds all of them. TLS 1.2 and later, HTTP/1.1. With `client_authorities` (PEM) a
    client is asked for a certificate of theirs and may go on without one; one of somebody else's ends the handshake.
    Raises ValueError for no hosts or a name that a certificate cannot hold.
    """
    chooser = _Chooser(authority, tuple(map(canonical, hosts)), client_authorities)
    context = chooser.context(None)
    context.sni_callback = chooser.choose
    return context


class _Chooser:
    """Picks the context for a handshake; keeps one per name, as long as its certificate is good."""

    def __init__(
        self, authority: Authority, hosts: tuple[str, ...], client_authorities: bytes | None
    ) -> None:
        self._authority = authority
        self._hosts = hosts
        self._client_authorities = client_authorities
        self._contexts: dict[str | None, tuple[Leaf, ssl.SSLContext]] = {}

    def choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """Answer a handshake; called by the `ssl` module, with None when the client named nobody."""
        connection.context = self.context(canonical(name) if name else None)

    def context(self, name: str | None) -> ssl.SSLContext:
        """Give the context for `name`, or the one for all names when it is not among them."""
        known = name if name in self._hosts else None
        leaf = self._authority.leaf([known] if known else self._hosts)
        kept, context = self._contexts.get(known, (None, None))
        if context is None or kept is not leaf:
            context = _context(leaf, self._client_authorities)
            self._contexts[known] = (leaf, context)
        return context


def _context(leaf: Leaf, client_authorities: bytes | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    load_leaf(context, leaf)
    if client_authorities:
        context.load_verify_locations(cadata=client_authorities.decode("ascii"))
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def load_leaf(context: ssl.SSLContext, leaf: Leaf) -> None:
    """Let the context show a certificate."""
    with _as_file(leaf.key + leaf.certificates) as path:
        context.load_cert_chain(path)


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """Lend `content` a path: the `ssl` module takes keys from files only. On Linux the file is in memory."""
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("leaf"), "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            yield file.name
