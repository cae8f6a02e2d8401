"""The addresses of this face, and from a request to its answer. Kept lean: devices poll."""

import logging
import re
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.formats import plists
from pomona.management import account_sign_in, discovery, enrol, errors, manual, scep
from pomona.management.checkin import check_in
from pomona.management.connect import connect
from pomona.management.issuer import Issuers
from pomona.management.refusals import BadRequest, NotHere, WrongMethod
from pomona.management.request import Request
from pomona.runtime import Runtime
from pomona.runtime.asgi import Answer, Call, Disconnected

_log = logging.getLogger("pomona.management")

Handler = Callable[[Request], Awaitable[Answer]]

_SLUG = re.compile(r"[a-z0-9-]{1,40}")


async def _message(request: Request) -> Answer:
    """Check-ins and reports alike: some clients use one address for both, so the body decides."""
    body = await request.body()
    message = plists.loads(body)
    if "MessageType" in message:
        return await check_in(request, message, body)
    if "Status" in message:
        return await connect(request, message, body)
    raise BadRequest("The message has neither MessageType nor Status.")


async def _byod(request: Request) -> Answer:
    return await enrol.account_driven(request, "byod")


async def _adde(request: Request) -> Answer:
    return await enrol.account_driven(request, "adde")


ROUTES: dict[str, dict[str, Handler]] = {
    "connect": {"PUT": _message, "POST": _message},
    "checkin": {"PUT": _message, "POST": _message},
    "scep": {"GET": scep.operate, "POST": scep.operate},
    "enrol": {"POST": enrol.automated},
    "byod": {"POST": _byod},
    "adde": {"POST": _adde},
    "manual": {"GET": manual.show, "POST": manual.submit},
    "authenticate": {"GET": account_sign_in.show, "POST": account_sign_in.submit},
    "discovery": {"GET": discovery.discover},
    "anchors": {"GET": discovery.anchor_certificates},
}
"""What may stand after `/manage/{organisation}/`."""

CONFIG_PATH = "/MDMServiceConfig"


class Management:
    """The ASGI application."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._issuers = Issuers(runtime)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope, receive)
        parts = call.path.split("/")
        slug = parts[2] if len(parts) > 2 else ""
        request = Request(call, slug, self._runtime, self._issuers)
        try:
            answer = await _handler(call, parts)(request)
        except Disconnected:
            return
        except Exception as problem:
            told = errors.answer(problem, request.sign_in_url)
            if told is None:
                _log.exception("failed", extra={"path": call.path})
                raise
            answer = told
        await answer.send(send)


def _handler(call: Call, parts: list[str]) -> Handler:
    if call.path == CONFIG_PATH:
        methods: dict[str, Handler] = {"GET": discovery.service_config}
    elif len(parts) == 4 and parts[1] == "manage" and parts[3] in ROUTES and _SLUG.fullmatch(parts[2]):
        methods = ROUTES[parts[3]]
    else:
        raise NotHere("There is nothing at this address.")
    handler = methods.get(call.method)
    if handler is None:
        raise WrongMethod(", ".join(methods))
    return handler


def app(runtime: Runtime) -> ASGIApp:
    """The face over one runtime."""
    return Management(runtime)
