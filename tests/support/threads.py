"""uvicorn in a thread, with background tasks beside it on the same loop."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence

import uvicorn
from starlette.types import ASGIApp

Task = Callable[[], Awaitable[None]]


class ServerThread:
    """`tasks` are called when the loop runs and cancelled when the server stops."""

    def __init__(self, app: ASGIApp, tasks: Sequence[Task] = ()) -> None:
        # asyncio turns Nagle off only for sockets that say they are TCP; else each answer waits 40 ms for an ACK.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False, server_header=False)
        self._server = uvicorn.Server(config)
        self._tasks = tasks
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> str:
        """Waits until the port answers; gives the origin."""
        self._socket.listen(256)
        self._thread.start()
        assert self._ready.wait(10)
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def stop(self) -> None:
        """Ends the server and its tasks."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        tasks = [asyncio.ensure_future(task()) for task in self._tasks]
        self._ready.set()
        await self._server.serve(sockets=[self._socket])
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
