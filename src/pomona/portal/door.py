"""Between a request and a page's function: who is it, may they, is the form theirs; and the answer's headers.

A page is shown in one transaction: the session is looked up in the same snapshot as what the page shows.
"""

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pomona.keys.keyring import KeyRing, encode
from pomona.portal import errors, forms, menu, permissions, replies
from pomona.portal.answers import Answer, Download, Moved, Piece, Shown, Stream
from pomona.portal.notices import NOTICES
from pomona.portal.pages import Pages
from pomona.portal.permissions import Permission
from pomona.portal.visit import View, Visit
from pomona.registry import organizations, portal_sessions
from pomona.registry.errors import Forbidden, RegistryError
from pomona.registry.portal_sessions import Session
from pomona.runtime import Runtime
from pomona.runtime.asgi import Disconnected
from pomona.store import StoreError, Tx

_log = logging.getLogger("pomona.portal")
_PURPOSE = "portal form"
_OUT_OF_DATE = (
    "This form is out of date: it was made before you signed in. Go back, reload the page and try again."
)

Verb = Literal["show", "ask", "act"]
"""`show` answers GET, `ask` a POST that only looks (a preview), `act` a POST that changes something."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one method of a path does. `again` shows the form anew when what was typed is refused."""

    verb: Verb
    view: View
    needs: Permission | None
    again: View | None = None
    prepare: Callable[[Visit], Any] | None = None
    """The slow part of a change (hashing a password), done in a thread before the transaction begins."""
    large: bool = False
    """Whether the form may carry a long list of devices."""


def form_token(keys: KeyRing, session: Session) -> str:
    """What each form carries to show that it was made for this session."""
    return encode(keys.sign(_PURPOSE, session.key))


