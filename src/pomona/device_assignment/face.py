"""The face itself: from a request's bytes to a handler and back, with as little in between as the protocol allows.

A management service reads a million devices a page at a time; so there is no framework here, one transaction a request,
and one keyed read that finds out whether the session still holds.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar
from urllib.parse import parse_qs

from starlette.types import Message, Receive, Scope, Send

from pomona.device_assignment import errors
from pomona.device_assignment.auth import Session, Sessions
from pomona.device_assignment.contacts import Contacts
from pomona.device_assignment.cursors import Cursors
from pomona.device_assignment.errors import Refused
from pomona.device_assignment.limits import Limits
from pomona.device_assignment.pages import NEWEST
from pomona.registry import sessions
from pomona.registry.sessions import Party
from pomona.runtime import Runtime
from pomona.runtime.asgi import Disconnected
from pomona.store import Tx

T = TypeVar("T")

_JSON = (b"content-type", b"application/json;charset=UTF8")
_TEXT = (b"content-type", b"text/plain;charset=UTF8")
_VERSION = re.compile(rb"[0-9]{1,9}")


@dataclass(slots=True)
class Call:
    """A request whose session is one of ours and not too old. `now` in ms; `rotated` replaces the client's session."""

    scope: Scope
    headers: Mapping[bytes, bytes]
    body: bytes
    session: Session
    version: int
    now: int
    rotated: str | None = None

    def query(self, name: str) -> str:
        """A parameter of the query, or ""."""
        found = parse_qs(self.scope["query_string"].decode("latin-1"), errors="replace").get(name)
        return found[0].strip() if found else ""


Answer = bytes | tuple[bytes, ...]
"""A JSON document, in one piece or in several: the middle of a page is half a megabyte that need not be copied."""

Handler = Callable[["Face", Call], Awaitable[Answer]]
"""Answers a call, or refuses it."""

Opener = Callable[["Face", Scope, Mapping[bytes, bytes], int], Awaitable[bytes]]
"""Answers `GET /session`."""


class Face:
    """The ASGI application: exact paths and methods, each with its handler."""

    def __init__(
        self, runtime: Runtime, opener: Opener, handlers: Mapping[str, Mapping[str, Handler]]
    ) -> None:
        self.runtime = runtime
        self.contacts = Contacts(runtime)
        self.cursors = Cursors(runtime.keys)
        self.sessions = Sessions(runtime.keys)
        self._limits = Limits(runtime.settings.rate_profile)
        self._opener = opener
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        now = self.runtime.clock.now()
        try:
            body: Answer
            if scope["path"] == "/session":
                body, session = await self._open(scope, headers, now), b""
            else:
                body, session = await self._handle(scope, headers, receive, now)
        except Refused as refused:
            await _refuse(send, refused)
        except Disconnected:
            return
        except errors.HANDLED as problem:
            await _refuse(send, errors.translated(problem))
        else:
            shown = ((b"x-adm-auth-session", session),) if session else ()
            await _send(send, 200, body, _JSON, *shown)

    async def read(self, call: Call, work: Callable[[Tx, Party], T]) -> T:
        """A short read by a service that is admitted."""
        return await self.runtime.store.read(lambda tx: work(tx, self._admitted(tx, call)))

    async def scan(self, call: Call, work: Callable[[Tx, Party], T]) -> T:
        """A long one."""
        return await self.runtime.store.scan(lambda tx: work(tx, self._admitted(tx, call)))

    async def write(self, call: Call, work: Callable[[Tx, Party], T]) -> T:
        """A change by a service that is admitted, its organisation's only one at that moment."""

        def locked(tx: Tx) -> T:
            tx.lock(call.session.organization_id)
            return work(tx, self._admitted(tx, call))

        return await self.runtime.store.write(locked)

    async def _open(self, scope: Scope, headers: Mapping[bytes, bytes], now: int) -> bytes:
        if scope["method"] != "GET":
            raise Refused(405, "")
        self._limits.spend(self.runtime.origins.client_address(scope) or "", self.runtime.clock.wall())
        return await self._opener(self, scope, headers, now)

    async def _handle(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, now: int
    ) -> tuple[Answer, bytes]:
        methods = self._handlers.get(scope["path"])
        if methods is None:
            raise Refused(404, "")
        handler = methods.get(scope["method"])
        if handler is None:
            raise Refused(405, "")
        if not headers.get(b"user-agent", b"").strip():
            raise Refused(400, "USER_AGENT_MISSING")
        presented = headers.get(b"x-adm-auth-session", b"")
        session = self.sessions.open(presented, now)
        self._limits.spend(session.service_id, self.runtime.clock.wall())
        body = b"" if scope["method"] == "GET" else await self._body(receive)
        version = protocol_version(headers.get(b"x-server-protocol-version", b"1"))
        call = Call(scope, headers, body, session, version, now)
        answer = await handler(self, call)
        self.contacts.seen(session.service_id, self.runtime.origins.client_address(scope), now)
        return answer, call.rotated.encode() if call.rotated else presented

    async def _body(self, receive: Receive) -> bytes:
        limit = self.runtime.settings.body_limit
        message = await _received(receive)
        body: bytes = message.get("body", b"")
        if message.get("more_body"):
            parts = [body]
            size = len(body)
            while message.get("more_body") and size <= limit:
                message = await _received(receive)
                parts.append(message.get("body", b""))
                size += len(parts[-1])
            body = b"".join(parts)
        if len(body) > limit:
            raise Refused(413, "REQUEST_TOO_LARGE")
        return body

    def _admitted(self, tx: Tx, call: Call) -> Party:
        """Whom the session speaks for. Whatever has ended meanwhile ends the session; `/session` says what it was."""
        party = sessions.party(tx, call.session.token_id, call.now)
        if party is None or party.issued_at != call.session.issued_at or not party.admitted:
            raise errors.unauthorized()
        if party.switches.reject_user_agent and _matcher(party.switches.reject_user_agent).search(
            call.headers[b"user-agent"].decode("latin-1")
        ):
            raise Refused(400, "USER_AGENT_INVALID")
        if party.switches.rotate_session:
            fresh = call.session._replace(opened_at=call.now)
            call.rotated = self.sessions.seal(fresh, self.runtime.rng)
        return party


async def _received(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message


def protocol_version(header: bytes) -> int:
    """The version a client asks for: 1 without a usable header, the newest for one from the future."""
    text = header.strip()
    return min(max(int(text), 1), NEWEST) if _VERSION.fullmatch(text) else 1


@lru_cache(maxsize=64)
def _matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


async def _refuse(send: Send, refused: Refused) -> None:
    retry = (b"retry-after", str(refused.seconds).encode())
    await _send(
        send, refused.status, refused.code.encode(), _TEXT, *((retry,) if refused.seconds is not None else ())
    )


async def _send(send: Send, status: int, body: Answer, *headers: tuple[bytes, bytes]) -> None:
    pieces = (body,) if isinstance(body, bytes) else body
    length = (b"content-length", str(sum(map(len, pieces))).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    for piece in pieces[:-1]:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": pieces[-1]})
