"""A client of the device assignment service, as management servers have one: sessions, retries, and the calls.

It keeps to what careful clients do: it takes over a session that an answer carries, opens another one after a 401 or 403,
waits when it is told to, and reports any other refusal by its code.
"""

import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from pomona.formats.oauth1 import sign_header
from pomona.formats.server_token import ServerToken
from pomona.simulator.randomness import Rng

NEWEST = 10
_SESSION = "X-ADM-Auth-Session"
_ATTEMPTS = 5
_PATIENCE = 30.0
_AGAIN = frozenset({429, 500, 502, 503, 504})


class AssignmentRefused(Exception):
    """The service refused. `status` and `code` are what it answered; `at_session` when it refused a session."""

    def __init__(self, status: int, code: str, *, at_session: bool = False) -> None:
        where = "opening a session" if at_session else "the call"
        super().__init__(f"{where} was refused: {status} {code}".rstrip())
        self.status = status
        self.code = code
        self.at_session = at_session


@dataclass(slots=True)
class AssignmentClient:
    """`http` has the service's origin as base URL. `version` is the protocol version asked for; 0 sends none."""

    http: httpx.Client
    token: ServerToken
    rng: Rng
    version: int = NEWEST
    clock: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep
    sessions_opened: int = 0
    _session: str | None = field(default=None, repr=False)

    def account(self) -> dict[str, Any]:
        """Who the token belongs to."""
        return self._object("GET", "/account")

    def fetch(self, cursor: str | None = None, limit: int | None = None) -> dict[str, Any]:
        """A page of all devices."""
        return self._object("POST", "/server/devices", _without_none(cursor=cursor, limit=limit))

    def sync(self, cursor: str, limit: int | None = None) -> dict[str, Any]:
        """A page of what happened since a cursor."""
        return self._object("POST", "/devices/sync", _without_none(cursor=cursor, limit=limit))

    def details(self, serials: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The records of devices, by serial."""
        found: dict[str, dict[str, Any]] = self._object("POST", "/devices", {"devices": list(serials)})[
            "devices"
        ]
        return found

    def define_profile(self, profile: dict[str, Any]) -> str:
        """Defines a profile; gives its id."""
        return str(self._object("POST", "/profile", profile)["profile_uuid"])

    def profile(self, uuid: str) -> dict[str, Any]:
        """A profile as it was defined."""
        return self._object("GET", "/profile", params={"profile_uuid": uuid})

    def assign_profile(self, uuid: str, serials: Sequence[str]) -> dict[str, str]:
        """Gives a profile to devices; says what became of each."""
        body = {"profile_uuid": uuid, "devices": list(serials)}
        found: dict[str, str] = self._object("PUT", "/profile/devices", body)["devices"]
        return found

    def remove_profile(self, serials: Sequence[str]) -> dict[str, str]:
        """Takes the profile from devices; says what became of each."""
        found: dict[str, str] = self._object("DELETE", "/profile/devices", {"devices": list(serials)})[
            "devices"
        ]
        return found

    def disown(self, serials: Sequence[str]) -> dict[str, str]:
        """Releases devices for good; says what became of each."""
        found: dict[str, str] = self._object("POST", "/devices/disown", {"devices": list(serials)})["devices"]
        return found

    def use(self, token: ServerToken) -> None:
        """Goes on with another token: the one before was renewed."""
        self.token, self._session = token, None

    def _object(
        self, method: str, path: str, body: dict[str, Any] | None = None, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        reopened = False
        for attempt in range(_ATTEMPTS):
            answer = self._send(method, path, body, params)
            if answer.status_code == 200:
                document: dict[str, Any] = answer.json()
                return document
            refused = AssignmentRefused(answer.status_code, _code(answer))
            if answer.status_code in (401, 403) and not reopened:
                self._session, reopened = None, True
            elif answer.status_code in _AGAIN and attempt + 1 < _ATTEMPTS:
                self.wait(_seconds(answer))
            else:
                raise refused
        raise refused

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, params: dict[str, str] | None
    ) -> httpx.Response:
        session = self._session or self._open()
        headers = {_SESSION: session}
        if self.version:
            headers["X-Server-Protocol-Version"] = str(self.version)
        answer = self.http.request(method, path, json=body, params=params, headers=headers)
        # A service may hand out another session with any answer; the old one is not to be used any more.
        self._session = answer.headers.get(_SESSION, session)
        return answer

    def _open(self) -> str:
        token = self.token
        header = sign_header(
            "GET", f"{str(self.http.base_url).rstrip('/')}/session", token.consumer_key, token.consumer_secret,
            token.access_token, token.access_secret, timestamp=int(self.clock()), nonce=self.rng(12).hex(),
            realm="ADM",
        )  # fmt: skip
        answer = self.http.get("/session", headers={"Authorization": header})
        if answer.status_code != 200:
            raise AssignmentRefused(answer.status_code, _code(answer), at_session=True)
        self.sessions_opened += 1
        self._session = str(answer.json()["auth_session_token"])
        return self._session


def open_http(origin: str, ca_file: str | None = None) -> httpx.Client:
    """HTTP to an origin, straight; `ca_file` is PEM of the authorities to trust besides the system's."""
    context = ssl.create_default_context(cafile=ca_file)
    return httpx.Client(
        base_url=origin,
        verify=context,
        timeout=httpx.Timeout(60, connect=10),
        headers={"User-Agent": "simulated-management-service/1"},
        trust_env=False,
    )


def _without_none(**values: object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _code(answer: httpx.Response) -> str:
    return answer.text.strip().strip('"')[:200]


def _seconds(answer: httpx.Response) -> float:
    try:
        return min(float(answer.headers.get("Retry-After", "1")), _PATIENCE)
    except ValueError:
        return 1.0
