"""A program that uses the Business API as its documentation says, over real HTTP, and knows nothing else."""

import time
import uuid
from collections.abc import Callable, Collection
from typing import Any

import httpx
import jwt

from pomona.business_api.routes import app
from pomona.keys.randomness import seeded
from pomona.registry import activities, api_accounts, api_keys
from pomona.registry.api_accounts import PERMISSIONS, ApiAccount, ApiKind
from pomona.runtime import Runtime
from pomona.work import worker
from pomona.work.activities import ActivityWorker
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World

AUDIENCE = "https://account.apple.com/auth/oauth2/v2/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEYS = api_keys.generate("sec1", seeded("client"))
"""One pair for all clients: making keys is not what most tests are about."""


def start(runtime: Runtime, serve: Serve, *, working: bool = True) -> str:
    """Serves the face, with the worker that does activities beside it; gives the origin."""
    if not working:
        return serve(app(runtime))
    doing = ActivityWorker(runtime, "test")
    return serve(app(runtime), lambda: worker.run("activities", runtime.store, activities.TOPIC, doing.look))


class Client:
    """An API account of a world, its key, and its token. Verbs give httpx's answers."""

    def __init__(
        self,
        world: World,
        origin: str,
        *,
        kind: ApiKind = "BUSINESS",
        permissions: Collection[str] = PERMISSIONS,
        key: str = KEYS.public,
    ) -> None:
        account, made = world.store.write_sync(
            lambda tx: api_accounts.create(
                tx,
                world.id,
                "Inventory",
                kind=kind,
                permissions=permissions,
                public_key=key,
                actor=ADMIN,
                now=world.now,
                rng=world.rng,
            )
        )
        assert made is not None
        self.account: ApiAccount = account
        self.key_id = made.key_id
        self.scope = f"{kind.lower()}.api"
        self.origin = origin
        self.http = httpx.Client(base_url=origin, timeout=20)
        self._token: str | None = None

    def assertion(
        self, *, private: str = KEYS.private, headers: dict[str, Any] | None = None, **changed: Any
    ) -> str:
        """A client assertion; claims given as None are left out."""
        now = int(time.time())
        claims = {
            "sub": self.account.client_id,
            "iss": self.account.client_id,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        } | changed
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, private, algorithm="ES256", headers=headers or {"kid": self.key_id})

    def form(self, **changed: str) -> dict[str, str]:
        """The parameters of a token request."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.account.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(),
            "scope": self.scope,
        } | changed

    @property
    def token(self) -> str:
        """An access token, asked for once."""
        if self._token is None:
            self._token = self.http.post("/auth/oauth2/token", data=self.form()).json()["access_token"]
        return self._token

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request with the token; a path that begins with a scheme is sent as it is."""
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        url = path if path.startswith("http") else f"/v1/{path}"
        return self.http.request(method, url, headers=headers, **more)

    def get(self, path: str, **params: Any) -> httpx.Response:
        """A GET; parameters whose names have brackets go into a dictionary of their own: `get(path, **{"fields[x]": …})`."""
        return self.send("GET", path, params=params or None)

    def pages(self, path: str) -> list[dict[str, Any]]:
        """Every page of a list, following the links as they are."""
        found: list[dict[str, Any]] = []
        url: str | None = path
        while url is not None:
            answer = self.send("GET", url)
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
            url = found[-1]["links"].get("next")
        return found

    def activity(
        self, type: str, serials: Collection[str], service: str | None = None, deadline: object = None
    ) -> httpx.Response:
        """Asks for an activity."""
        return self.send("POST", "orgDeviceActivities", json=activity_body(type, serials, service, deadline))

    def ours(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request to one of our own paths."""
        return self.send(method, f"{self.origin}/pomona/v1/{path}", **more)

    def done(self, answer: httpx.Response) -> dict[str, Any]:
        """Polls an activity that was asked for until it has ended; gives its resource."""
        assert answer.status_code == 201, answer.text
        path = f"orgDeviceActivities/{answer.json()['data']['id']}"
        deadline = time.monotonic() + 15
        while True:
            resource: dict[str, Any] = self.get(path).json()["data"]
            if resource["attributes"]["status"] != "IN_PROGRESS":
                return resource
            assert time.monotonic() < deadline, "the activity did not end"
            time.sleep(0.02)


def activity_body(
    type: str, serials: Collection[str], service: str | None = None, deadline: object = None
) -> dict[str, Any]:
    """The body that asks for an activity."""
    attributes: dict[str, Any] = {"activityType": type}
    if deadline is not None:
        attributes["activityTypeMetadata"] = {"mdmMigrationDeadlineDateTime": deadline}
    relationships: dict[str, Any] = {
        "devices": {"data": [{"type": "orgDevices", "id": each} for each in serials]}
    }
    if service is not None:
        relationships["mdmServer"] = {"data": {"type": "mdmServers", "id": service}}
    return {
        "data": {
            "type": "orgDeviceActivities",
            "attributes": attributes,
            "relationships": relationships,
        }
    }


def refused(answer: httpx.Response, status: int, code: str, **source: str) -> str:
    """Checks the shape of a refusal that has one error; gives its detail."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    [error] = answer.json()["errors"]
    assert error["status"] == str(status)
    assert error["code"] == code, error
    assert error["title"]
    assert error.get("source", {}) == source
    assert error["id"] == answer.headers["x-request-id"]
    assert set(error) <= {"id", "status", "code", "title", "detail", "source"}
    return str(error["detail"])


Connect = Callable[..., Client]
"""Makes a client of a world at an origin; keyword arguments are those of `Client`."""
