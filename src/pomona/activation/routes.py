"""`POST /activation/v1/record`: a simulated device asks for its activation record.

The body is a CMS message signed with the device's factory identity; its content is JSON like
`{"action":"RequestProfileConfiguration","sn":"F2LXO0ABCDEF","udid":"…"}`. With the action `LeaveOrganization` its user takes
it out of the organisation; how a real device tells Apple so is not known.
"""

import logging

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.activation import record
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.formats.cms import BadSignature, MalformedCms
from pomona.registry import leaving, organizations, profile_assignments
from pomona.registry.errors import Forbidden, NotFound
from pomona.registry.organizations import Organization
from pomona.registry.profile_assignments import Activation
from pomona.runtime import Runtime, anchors, device_signatures
from pomona.runtime.asgi import JSON, Answer, BodyTooLarge, Call, Disconnected, sentence
from pomona.runtime.device_signatures import UntrustedDevice
from pomona.store import StoreUnavailable, Tx

PATH = "/activation/v1/record"
ACTION = "RequestProfileConfiguration"
LEAVE = "LeaveOrganization"

STATUSES: dict[type[Exception], int] = {
    MalformedCms: 400,
    BadSignature: 400,
    InvalidSerial: 400,
    msgspec.MsgspecError: 400,
    UntrustedDevice: 403,
    Forbidden: 403,
    NotFound: 404,
    BodyTooLarge: 413,
    StoreUnavailable: 503,
}

_log = logging.getLogger("pomona.activation")


class Asked(msgspec.Struct):
    """What a device signs."""

    action: str
    sn: str
    udid: str


class ActivationFace:
    """The ASGI application."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(Call(scope, receive))
        except Disconnected:
            return
        except tuple(STATUSES) as problem:
            status = next(STATUSES[kind] for kind in type(problem).__mro__ if kind in STATUSES)
            answer = sentence(status, str(problem))
        await answer.send(send)

    async def _answer(self, call: Call) -> Answer:
        if call.path != PATH:
            return Answer(404)
        if call.method != "POST":
            return Answer(405, headers=[("allow", "POST")])
        runtime = self._runtime
        signed = await device_signatures.read(runtime, await call.body(runtime.settings.body_limit))
        asked = msgspec.json.decode(signed.content, type=Asked)
        if asked.action not in (ACTION, LEAVE):
            return sentence(400, f"The action is unknown; expected {ACTION} or {LEAVE}.")
        serial, now = canonical(asked.sn), runtime.clock.now()
        if signed.serial not in (None, serial):
            return self._nothing("the identity is for another serial number")
        if asked.action == LEAVE:
            address = runtime.origins.client_address(call.scope)
            await runtime.store.write(lambda tx: leaving.leave(tx, serial, address=address, now=now))
            return Answer(204)

        def fetch(tx: Tx) -> tuple[Activation, Organization] | None:
            found = profile_assignments.fetched(tx, serial, now=now)
            if found is None:
                return None
            return found, organizations.get(tx, found.organization_id)

        fetched = await runtime.store.write(fetch)
        if fetched is None:
            return self._nothing("unknown, on no service, or without a profile")
        origin = runtime.origins.of(call.scope)
        body = record.build(*fetched, origin, anchors.for_origin(runtime.settings, origin))
        return Answer(200, body, JSON, [("cache-control", "no-store")])

    @staticmethod
    def _nothing(reason: str) -> Answer:
        """A device is told the same whatever the reason; the log has it."""
        _log.info("no activation record", extra={"problem": reason})
        return Answer(404)


def app(runtime: Runtime) -> ASGIApp:
    """The face over one runtime."""
    return ActivationFace(runtime)
