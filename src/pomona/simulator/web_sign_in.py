"""A person at a sign-in page: reads the form, fills it in, submits it, and follows where it leads."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from pomona.simulator.device_network import DeviceProblem, expect, send

_SCHEME = "apple-remotemanagement-user-login"
_HOST = "authentication-results"
_HOPS = 10


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs in."""

    email: str
    password: str = field(repr=False)


class _Form(HTMLParser):
    """The first form of a page: where it goes, and its fields by name."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.kinds: dict[str, str] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        if tag == "form" and self.action is None:
            self.action = said.get("action", "")
        elif tag == "input" and self.action is not None and said.get("name"):
            self.fields[said["name"]] = said.get("value", "")
            self.kinds[said["name"]] = said.get("type", "text").lower()


async def submit(step: str, browser: httpx.AsyncClient, url: str, person: Person) -> httpx.Response:
    """Loads the page at `url`, fills in its form and sends it. Raises `DeviceProblem`."""
    page = expect(step, await send(step, browser, "GET", url))
    form = _Form()
    form.feed(page.text)
    if form.action is None:
        raise DeviceProblem(step, "the page has no form")
    for name, kind in form.kinds.items():
        if kind == "password":
            form.fields[name] = person.password
        elif kind in ("email", "text"):
            form.fields[name] = person.email
    target = urljoin(str(page.url), form.action) if form.action else str(page.url)
    return await send(step, browser, "POST", target, data=form.fields)


async def token(step: str, browser: httpx.AsyncClient, url: str, person: Person) -> str:
    """The access token at the end of a web session that begins at `url`. Raises `DeviceProblem`."""
    response = await submit(step, browser, url, person)
    for _ in range(_HOPS):
        location = response.headers.get("location", "")
        if not response.is_redirect or not location:
            break
        if urlsplit(location).scheme == _SCHEME:
            return _token(step, location)
        response = await send(step, browser, "GET", urljoin(str(response.url), location))
    if response.status_code == 200:
        raise DeviceProblem(step, "the page asks again: account name or password is wrong")
    raise DeviceProblem(step, f"the web session ended with HTTP {response.status_code}")


def _token(step: str, location: str) -> str:
    parts = urlsplit(location)
    found = parse_qs(parts.query).get("access-token", [""])[0]
    if parts.netloc != _HOST or not found:
        raise DeviceProblem(step, f"the callback must be {_SCHEME}://{_HOST}?access-token=…")
    return found
