"""Answers that are no page of ours: redirections, downloads, and the session's cookie."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pomona.portal.answers import Moved
from pomona.portal.pages import HEADERS
from pomona.registry import portal_sessions

SIGN_IN = "/portal/sign-in"
_PATH = "/portal"


def to_sign_in(request: Request) -> Response:
    """Whoever is not signed in is sent to the form, and from there back to the page that was asked for."""
    target = request.url.path
    if request.url.query:
        target += f"?{request.url.query}"
    after = "" if target == "/portal/" or request.method == "POST" else f"?next={quote(target)}"
    return RedirectResponse(SIGN_IN + after, 303, {"cache-control": "no-store"})


def moved(answer: Moved, origin: str) -> Response:
    """On to another page, with a word about what was done; to the sign-in form without the session's cookie."""
    location = answer.location
    if answer.said:
        location += ("&" if "?" in location else "?") + urlencode({"said": answer.said})
    response = RedirectResponse(location, 303, {"cache-control": "no-store"})
    if location == SIGN_IN:
        response.delete_cookie(cookie_name(origin), path=_PATH, secure=_secure(origin))
    return response


def file_headers(name: str) -> Mapping[str, str]:
    """For a download: its name in ASCII and as it is (RFC 6266), and what every page has."""
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in name
    )
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return {**HEADERS, "content-disposition": disposition}


def cookie_name(origin: str) -> str:
    """The name of the session's cookie at the origin that the browser uses."""
    return portal_sessions.cookie_name(secure=_secure(origin))


def set_cookie(response: Response, token: str, origin: str) -> None:
    """Gives the browser its session anew, so that the cookie lives as long as the session."""
    response.set_cookie(cookie_name(origin), token, max_age=portal_sessions.LIFE // 1000, path=_PATH,
                        secure=_secure(origin), httponly=True, samesite="lax")  # fmt: skip


def _secure(origin: str) -> bool:
    return origin.startswith("https:")
