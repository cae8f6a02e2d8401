"""A simulated management service as a program: it waits for its token, then serves its devices and looks for changes."""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pomona.formats.server_token import MalformedServerToken, ServerToken
from pomona.simulator.assignment_client import AssignmentRefused
from pomona.simulator.mdm import DeviceManagement, MdmEvent
from pomona.simulator.service import Event, SimulatedService, Tell
from pomona.simulator.service_identity import ServiceIdentity

_TOKEN_POLL = 0.1


class TokenProblem(Exception):
    """The token file cannot be used; the message says why."""


def read_token(identity: ServiceIdentity, path: Path) -> ServerToken:
    """The token in a file. Raises `TokenProblem`."""
    try:
        return identity.open(path.read_bytes())
    except OSError as problem:
        raise TokenProblem(f"{path} cannot be read: {problem.strerror}") from None
    except MalformedServerToken as problem:
        raise TokenProblem(f"{path}: {problem}") from None


def await_token(identity: ServiceIdentity, path: Path, stop: threading.Event) -> ServerToken | None:
    """The token in a file, as soon as there is one; None when told to stop before. Raises `TokenProblem`."""
    while not path.exists() or path.stat().st_size == 0:
        if stop.wait(_TOKEN_POLL):
            return None
    return read_token(identity, path)


def look(
    service: SimulatedService,
    every: float,
    stop: threading.Event,
    tell: Tell,
    renewed: Callable[[], ServerToken | None],
) -> None:
    """Rounds until told to stop. A refusal is told and tried again later, with a renewed token if there is one by then."""
    linked = False
    while not stop.is_set():
        try:
            if not linked:
                service.link()
                linked = True
            service.round()
        except AssignmentRefused as refused:
            tell(Event("refused", {"status": refused.status, "code": refused.code}))
            if refused.at_session and (token := renewed()) is not None:
                service.client.use(token)
        except httpx.HTTPError as problem:
            tell(Event("refused", {"status": 0, "code": f"{type(problem).__name__}: {problem}"}))
        stop.wait(every)


def application(service: Callable[[], SimulatedService | None], devices: DeviceManagement) -> Starlette:
    """What the service offers: its devices' addresses, `/state` (its view as JSON) and `/verify`."""

    async def state(_request: Request) -> Response:
        enrolled = [
            {"serial": each.serial, "udid": each.udid, "status": each.status, "information": each.information}
            for each in devices.devices.values()
        ]
        linked = service()
        return _json({**(linked.state() if linked else {}), "enrolled": enrolled})

    async def verify(_request: Request) -> Response:
        linked = service()
        if linked is None:
            return Response("The service has no token yet.\n", 409)
        found = await asyncio.to_thread(linked.verify)
        return _json({"equal": not found, "different": found[:100]})

    own = [Route("/state", state), Route("/verify", verify, methods=["POST"])]
    return Starlette(routes=[*devices.routes(), *own])


def told(tell: Tell) -> Callable[[MdmEvent], None]:
    """Events of devices among the service's own."""
    return lambda event: tell(Event(event.step, {"serial": event.serial, "detail": event.detail}))


def listen(host: str, port: int) -> socket.socket:
    """A socket for devices; port 0 takes a free one. Raises OSError."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(256)
    except OSError:
        bound.close()
        raise
    return bound


@contextlib.contextmanager
def serving(app: Starlette, bound: socket.socket) -> Iterator[None]:
    """Serves `app` in a thread until the block ends."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()


def _json(value: object) -> Response:
    return Response(json.dumps(value), media_type="application/json")
