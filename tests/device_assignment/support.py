"""A linked service over real HTTP: its token, its sessions, and short verbs for the calls."""

import itertools
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from pomona.device_assignment.routes import app
from pomona.formats.oauth1 import sign_header
from pomona.formats.server_token import ServerToken
from pomona.formats.times import iso_seconds
from pomona.registry import tokens
from pomona.registry.services import Service
from pomona.registry.switches import Switches, set_switches
from pomona.registry.tokens import Issued
from pomona.runtime import Runtime
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World

T = TypeVar("T")

_nonces = itertools.count(1)


class Linked:
    """A service of a world with a live token, calling the face under test."""

    def __init__(self, world: World, runtime: Runtime, origin: str, service: Service) -> None:
        self.world = world
        self.runtime = runtime
        self.origin = origin
        self.service = service
        self.http = httpx.Client(base_url=origin, headers={"User-Agent": "tests/1"})
        self.issued = self.renew()
        self.version: int | None = 10
        self._session: str | None = None

    def renew(self, overlap: int = 0) -> Issued:
        """Issues another token; the sessions of this client go on with the one before until `use`."""
        runtime = self.runtime
        return runtime.store.write_sync(
            lambda tx: tokens.issue(
                tx, self.service, runtime.keys, actor=ADMIN, now=runtime.clock.now(), rng=runtime.rng, overlap=overlap
            )
        )  # fmt: skip

    def use(self, issued: Issued) -> None:
        """Goes on with another token."""
        self.issued, self._session = issued, None

    def switch(self, **changes: object) -> Switches:
        """Sets switches of the service."""
        return self.runtime.store.write_sync(
            lambda tx: set_switches(tx, self.service, changes, actor=ADMIN, now=self.runtime.clock.now())
        )

    def eventually(self, look: Callable[[], T], until: Callable[[T], object]) -> T:
        """What `look` gives once `until` is true of it: some things are noted behind the answer."""
        for _ in range(500):
            if until(found := look()):
                return found
            time.sleep(0.01)
        raise AssertionError(f"still {look()}")

    def authorization(self, *, timestamp: int | None = None, nonce: str | None = None, **other: str) -> str:
        """A right Authorization header, with `other` parts replaced."""
        values = {
            "consumer_key": self.issued.token.consumer_key,
            "consumer_secret": self.issued.consumer_secret,
            "token": self.issued.token.access_token,
            "token_secret": self.issued.access_secret,
        } | other
        at = self.runtime.clock.wall() // 1000 if timestamp is None else timestamp
        nonce = f"nonce{next(_nonces)}" if nonce is None else nonce
        return sign_header("GET", f"{self.origin}/session", **values, timestamp=at, nonce=nonce)

    def open(self, header: str | None = None) -> httpx.Response:
        """`GET /session`."""
        return self.http.get("/session", headers={"Authorization": header or self.authorization()})

    @property
    def session(self) -> str:
        """A session, opened when first asked for."""
        if self._session is None:
            answer = self.open()
            assert answer.status_code == 200, answer.text
            self._session = answer.json()["auth_session_token"]
        return self._session

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Any call, as the service; `headers` are added or, when empty, left out."""
        sent = {"X-ADM-Auth-Session": self.session}
        if self.version is not None:
            sent["X-Server-Protocol-Version"] = str(self.version)
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, path, json=body, headers=sent)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        """The document of a call that succeeds."""
        answer = self.call(method, path, body)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        assert answer.headers["content-type"] == "application/json;charset=UTF8"
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Status and body of a call that does not."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code != 200, answer.text
        return answer.status_code, answer.text

    def fetch(self, limit: int | None = None) -> tuple[list[dict[str, Any]], str]:
        """All pages of a full fetch, and the cursor to sync from."""
        devices: list[dict[str, Any]] = []
        asked: dict[str, Any] = {} if limit is None else {"limit": limit}
        while True:
            page = self.ok("POST", "/server/devices", asked)
            devices += page["devices"]
            if not page["more_to_follow"]:
                return devices, page["cursor"]
            assert page["cursor"] != asked.get("cursor")
            asked["cursor"] = page["cursor"]

    def sync(self, cursor: str, limit: int | None = None) -> tuple[list[dict[str, Any]], str]:
        """All that happened since a cursor, and the next one."""
        records: list[dict[str, Any]] = []
        while True:
            asked = {"cursor": cursor} | ({} if limit is None else {"limit": limit})
            page = self.ok("POST", "/devices/sync", asked)
            records += page["devices"]
            cursor = page["cursor"]
            if not page["more_to_follow"]:
                return records, cursor


def server_token(issued: Issued) -> ServerToken:
    """A token as its file has it."""
    return ServerToken(
        issued.token.consumer_key,
        issued.consumer_secret,
        issued.token.access_token,
        issued.access_secret,
        iso_seconds(issued.token.expires_at),
    )


class Links:
    """Services linked to one face on one server; clients are closed at the end of the test."""

    def __init__(self, runtime: Runtime, serve: Serve) -> None:
        self.runtime = runtime
        self._serve = serve
        self._origin: str | None = None
        self._open: list[Linked] = []

    def __call__(self, name: str = "Example", service: str = "Main") -> Linked:
        """A new organisation with one linked service."""
        return self.join(World(self.runtime.store, name), service)

    def join(self, world: World, service: str) -> Linked:
        """One more service of an organisation."""
        self._origin = self._origin or self._serve(app(self.runtime))
        world.now = self.runtime.clock.now()
        self._open.append(Linked(world, self.runtime, self._origin, world.service(service)))
        return self._open[-1]

    def close(self) -> None:
        """Closes all clients."""
        for linked in self._open:
            linked.http.close()
