"""The sign-in form at `/portal/sign-in`. Signing out is a button on the portal's pages."""

import asyncio
import contextlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.keys.passwords import check_password
from pomona.registry import portal_sessions
from pomona.runtime import Runtime
from pomona.runtime.asgi import BodyTooLarge, Call, Disconnected
from pomona.sign_in import cookies
from pomona.sign_in.page import SignInForm, SignInPage

SIGN_IN = "/portal/sign-in"
HOME = "/portal/"
_BODY_LIMIT = 16_384
_HASHERS = 2
"""Passwords checked at once: each takes 19 MiB and 20 ms of a processor."""

_WRONG = "That mail address and password do not belong together. Check both and try again."
_OUT_OF_DATE = "The form was out of date. Please sign in again."
_NOT_OURS = "The form could not be read. Please try again."


@dataclass(frozen=True, slots=True)
class _Sent:
    """The form as it came back."""

    form_token: str
    email: str
    password: str
    go_on: str


def app(runtime: Runtime, page: SignInPage) -> ASGIApp:
    """Answers GET and POST of the sign-in form; `page` gives it its look."""
    return _SignIn(runtime, page)


class _SignIn:
    def __init__(self, runtime: Runtime, page: SignInPage) -> None:
        self._runtime = runtime
        self._page = page
        self._hashers = ThreadPoolExecutor(_HASHERS, thread_name_prefix="pomona-password")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(Disconnected):
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            return self._form(request, SignInForm("", go_on=request.query_params.get("next", "")), 200)
        if request.method == "POST":
            return await self._signed_in(request)
        return Response(status_code=405, headers={"allow": "GET, HEAD, POST"})

    def _form(self, request: Request, form: SignInForm, status: int) -> Response:
        secure = self._secure(request)
        cookie = cookies.form_cookie(request, secure=secure) or cookies.fresh_form_cookie(self._runtime.rng)
        token = cookies.form_token(self._runtime.keys, cookie)
        response = self._page(replace(form, form_token=token, go_on=_inside(form.go_on)), status)
        cookies.set_form_cookie(response, cookie, secure=secure)
        return response

    async def _signed_in(self, request: Request) -> Response:
        sent = await _read(request)
        if sent is None:
            return self._form(request, SignInForm("", problem=_NOT_OURS), 400)
        again = SignInForm("", email=sent.email, go_on=sent.go_on)
        if not self._is_ours(request, sent.form_token):
            return self._form(request, replace(again, problem=_OUT_OF_DATE), 403)
        address = self._runtime.origins.client_address(request.scope) or ""
        now = self._runtime.clock.now()
        wait = await self._runtime.store.write(
            partial(portal_sessions.attempt, email=sent.email, address=address, now=now)
        )
        if wait:
            minutes = -(-wait // 60_000)
            problem = f"Too many attempts. Wait {minutes} minute{'s' if minutes > 1 else ''} and try again."
            response = self._form(request, replace(again, problem=problem), 429)
            response.headers["retry-after"] = str(-(-wait // 1000))
            return response
        return await self._opened(request, sent, address) or self._form(
            request, replace(again, problem=_WRONG), 403
        )

    async def _opened(self, request: Request, sent: _Sent, address: str) -> Response | None:
        store = self._runtime.store
        known = await store.read(partial(portal_sessions.credentials, email=sent.email))
        stored = None if known is None else known.password_hash
        right = await asyncio.get_running_loop().run_in_executor(
            self._hashers, check_password, stored, sent.password
        )
        if not right or known is None:
            return None
        token = portal_sessions.new_token(self._runtime.rng)
        session = await store.write(
            partial(
                portal_sessions.open_session,
                account_id=known.account_id,
                token=token,
                email=sent.email,
                address=address,
                now=self._runtime.clock.now(),
            )
        )
        if session is None:
            return None
        response = RedirectResponse(_inside(sent.go_on) or HOME, 303, {"cache-control": "no-store"})
        cookies.set_session_cookie(response, token, secure=self._secure(request))
        cookies.forget_form_cookie(response, secure=self._secure(request))
        return response

    def _is_ours(self, request: Request, token: str) -> bool:
        cookie = cookies.form_cookie(request, secure=self._secure(request))
        expected = cookies.form_token(self._runtime.keys, cookie)
        return bool(cookie) and hmac.compare_digest(expected.encode(), token.encode())

    def _secure(self, request: Request) -> bool:
        return self._runtime.origins.of(request.scope).startswith("https:")


async def _read(request: Request) -> _Sent | None:
    try:
        body = await Call(request.scope, request.receive).body(_BODY_LIMIT)
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=10, errors="strict")
    except (BodyTooLarge, ValueError):
        return None
    said = {name: values[0] for name, values in fields.items()}
    if not said.get("email", "").isprintable():
        return None
    return _Sent(*(said.get(name, "") for name in ("form_token", "email", "password", "next")))


def _inside(target: str) -> str:
    """Where to go on, if it is one of our own pages; nobody is sent elsewhere."""
    inside = target.startswith(HOME) and target.isascii() and target.isprintable() and "\\" not in target
    return target if inside and len(target) < 2000 else ""