class Door:
    """Serves pages over one runtime."""

    def __init__(self, runtime: Runtime, pages: Pages) -> None:
        self._runtime = runtime
        self._pages = pages

    async def answer(self, request: Request, step: Step) -> Response:
        """The response of a step, whatever happens."""
        if "\0" in request.url.path or "%00" in request.url.query:
            return self.bare(404, "There is no page at this address.")
        try:
            if step.verb == "show":
                return await self._show(request, step)
            return await self._post(request, step)
        except StoreError as problem:
            return self.bare(503, str(problem))
        except Disconnected:
            raise
        except Exception:  # noqa: BLE001 a person is shown a page, whatever we got wrong
            _log.exception("a page failed", extra={"path": request.url.path})
            return self.bare(
                500, "Something went wrong here. What happened is in the log of this installation."
            )

    def bare(self, status: int, problem: str) -> Response:
        """A page for somebody we do not know: no menu."""
        context = {"title": errors.TITLES[status], "problem": problem, "status": status, "now": 0}
        return self._pages.response("bare_problem.html", context, status)

    async def _show(self, request: Request, step: Step) -> Response:
        now = self._runtime.clock.now()

        def work(tx: Tx) -> tuple[Visit, Answer | RegistryError] | None:
            visit = self._enter(tx, request, now)
            return None if visit is None else (visit, _seen(tx, visit, step))

        found = await self._runtime.store.read(work)
        if found is None:
            return replies.to_sign_in(request)
        return await self._finish(request, *found)

    async def _post(self, request: Request, step: Step) -> Response:
        now = self._runtime.clock.now()
        visit = await self._runtime.store.read(lambda tx: self._enter(tx, request, now))
        if visit is None:
            return replies.to_sign_in(request)
        try:
            _permit(visit, step)
            visit = replace(visit, form=await forms.read(request, self._limit(step)))
            self._check_token(visit)
        except (RegistryError, forms.TooLarge, forms.Unreadable) as problem:
            return await self._finish(request, visit, problem)
        return await self._finish(request, visit, await self._done(visit, step))

    async def _done(self, visit: Visit, step: Step) -> Answer | RegistryError:
        store = self._runtime.store
        try:
            if step.prepare is not None:
                visit = replace(visit, prepared=await asyncio.to_thread(step.prepare, visit))
            if step.verb == "act":
                return await store.write(lambda tx: step.view(tx, visit))
            return await store.scan(lambda tx: step.view(tx, visit))
        except RegistryError as problem:
            return await self._again(replace(visit, problem=str(problem)), step, problem)

    async def _again(self, visit: Visit, step: Step, problem: RegistryError) -> Answer | RegistryError:
        """The form once more, with what was typed and what was wrong with it."""
        view = step.again
        if view is None:
            return problem
        try:
            answer = await self._runtime.store.scan(lambda tx: view(tx, visit))
        except RegistryError as worse:
            return worse
        if not isinstance(answer, Shown):
            return answer
        context = {**answer.context, "problem": visit.problem}
        return replace(answer, status=errors.status_of(problem), context=context)

    def _enter(self, tx: Tx, request: Request, now: int) -> Visit | None:
        origin = self._runtime.origins.of(request.scope)
        token = request.cookies.get(replies.cookie_name(origin))
        session = portal_sessions.find(tx, token, now) if token else None
        if session is None:
            return None
        return Visit(
            runtime=self._runtime,
            session=session,
            organization=organizations.get(tx, session.organization_id),
            permissions=permissions.of_role(session.role),
            actor=session.actor.at(self._runtime.origins.client_address(request.scope)),
            now=now,
            origin=origin,
            path=request.path_params,
            query=request.query_params,
        )

    def _limit(self, step: Step) -> int:
        settings = self._runtime.settings
        return settings.activity_body_limit if step.large else settings.body_limit

    def _check_token(self, visit: Visit) -> None:
        expected = form_token(self._runtime.keys, visit.session)
        if not hmac.compare_digest(expected.encode(), visit.form.text("form_token").encode()):
            raise Forbidden(_OUT_OF_DATE)

    async def _finish(self, request: Request, visit: Visit, answer: Answer | Exception) -> Response:
        response = self._response(request, visit, answer)
        if visit.session.due(visit.now) and not isinstance(answer, Moved):
            await self._runtime.store.write(lambda tx: portal_sessions.extend(tx, visit.session, visit.now))
            replies.set_cookie(response, request.cookies[replies.cookie_name(visit.origin)], visit.origin)
        return response

    def _response(self, request: Request, visit: Visit, answer: Answer | Exception) -> Response:
        if isinstance(answer, Moved):
            return replies.moved(answer, visit.origin)
        if isinstance(answer, Download):
            return Response(
                answer.body, media_type=answer.media_type, headers=replies.file_headers(answer.name)
            )
        if isinstance(answer, Stream):
            body = self._pieces(answer)
            return StreamingResponse(
                body, media_type=answer.media_type, headers=replies.file_headers(answer.name)
            )
        if isinstance(answer, Exception):
            status = errors.status_of(answer)
            answer = Shown("problem.html", {"title": errors.TITLES[status], "said": str(answer)}, status)
        context = {**self._surroundings(request, visit), **answer.context}
        return self._pages.response(answer.template, context, answer.status)

    def _surroundings(self, request: Request, visit: Visit) -> dict[str, Any]:
        return {
            "now": visit.now,
            "here": request.url.path,
            "organization": visit.organization,
            "person": visit.session,
            "menu": menu.menu(visit.permissions, request.url.path),
            "can": {permission.value: permission in visit.permissions for permission in Permission},
            "form_token": form_token(self._runtime.keys, visit.session),
            "form": visit.form.typed(),
            "notice": NOTICES.get(request.query_params.get("said", ""), ""),
            "problem": "",
        }

    async def _pieces(self, stream: Stream) -> AsyncIterator[bytes]:
        at = stream.start
        while at is not None:
            piece, at = await self._runtime.store.scan(partial(_piece, stream=stream, at=at))
            yield piece


def _piece(tx: Tx, stream: Stream, at: Any) -> Piece:
    return stream.piece(tx, at)


def _seen(tx: Tx, visit: Visit, step: Step) -> Answer | RegistryError:
    try:
        _permit(visit, step)
        return step.view(tx, visit)
    except RegistryError as problem:
        return problem


def _permit(visit: Visit, step: Step) -> None:
    if step.needs is not None and not visit.may(step.needs):
        raise Forbidden(
            f"Your role does not allow this ({step.needs.value}). Ask an administrator of {visit.organization.name}."
        )
