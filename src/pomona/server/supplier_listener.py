"""The listener that asks for a client certificate: for suppliers' software, at a port of its own.

At the ordinary HTTPS port nobody is asked, because browsers would ask the person in turn. Everything else is served here
as there; whoever shows no certificate may still have a token.
"""

import ssl
from functools import partial

from starlette.types import ASGIApp

from pomona.runtime import Runtime
from pomona.server.body_budget import BodyBudget
from pomona.server.listener import Listener


def make(runtime: Runtime, app: ASGIApp, bodies: BodyBudget) -> Listener | None:
    """The listener at `supplier_tls_port`, bound; None when that is switched off. Raises `CannotListen`."""
    settings = runtime.settings
    if settings.supplier_tls_port < 0:
        return None
    listener = Listener(app, settings.host, settings.supplier_tls_port, partial(_context, runtime), bodies)
    listener.bind()
    return listener


def _context(runtime: Runtime) -> ssl.SSLContext:
    from pomona.server.asking_tls import asking_context
    from pomona.server.tls import own_authority, own_hosts

    return asking_context(own_authority(runtime), own_hosts(runtime.settings))
