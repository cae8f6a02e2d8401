"""A program that automates assignment through the Apple Business API, knowing nothing of the server but its address.

It does what administrators' scripts do: signs an assertion, fetches a token, lists devices and services by following
`links.next`, creates an activity, polls it and reads its log.
"""

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

AUDIENCE = "https://account.apple.com/auth/oauth2/v2/token"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 600
_POLLS = 600


class ApiProblem(Exception):
    """The API refused; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API account as the portal shows it; `key` is the private key, PEM."""

    client_id: str
    key_id: str
    key: str

    def __repr__(self) -> str:
        return f"<Credentials {self.client_id}>"

    @property
    def scope(self) -> str:
        """What the account's kind is for."""
        return "business.api" if self.client_id.startswith("BUSINESSAPI.") else "school.api"


@dataclass(frozen=True, slots=True)
class LogLine:
    """What became of one device."""

    serial: str
    status: str
    sub_status: str


class BusinessClient:
    """One session with the API. `wait` sleeps between polls; tests need not."""

    def __init__(
        self, http: httpx.Client, credentials: Credentials, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = http
        self._credentials = credentials
        self._wait = wait
        self._token: str | None = None

    def devices(self) -> Iterator[dict[str, Any]]:
        """All devices of the organisation."""
        return self._pages("/v1/orgDevices?limit=1000")

    def services(self) -> list[dict[str, Any]]:
        """All device management services."""
        return list(self._pages("/v1/mdmServers"))

    def service(self, name: str) -> str:
        """The id of the service with a name. Raises `ApiProblem`."""
        for each in self.services():
            if each["attributes"]["serverName"] == name:
                return str(each["id"])
        raise ApiProblem(f"there is no service named '{name}'")

    def serials_of(self, service: str) -> list[str]:
        """The serials that are assigned to a service (id)."""
        return [
            each["id"] for each in self._pages(f"/v1/mdmServers/{service}/relationships/devices?limit=1000")
        ]

    def change(self, activity: str, serials: Sequence[str], service: str | None) -> dict[str, Any]:
        """Creates an activity and polls it until it has ended; gives its attributes, id included."""
        relationships: dict[str, Any] = {
            "devices": {"data": [{"type": "orgDevices", "id": serial} for serial in serials]}
        }
        if service is not None:
            relationships["mdmServer"] = {"data": {"type": "mdmServers", "id": service}}
        document = {
            "data": {
                "type": "orgDeviceActivities",
                "attributes": {"activityType": activity},
                "relationships": relationships,
            }
        }
        made = self._ask("POST", "/v1/orgDeviceActivities", document)["data"]
        return self._poll(made["id"])

    def log(self, download_url: str) -> list[LogLine]:
        """The lines of an activity's log, fetched as a browser would: without credentials."""
        answer = self._http.get(download_url)
        if answer.status_code != httpx.codes.OK:
            raise ApiProblem(f"the log answered {answer.status_code}")
        rows = list(csv.reader(answer.text.splitlines()))
        start = next((n for n, row in enumerate(rows) if row and row[0] == "serial_number"), len(rows))
        return [LogLine(*row[:3]) for row in rows[start + 1 :]]

    def _poll(self, id: str) -> dict[str, Any]:
        for turn in range(_POLLS):
            attributes = self._ask("GET", f"/v1/orgDeviceActivities/{id}")["data"]["attributes"]
            if attributes["status"] != "IN_PROGRESS":
                return {"id": id, **attributes}
            self._wait(min(0.05 * 1.5**turn, 2.0))
        raise ApiProblem(f"activity {id} did not end")

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        url: str | None = path
        while url:
            page = self._ask("GET", url)
            yield from page["data"]
            url = page["links"].get("next")

    def _ask(self, method: str, url: str, document: object = None) -> Any:
        self._token = self._token or self._fetch_token()
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self._http.request(method, url, json=document, headers=headers)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._token = None
        if not answer.is_success:
            raise ApiProblem(_said(answer))
        return answer.json()

    def _fetch_token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.client_id,
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(int(time.time())),
            "scope": self._credentials.scope,
        }
        answer = self._http.post("/auth/oauth2/token", data=form)
        if not answer.is_success:
            raise ApiProblem(_said(answer))
        return str(answer.json()["access_token"])

    def _assertion(self, now: int) -> str:
        who = self._credentials
        claims = {
            "sub": who.client_id,
            "iss": who.client_id,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
            "jti": f"{who.client_id}-{now}",
        }
        return jwt.encode(claims, who.key, algorithm="ES256", headers={"kid": who.key_id})


def _said(answer: httpx.Response) -> str:
    try:
        document = answer.json()
    except ValueError:
        return f"{answer.request.url.path} answered {answer.status_code}"
    for error in document.get("errors", []):
        return f"{error['title']}: {error['detail']}"
    return f"{document.get('error')}: {document.get('error_description')}"
