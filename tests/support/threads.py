"""A real listener in a thread, with background tasks beside it on the same loop."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence

from starlette.types import ASGIApp

from pomona.server.listener import Listener

Task = Callable[[], Awaitable[None]]


class ServerThread:
    """`tasks` are called when the loop runs and cancelled when the server stops; with a `context` it speaks HTTPS."""

    def __init__(
        self, app: ASGIApp, tasks: Sequence[Task] = (), context: ssl.SSLContext | None = None
    ) -> None:
        self._listener = Listener(app, ssl_context=context)
        self._tasks = tasks
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> str:
        """Waits until the port answers; gives the origin."""
        self._thread.start()
        assert self._ready.wait(10)
        return self._listener.origin

    def stop(self) -> None:
        """Ends the server and its tasks."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._listener.start()
        tasks = [asyncio.ensure_future(task()) for task in self._tasks]
        self._ready.set()
        await self._stop.wait()
        await self._listener.stop(1.0)
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
