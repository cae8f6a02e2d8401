"""The portal as an application: pages by the site map, static files, and what answers for everything else."""

import contextlib

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.portal.assets import PREFIX, Assets
from pomona.portal.door import Door
from pomona.portal.pages import Pages
from pomona.portal.site_map import PAGES, Steps
from pomona.runtime import Runtime
from pomona.runtime.asgi import Disconnected


def app(runtime: Runtime) -> ASGIApp:
    """The portal: all pages below `/portal/` but the sign-in form."""
    assets = Assets()
    door = Door(runtime, Pages(assets))
    routes = [Route(path, _Page(door, steps)) for path, steps in PAGES.items()]
    routes.append(Route(PREFIX + "{name}", _Static(door, assets)))
    routes.append(Route("/portal", _ToStart()))
    return Router(routes, redirect_slashes=False, default=_Nothing(door))


class _Page:
    """One address: its methods' steps, and 405 for the others."""

    def __init__(self, door: Door, steps: Steps) -> None:
        self._door = door
        self._steps = steps
        self._allowed = ", ".join(sorted({*steps, *(["HEAD"] if "GET" in steps else [])}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        step = self._steps.get("GET" if request.method == "HEAD" else request.method)
        if step is None:
            response = self._door.bare(405, f"Nothing here takes {request.method}.")
            response.headers["allow"] = self._allowed
            await response(scope, receive, send)
            return
        with contextlib.suppress(Disconnected):
            response = await self._door.answer(request, step)
            await response(scope, receive, send)


class _Static:
    """Files named by their content."""

    def __init__(self, door: Door, assets: Assets) -> None:
        self._door = door
        self._assets = assets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._assets.response(scope["path_params"]["name"])
        response: Response = found or self._door.bare(404, "There is no such file.")
        await response(scope, receive, send)


class _ToStart:
    """Mends an address without its slash."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await RedirectResponse("/portal/", 303)(scope, receive, send)


class _Nothing:
    """An address that nothing answers."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._door.bare(404, "There is no page at this address.")
        await response(scope, receive, send)
