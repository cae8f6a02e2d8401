"""The portal over HTTP, with people of every role who can sign in."""

import contextlib
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
from pomona.portal import routes, site_map
from pomona.portal.sign_in_page import SignInPage
from pomona.registry import (
    api_accounts,
    arrival_rules,
    people,
    portal_sessions,
    releases,
    repairs,
    webhook_messages,
    webhooks,
)
from pomona.registry.arrival_conditions import Conditions
from pomona.registry.people import Person
from pomona.registry.services import Service
from pomona.registry.webhook_messages import Outcome
from pomona.registry.webhooks import Webhook
from pomona.runtime import Clock, Runtime, Settings
from pomona.server.application import Application
from pomona.sign_in import routes as sign_in
from pomona.store import Store
from pomona.work import worker
from pomona.work.activities import ActivityWorker
from tests.portal.collected import collected
from tests.support.serving import Serve
from tests.support.supply import Reseller, document
from tests.support.worlds import ADMIN, World, serials

PASSWORD = "pips and peel"
_HASH = hash_password(PASSWORD)
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


class Browser:
    """A client that keeps cookies and carries the form token of the last page, as a browser without scripts does."""

    def __init__(self, origin: str) -> None:
        # There is no TLS here, and reading the machine's certificate authorities takes longer than most tests.
        self.client = httpx.Client(base_url=origin, follow_redirects=False, timeout=30, verify=False)
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


def furnished(portal: Portal) -> list[str]:
    """Something on every page; gives the addresses of all that can be opened."""
    world, store = portal.world, portal.runtime.store
    service, ours = world.service("Main server"), world.stock(60)
    world.arrive(serials(1))
    activity = world.activity("ASSIGN_DEVICES", [*ours[:5], *serials(2, seed=5)], service)
    reseller = Reseller(store)
    reseller.send(document("A-1", world.organization.number, serials(3, seed=6)))
    order = reseller.order("A-1").id
    person = portal.person("STAFF", "staff@example.com")
    account, _ = store.write_sync(
        lambda tx: api_accounts.create(tx, world.id, "Robot", actor=ADMIN, now=world.now, rng=world.rng)
    )
    webhook, message = told_webhook(portal)
    named = {
        "{serial}": ours[0],
        "{uuid}": "",
        "{id}": str(order),
        "{client_id}": account.client_id,
        "{message}": message,
    }
    uuids = {"services": service.uuid, "activities": activity.uuid, "people": person.uuid}
    uuids["rules"] = _rule(world, service)
    uuids["webhooks"] = webhook.uuid
    uuids |= collected(world, ours[:12])
    addresses = []
    for path, steps in site_map.PAGES.items():
        if "GET" not in steps or "{key}" in path:
            continue
        filled = path.replace("{uuid}", uuids.get(path.split("/")[2], ""))
        for name, value in named.items():
            filled = filled.replace(name, value)
        addresses.append(filled)
    leaving, going = ours[20], serials(1, seed=31)[0]
    world.arrive([going])
    world.set_up(service, [going])
    later, until = world.service("Another server"), world.now + 86_400_000
    world.activity("ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", [going], later, deadline=until)
    store.write_sync(lambda tx: releases.set_grace(tx, world.id, 72, actor=ADMIN, now=world.now))
    released = world.activity("RELEASE_DEVICES", [leaving])
    store.write_sync(lambda tx: repairs.mark(tx, world.id, ours[0], actor=ADMIN, now=world.now))
    return [
        *addresses,
        *(f"/portal/devices/{serial}" for serial in (serials(1)[0], leaving, going)),
        *(f"/portal/activities/{each.uuid}" for each in (released, world.undo(activity))),
        "/portal/activities?state=MANUALLY_STOPPED",
        "/portal/devices?q=nothing",
    ]


def told_webhook(portal: Portal) -> tuple[Webhook, str]:
    """A webhook, and a message that it refused once."""
    world, runtime = portal.world, portal.runtime
    now, store = runtime.clock.now(), runtime.store
    wanted = webhooks.Wanted(name="Inventory", url="https://example.com/a/long/path/of/a/hook")
    made = store.write_sync(
        lambda tx: webhooks.add(
            tx, world.id, wanted, actor=ADMIN, now=now, keys=runtime.keys, rng=runtime.rng
        )
    )
    id = store.write_sync(
        lambda tx: webhook_messages.send_test(tx, made.webhook, "Pip", now=now, rng=runtime.rng)
    )
    [message] = store.write_sync(lambda tx: webhook_messages.take(tx, made.webhook.id, "w", 1, now))
    outcome = Outcome(500, 12, "the answer was 500", "no")
    store.write_sync(lambda tx: webhook_messages.settle(tx, message, "w", outcome, now=now, rng=runtime.rng))
    return made.webhook, id


def _rule(world: World, service: Service) -> str:
    """A rule for arriving devices; its public id."""
    asked = Conditions(source="RESELLER", product_type="iPhone")
    return world.store.write_sync(
        lambda tx: arrival_rules.create(
            tx, world.id, "Phones", asked, service, actor=ADMIN, now=world.now, rng=world.rng
        )
    ).uuid


@contextlib.contextmanager
def served(runtime: Runtime, serve: Serve) -> Iterator[Portal]:
    """The portal on a port, with a worker that does activities."""
    work = ActivityWorker(runtime, "test")
    origin = serve(composed(runtime), partial(worker.run, "test", runtime.store, work.topic, work.look))
    world = World(runtime.store)
    world.now = runtime.clock.now()
    made = Portal(origin, runtime, world, [])
    yield made
    for browser in made.browsers:
        browser.client.close()


@pytest.fixture
def portal(runtime: Runtime, serve: Serve) -> Iterator[Portal]:
    """On both engines in turn."""
    with served(runtime, serve) as made:
        yield made


@pytest.fixture
def local_portal(store: Store, serve: Serve) -> Iterator[Portal]:
    """On SQLite, for what does not depend on the engine."""
    runtime = Runtime(Settings(), store, KeyRing(bytes(range(32))), Clock(), seeded("tests"))
    with served(runtime, serve) as made:
        yield made
