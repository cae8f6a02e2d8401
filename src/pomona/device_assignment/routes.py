"""Which call is answered by what."""

from collections.abc import Mapping

from starlette.types import ASGIApp

from pomona.device_assignment import account, devices, profiles, session
from pomona.device_assignment.face import Face, Handler
from pomona.runtime import Runtime

HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "/account": {"GET": account.account},
    "/server/devices": {"POST": devices.fetch},
    "/devices/sync": {"POST": devices.sync},
    "/devices": {"POST": devices.details},
    "/profile": {"GET": profiles.show, "POST": profiles.define},
    # The documentation says POST; NanoDEP, MicroMDM and Fleet send PUT.
    "/profile/devices": {"POST": profiles.assign, "PUT": profiles.assign, "DELETE": profiles.remove},
}

PATHS = ("/session", *HANDLERS)
"""Every path of this face; below them there is nothing."""


def app(runtime: Runtime) -> ASGIApp:
    """The face over a runtime. It answers 404 and 405 itself, with empty bodies."""
    return Face(runtime, session.open_session, HANDLERS)
