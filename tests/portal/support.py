"""The portal over HTTP, with people of every role who can sign in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from pomona.keys.keyring import KeyRing
from pomona.keys.passwords import hash_password
from pomona.keys.randomness import seeded
from pomona.portal import routes
from pomona.portal.sign_in_page import SignInPage
from pomona.registry import people, portal_sessions
from pomona.registry.people import Person
from pomona.runtime import Clock, Runtime, Settings
from pomona.server.application import Application
from pomona.sign_in import routes as sign_in
from pomona.store import Store
from pomona.work import worker
from pomona.work.activities import ActivityWorker
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World

PASSWORD = "pips and peel"
_HASH = hash_password(PASSWORD)
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


class Browser:
    """A client that keeps cookies and carries the form token of the last page, as a browser without scripts does."""

    def __init__(self, origin: str) -> None:
        self.client = httpx.Client(base_url=origin, follow_redirects=False, timeout=30)
        self.token = ""

    def get(self, path: str, **params: Any) -> httpx.Response:
        """Opens a page."""
        return self._kept(self.client.get(path, params=params or None))

    def post(self, path: str, data: dict[str, Any] | None = None, files: Any = None) -> httpx.Response:
        """Sends a form."""
        return self._kept(
            self.client.post(path, data={"form_token": self.token, **(data or {})}, files=files)
        )

    def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Fills in the sign-in form."""
        self.get("/portal/sign-in")
        answer = self.post("/portal/sign-in", {"email": email, "password": password})
        if answer.status_code == 303:
            self.get("/portal/account")
        return answer

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        found = _TOKEN.search(answer.text) if "text/html" in answer.headers.get("content-type", "") else None
        if found:
            self.token = found[1]
        return answer


@dataclass(frozen=True, slots=True)
class Portal:
    """A served portal and a world behind it."""

    origin: str
    runtime: Runtime
    world: World
    browsers: list[Browser]

    def person(self, role: str, email: str = "", world: World | None = None) -> Person:
        """Adds somebody with a password."""
        of = world or self.world
        return self.runtime.store.write_sync(
            lambda tx: people.add(
                tx,
                of.id,
                email or f"{role.lower()}@example.com",
                first_name="Pip",
                last_name="Apple",
                role=role,
                password_hash=_HASH,
                managed=False,
                actor=ADMIN,
                now=of.now,
                rng=self.runtime.rng,
            )
        )

    def browser(self) -> Browser:
        """A browser that is not signed in."""
        self.browsers.append(Browser(self.origin))
        return self.browsers[-1]

    def signed_in(self, role: str = "ADMINISTRATOR", email: str = "", world: World | None = None) -> Browser:
        """A browser of a new person with this role; the sign-in form has its own tests."""
        person, browser = self.person(role, email, world), self.browser()
        token = portal_sessions.new_token(self.runtime.rng)
        self.runtime.store.write_sync(
            lambda tx: portal_sessions.open_session(
                tx, person.id, token, person.email, address="127.0.0.1", now=self.runtime.clock.now()
            )
        )
        browser.client.cookies.set(portal_sessions.COOKIE, token, domain="127.0.0.1", path="/portal")
        browser.get("/portal/account")
        return browser


def composed(runtime: Runtime) -> Application:
    """The portal and its sign-in form, as the server puts them together."""
    return Application(
        {"/portal/sign-in": sign_in.app(runtime, SignInPage())}, {("portal",): routes.app(runtime)}
    )


def served(runtime: Runtime, serve: Serve) -> Portal:
    """The portal on a port, with a worker that does activities."""
    work = ActivityWorker(runtime, "test")
    origin = serve(composed(runtime), partial(worker.run, "test", runtime.store, work.topic, work.look))
    world = World(runtime.store)
    world.now = runtime.clock.now()
    return Portal(origin, runtime, world, [])


@pytest.fixture
def portal(runtime: Runtime, serve: Serve) -> Iterator[Portal]:
    """On both engines in turn."""
    made = served(runtime, serve)
    yield made
    for browser in made.browsers:
        browser.client.close()


@pytest.fixture
def local_portal(store: Store, serve: Serve) -> Portal:
    """On SQLite, for looking at pages in a real browser."""
    return served(Runtime(Settings(), store, KeyRing(bytes(range(32))), Clock(), seeded("tests")), serve)
