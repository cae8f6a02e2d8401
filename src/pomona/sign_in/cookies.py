"""The cookies of the portal: the session's, and one that ties the sign-in form to the browser that was given it."""

from starlette.requests import Request
from starlette.responses import Response

from pomona.keys.keyring import KeyRing, encode
from pomona.keys.randomness import Rng
from pomona.registry import portal_sessions

PATH = "/portal"
_FORM_LIFE = 3600
_PURPOSE = "sign-in form"


def form_cookie(request: Request, *, secure: bool) -> str:
    """The value that ties form and browser together, if the browser has one; else empty."""
    return request.cookies.get(_name(secure), "")


def fresh_form_cookie(rng: Rng) -> str:
    """A new such value."""
    return encode(rng(16))


def form_token(keys: KeyRing, cookie: str) -> str:
    """What the form sends back: nobody who does not know the browser's cookie can make it."""
    return encode(keys.sign(_PURPOSE, cookie.encode()))


def set_form_cookie(response: Response, cookie: str, *, secure: bool) -> None:
    """Gives the browser its half of the form token."""
    response.set_cookie(_name(secure), cookie, max_age=_FORM_LIFE, path=f"{PATH}/sign-in", secure=secure,
                        httponly=True, samesite="lax")  # fmt: skip


def set_session_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Gives the browser its session."""
    name = portal_sessions.cookie_name(secure=secure)
    response.set_cookie(name, token, max_age=portal_sessions.LIFE // 1000, path=PATH,
                        secure=secure, httponly=True, samesite="lax")  # fmt: skip


def forget_form_cookie(response: Response, *, secure: bool) -> None:
    """Takes the form's cookie back: it has done its work."""
    response.delete_cookie(_name(secure), path=f"{PATH}/sign-in", secure=secure)


def _name(secure: bool) -> str:
    # As with the session: a secure cookie cannot be replaced over plain HTTP, so each has a name of its own.
    return "__Secure-pomona_form" if secure else "pomona_form"
