"""One Pomona process: opens the installation, starts listeners and workers, and stops them in order."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from pomona.registry import activities
from pomona.runtime import Runtime, Settings
from pomona.server.application import compose
from pomona.server.authority import Authority
from pomona.server.installation import installation
from pomona.server.listener import Listener
from pomona.server.proxy import Proxy, Routes
from pomona.server.tls import default_hosts, server_context
from pomona.server.workers import start_workers

_log = logging.getLogger("pomona.server")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running Pomona is reached; None for what was switched off."""

    http: str | None
    https: str | None
    proxy: str | None


@contextlib.asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[Addresses]:
    """Serves until the block ends. Raises `CannotListen` when an address is taken."""
    settings = runtime.settings
    if not settings.database_url:
        await runtime.store.write(activities.forget_leases)
    app = compose(runtime)
    async with contextlib.AsyncExitStack() as stack:
        http = await _listener(stack, settings, app, settings.port, None)
        https = None
        if settings.tls_port >= 0:
            https = await _tls_listener(stack, runtime, app)
        proxy = await _proxy(stack, settings, http, https)
        await stack.enter_async_context(start_workers(runtime, worker_name()))
        yield Addresses(http and http.origin, https and https.origin, proxy)


def serve(settings: Settings, started: Callable[[Addresses], None]) -> None:
    """Runs until SIGINT or SIGTERM; calls `started` once requests are answered."""
    import uvloop

    with installation(settings) as runtime:
        uvloop.run(_serve(runtime, started))


async def _serve(runtime: Runtime, started: Callable[[Addresses], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(runtime) as addresses:
        started(addresses)
        await stop.wait()
        _log.info("stopping")


def worker_name() -> str:
    """What tells this process's leases from those of others."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def _listener(
    stack: contextlib.AsyncExitStack, settings: Settings, app: ASGIApp, port: int, context: ssl.SSLContext | None
) -> Listener | None:
    if port < 0:
        return None
    listener = Listener(app, settings.host, port, context)
    await listener.start()
    stack.push_async_callback(listener.stop, settings.shutdown_seconds)
    return listener


async def _tls_listener(stack: contextlib.AsyncExitStack, runtime: Runtime, app: ASGIApp) -> Listener | None:
    settings = runtime.settings
    authority = Authority(settings.data / "authority", runtime.clock.wall, runtime.rng)
    names = [settings.public_origin.partition("://")[2].partition(":")[0]] if settings.public_origin else []
    context = server_context(authority, default_hosts(names))
    return await _listener(stack, settings, app, settings.tls_port, context)


async def _proxy(
    stack: contextlib.AsyncExitStack, settings: Settings, http: Listener | None, https: Listener | None
) -> str | None:
    if settings.proxy_port < 0 or https is None:
        return None
    routes = Routes((settings.host, https.port), (settings.host, http.port) if http else None)
    proxy = Proxy(routes, settings.host, settings.proxy_port)
    port = await proxy.start()
    stack.push_async_callback(proxy.stop)
    return f"http://{settings.host}:{port}"
