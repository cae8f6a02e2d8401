"""One ASGI application of all faces: which path belongs to whom.

Paths are matched exactly or by their first segments; a face answers itself for what it does not know below them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib import import_module

from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.runtime import Runtime
from pomona.server import health

ASSIGNMENT_PATHS = (
    "/session",
    "/account",
    "/server/devices",
    "/devices",
    "/devices/sync",
    "/devices/disown",
    "/device/activationlock",
    "/device/replacementDetails",
    "/profile",
    "/profile/devices",
    "/account-driven-enrollment/profile",
    "/os-beta-enrollment/tokens",
    "/pomona/v1/service/token",
)
DISCOVERY_PATHS = ("/mdmBaseURL", "/.well-known/com.apple.remotemanagement")


class Application:
    """Hands each request to the face its path belongs to; 404 with an empty body for what is nobody's."""

    def __init__(self, exact: Mapping[str, ASGIApp], segments: Mapping[tuple[str, ...], ASGIApp]) -> None:
        self._exact = dict(exact)
        self._first = {key[0]: app for key, app in segments.items() if len(key) == 1}
        self._deep = {key: app for key, app in segments.items() if len(key) > 1}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.face(scope["path"])(scope, receive, send)

    def face(self, path: str) -> ASGIApp:
        """Who answers for a path."""
        app = self._exact.get(path)
        if app is not None:
            return app
        parts = path.split("/", 4)
        app = self._first.get(parts[1]) if len(parts) > 1 else None
        if app is not None:
            return app
        return self._deep.get(tuple(parts[1:4]), health.not_found)

    async def get_ready(self) -> None:
        """Makes every face, letting requests in between them."""
        for app in dict.fromkeys((*self._exact.values(), *self._first.values(), *self._deep.values())):
            if isinstance(app, Face):
                app.ready()
                await asyncio.sleep(0)


class Face:
    """A face that is made when its first request comes, unless there was time to make it before.

    Importing all faces takes longer than everything else that a start does, and a client waits for one of them.
    """

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._app: ASGIApp | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.ready()(scope, receive, send)

    def ready(self) -> ASGIApp:
        """The face, made now if it was not yet."""
        if self._app is None:
            self._app = self._make()
        return self._app


def compose(runtime: Runtime) -> Application:
    """All faces over one runtime."""
    assignment = _routes(runtime, "device_assignment")
    business = _routes(runtime, "business_api")
    discovery = _routes(runtime, "service_discovery")
    management = _routes(runtime, "management")
    enrolling = _routes(runtime, "enroll_service")
    exact: dict[str, ASGIApp] = {
        **dict.fromkeys(ASSIGNMENT_PATHS, assignment),
        **dict.fromkeys(DISCOVERY_PATHS, discovery),
        "/MDMServiceConfig": management,
        "/pomona/v1/orders:validate": enrolling,
        "/pomona/v1/orders/openapi.json": enrolling,
        "/portal/sign-in": Face(partial(_sign_in, runtime)),
        "/": health.to_portal,
        "/healthz": health.alive,
        "/readyz": health.Ready(runtime),
    }
    segments: dict[tuple[str, ...], ASGIApp] = {
        ("v1",): business,
        ("auth",): business,
        ("pomona",): business,
        ("enroll-service",): enrolling,
        ("manage",): management,
        ("activation",): _routes(runtime, "activation"),
        ("portal",): _routes(runtime, "portal"),
    }
    return Application(exact, segments)


def _routes(runtime: Runtime, room: str) -> Face:
    def make() -> ASGIApp:
        app: ASGIApp = import_module(f"pomona.{room}.routes").app(runtime)
        return app

    return Face(make)


def _sign_in(runtime: Runtime) -> ASGIApp:
    from pomona.portal.sign_in_page import SignInPage
    from pomona.sign_in import routes

    return routes.app(runtime, SignInPage())
