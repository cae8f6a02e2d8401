"""The sign-in form in the portal's look; the form itself belongs to `pomona.sign_in`, which knows no templates."""

from typing import Protocol

from starlette.responses import Response

from pomona.portal.assets import Assets
from pomona.portal.pages import Pages


class Fields(Protocol):
    """What the page shows: the token and target to send back, the mail address typed, and what was wrong."""

    @property
    def form_token(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def go_on(self) -> str: ...
    @property
    def problem(self) -> str: ...


class SignInPage:
    """Makes a page of the sign-in form."""

    def __init__(self) -> None:
        self._pages = Pages(Assets())

    def __call__(self, form: Fields, status: int) -> Response:
        return self._pages.response("sign_in.html", {"form": form}, status)
