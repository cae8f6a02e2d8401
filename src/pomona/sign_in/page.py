"""What the sign-in form shows. The look is the portal's; whoever composes the program hands it in."""

from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class SignInForm:
    """The form: what was typed, what to say about it, and where to go afterwards. Never the password."""

    form_token: str
    email: str = ""
    go_on: str = ""
    problem: str = ""


class SignInPage(Protocol):
    """Makes a page of the form."""

    def __call__(self, form: SignInForm, status: int) -> Response: ...
