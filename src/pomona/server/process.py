"""One Pomona process: opens the installation, starts listeners and workers, and stops them in order."""

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

from pomona.runtime import Runtime, Settings
from pomona.server.application import compose
from pomona.server.body_budget import BODY_BYTES, BodyBudget
from pomona.server.installation import installation
from pomona.server.listener import Listener
from pomona.server.proxy import Proxy, Routes

_log = logging.getLogger("pomona.server")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running Pomona is reached; None for what was switched off."""

    http: str | None
    https: str | None
    proxy: str | None
    suppliers: str | None = None


@contextlib.asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[Addresses]:
    """Serves until the block ends. Raises `CannotListen` when an address is taken, `AuthorityProblem`.

    Plain HTTP is answered before the rest is ready, which takes as long again: certificates, and faces nobody asked yet.
    """
    settings = runtime.settings
    app = compose(runtime)
    bodies = _bodies(settings)
    host = settings.host
    http = Listener.bound(app, host, settings.port, None, bodies)
    https = Listener.bound(app, host, settings.tls_port, partial(_certificates, runtime), bodies)
    asking = partial(_asking_certificates, runtime)
    suppliers = Listener.bound(app, host, settings.supplier_tls_port, asking, bodies)
    proxy = _proxy(settings, http, https, suppliers)
    async with contextlib.AsyncExitStack() as stack:
        # The proxy comes first so that it goes last: tunnels end when the listeners they lead to have stopped.
        if proxy:
            await proxy.start()
            stack.push_async_callback(proxy.stop)
        for listener in filter(None, (http, https, suppliers)):
            await listener.start()
            stack.push_async_callback(listener.stop, settings.shutdown_seconds)
        await app.get_ready()
        await stack.enter_async_context(_workers(runtime))
        yield Addresses(
            http.origin if http else None,
            https.origin if https else None,
            f"http://{settings.host}:{proxy.port}" if proxy else None,
            suppliers.origin if suppliers else None,
        )


def serve(settings: Settings, started: Callable[[Addresses], None]) -> None:
    """Runs until SIGINT or SIGTERM; calls `started` once requests are answered.

    Garbage is collected from then on: what was made until then stays, and the caller may have switched collecting off.
    """
    import uvloop

    _allow_many_connections()
    with installation(settings) as runtime:
        uvloop.run(_serve(runtime, started))


async def _serve(runtime: Runtime, started: Callable[[Addresses], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(runtime) as addresses:
        gc.freeze()
        gc.enable()
        started(addresses)
        await stop.wait()
        _log.info("stopping")


def worker_name() -> str:
    """What tells this process's leases from those of others."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _bodies(settings: Settings) -> BodyBudget:
    """Room for bodies, at least for two of the largest that a face takes."""
    largest = max(settings.activity_body_limit, settings.order_body_limit, settings.body_limit)
    return BodyBudget(max(BODY_BYTES, 2 * largest))


def _certificates(runtime: Runtime) -> ssl.SSLContext:
    """A context whose certificates are our own authority's, which is made where there is none."""
    from pomona.server.tls import own_authority, own_hosts, server_context

    return server_context(own_authority(runtime), own_hosts(runtime.settings))


def _asking_certificates(runtime: Runtime) -> ssl.SSLContext:
    """The same for suppliers' software, which is asked for a certificate of its own.

    That is why it has a port of its own: at the ordinary one nobody is asked, because browsers would ask the person in turn.
    Everything else is served here as there; whoever shows no certificate may still have a token.
    """
    from pomona.server.asking_tls import asking_context
    from pomona.server.tls import own_authority, own_hosts

    return asking_context(own_authority(runtime), own_hosts(runtime.settings))


def _proxy(
    settings: Settings, http: Listener | None, https: Listener | None, suppliers: Listener | None
) -> Proxy | None:
    if settings.proxy_port < 0 or https is None:
        return None
    faces = {"enroll_service": suppliers.address} if suppliers else {}
    routes = Routes(https.address, http.address if http else None, faces)
    return Proxy(routes, settings.host, settings.proxy_port)


@contextlib.asynccontextmanager
async def _workers(runtime: Runtime) -> AsyncIterator[None]:
    """The workers, imported when requests are answered already; what a killed process held is free again."""
    from pomona.registry import activities, mails, webhook_messages
    from pomona.server.workers import start_workers

    if not runtime.settings.database_url:
        for forget in (activities.forget_leases, webhook_messages.forget_leases, mails.forget_leases):
            await runtime.store.write(forget)
    async with start_workers(runtime, worker_name()):
        yield


def _allow_many_connections() -> None:
    """Takes all the open files this process may have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
