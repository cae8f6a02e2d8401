"""Which call is answered by what."""

from collections.abc import Mapping

from starlette.types import ASGIApp

from pomona.device_assignment import (
    account,
    account_driven,
    beta,
    devices,
    ownership,
    profiles,
    renewal,
    session,
)
from pomona.device_assignment.face import Face, Handler
from pomona.runtime import Runtime

HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "/account": {"GET": account.account},
    "/server/devices": {"POST": devices.fetch},
    "/devices/sync": {"POST": devices.sync},
    "/devices": {"POST": devices.details},
    "/devices/disown": {"POST": ownership.disown},
    "/device/activationlock": {"POST": ownership.activation_lock},
    "/device/replacementDetails": {"GET": ownership.replacement},
    "/profile": {"GET": profiles.show, "POST": profiles.define},
    # The documentation says POST; NanoDEP, MicroMDM and Fleet send PUT.
    "/profile/devices": {"POST": profiles.assign, "PUT": profiles.assign, "DELETE": profiles.remove},
    "/account-driven-enrollment/profile": {
        "GET": account_driven.show,
        "POST": account_driven.register,
        "DELETE": account_driven.remove,
    },
    "/os-beta-enrollment/tokens": {"GET": beta.tokens},
    renewal.PATH: {"POST": renewal.renew},
}

PATHS = ("/session", *HANDLERS)
"""Every path of this face; below them there is nothing."""


def app(runtime: Runtime) -> ASGIApp:
    """The face over a runtime. It answers 404 and 405 itself, with empty bodies."""
    return Face(runtime, session.open_session, HANDLERS)
