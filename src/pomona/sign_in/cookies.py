"""The cookies of the portal: the session's, and one that ties the sign-in form to the browser that was given it."""

from starlette.requests import Request
from starlette.responses import Response

from pomona.keys.keyring import KeyRing, encode
from pomona.keys.randomness import Rng
from pomona.registry import portal_sessions

PATH = "/portal"
FORM_COOKIE = "pomona_form"
_FORM_LIFE = 3600
_PURPOSE = "sign-in form"


def form_cookie(request: Request, rng: Rng) -> str:
    """The value that ties form and browser together: the one the browser has, else a fresh one."""
    return request.cookies.get(FORM_COOKIE) or encode(rng(16))


def form_token(keys: KeyRing, cookie: str) -> str:
    """What the form sends back: nobody who does not know the browser's cookie can make it."""
    return encode(keys.sign(_PURPOSE, cookie.encode()))


def set_form_cookie(response: Response, cookie: str, *, secure: bool) -> None:
    """Gives the browser its half of the form token."""
    response.set_cookie(FORM_COOKIE, cookie, max_age=_FORM_LIFE, path=f"{PATH}/sign-in", secure=secure,
                        httponly=True, samesite="lax")  # fmt: skip


def set_session_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Gives the browser its session."""
    response.set_cookie(portal_sessions.COOKIE, token, max_age=portal_sessions.LIFE // 1000, path=PATH,
                        secure=secure, httponly=True, samesite="lax")  # fmt: skip
