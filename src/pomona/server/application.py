"""One ASGI application of all faces: which path belongs to whom.

Paths are matched exactly or by their first segments; a face answers itself for what it does not know below them.
"""

from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.runtime import Runtime
from pomona.server import health

Make = Callable[[Runtime], ASGIApp]

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


def compose(runtime: Runtime) -> Application:
    """All faces over one runtime."""
    # Imported here: a process that serves nothing (most of the command line) should not pay for them.
    from pomona.activation import routes as activation
    from pomona.business_api import routes as business_api
    from pomona.device_assignment import routes as device_assignment
    from pomona.enroll_service import routes as enroll_service
    from pomona.management import routes as management
    from pomona.portal import routes as portal
    from pomona.portal.sign_in_page import SignInPage
    from pomona.service_discovery import routes as service_discovery
    from pomona.sign_in import routes as sign_in

    assignment = device_assignment.app(runtime)
    business = business_api.app(runtime)
    discovery = service_discovery.app(runtime)
    managed = management.app(runtime)
    pages = portal.app(runtime)
    exact: dict[str, ASGIApp] = {
        **dict.fromkeys(ASSIGNMENT_PATHS, assignment),
        **dict.fromkeys(DISCOVERY_PATHS, discovery),
        "/MDMServiceConfig": managed,
        "/portal/sign-in": sign_in.app(runtime, SignInPage()),
        "/": health.to_portal,
        "/healthz": health.alive,
        "/readyz": health.Ready(runtime),
    }
    segments: dict[tuple[str, ...], ASGIApp] = {
        ("v1",): business,
        ("auth",): business,
        ("pomona", "v1", "activities"): business,
        ("enroll-service",): enroll_service.app(runtime),
        ("manage",): managed,
        ("activation",): activation.app(runtime),
        ("portal",): pages,
    }
    return Application(exact, segments)
