"""`GET /.well-known/com.apple.remotemanagement` for the built-in service, and `GET /mdmBaseURL` for all.

Neither tells why it refuses: who is whose user is nobody's business.
"""

import logging

from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.catalogue.kinds import Kind
from pomona.formats import service_discovery
from pomona.formats.service_discovery import (
    ALTERNATE,
    MODEL_FAMILY,
    USER_IDENTIFIER,
    VERSIONS,
    WELL_KNOWN,
    Server,
)
from pomona.runtime import Runtime
from pomona.runtime.asgi import JSON, Answer, Call, sentence
from pomona.service_discovery import lookup
from pomona.service_discovery.lookup import BuiltIn, NothingFound
from pomona.service_discovery.throttle import LIMITS, Throttle
from pomona.store import StoreUnavailable

_REFUSED = "This account cannot be used to enrol this device."
_log = logging.getLogger("pomona.service_discovery")


class DiscoveryFace:
    """The ASGI application."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._throttle = Throttle(LIMITS.get(runtime.settings.rate_profile))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(Call(scope, receive))
        except StoreUnavailable:
            answer = Answer(503, headers=[("retry-after", "5")])
        await answer.send(send)

    async def _answer(self, call: Call) -> Answer:
        handler = {WELL_KNOWN: self._well_known, ALTERNATE: self._alternate}.get(call.path)
        if handler is None:
            return Answer(404)
        if call.method != "GET":
            return Answer(405, headers=[("allow", "GET")])
        query = call.query()
        identifier, family = query.get(USER_IDENTIFIER, ""), query.get(MODEL_FAMILY, "")
        if not identifier or not family:
            return sentence(400, f"Expected the parameters {USER_IDENTIFIER} and {MODEL_FAMILY}.")
        return await handler(call, identifier, family)

    async def _well_known(self, call: Call, identifier: str, family: str) -> Answer:
        """The built-in service's own document; the same for every name in a verified domain."""
        version = VERSIONS.get(family)
        try:
            if version is None:
                raise NothingFound("the model family does not enrol by an account")
            organization = await self._runtime.store.read(lambda tx: lookup.organization_of(tx, identifier))
        except NothingFound as reason:
            self._note(reason)
            return Answer(403, service_discovery.refusal(_REFUSED), JSON)
        base_url = f"{self._base(call)}/{organization.slug}/{version.removeprefix('mdm-')}"
        return Answer(200, service_discovery.document(Server(version, base_url)), JSON)

    async def _alternate(self, call: Call, identifier: str, family: str) -> Answer:
        """Sends the device on to the discovery URL of the service that takes its kind."""
        address = self._runtime.origins.client_address(call.scope)
        if wait := self._throttle.wait(address, self._runtime.clock.now()):
            return Answer(429, headers=[("retry-after", str(wait // 1000 + 1))])
        try:
            if family not in VERSIONS:
                raise NothingFound("the model family does not enrol by an account")
            kind = Kind.from_text(family)
            found = await self._runtime.store.read(lambda tx: lookup.target(tx, identifier, kind))
        except NothingFound as reason:
            self._note(reason)
            return Answer(404)
        url = found
        if isinstance(found, BuiltIn):
            url = f"{self._base(call)}/{found.organization.slug}/discovery"
        location = service_discovery.redirect(str(url), identifier, family)
        return Answer(302, headers=[("location", location), ("cache-control", "no-store")])

    def _base(self, call: Call) -> str:
        return f"{self._runtime.origins.of(call.scope)}/manage"

    @staticmethod
    def _note(reason: NothingFound) -> None:
        _log.info("no service discovered", extra={"problem": str(reason)})


def app(runtime: Runtime) -> ASGIApp:
    """The face over one runtime."""
    return DiscoveryFace(runtime)
