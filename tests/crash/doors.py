"""Every address that takes a body, each with what gets a client past its credentials, and how it says "too large"."""

import time
from dataclasses import dataclass
from typing import Any

import httpx

from pomona.formats.oauth1 import sign_header
from pomona.formats.server_token import ServerToken
from pomona.simulator.business_client import BusinessClient
from tests.crash.prepared import Prepared

BODY, ACTIVITY, ORDER, FORM = 1_000_000, 2_000_000, 2_000_000, 16_384
SETTINGS = {"body_limit": BODY, "activity_body_limit": ACTIVITY, "order_body_limit": ORDER}
"""Settings to serve with: the large limits are lowered, so that a test need not send so much."""


@dataclass(frozen=True)
class Door:
    """`limit` is the most bytes that a body may have; `too_large` what stands in the answer to more, after its status."""

    path: str
    method: str
    limit: int
    too_large: tuple[int, str]
    headers: dict[str, str]

    @property
    def name(self) -> str:
        """How tests call it."""
        return f"{self.method} {self.path}"


class Token(BusinessClient):
    """An API client that lets its access token be seen."""

    @property
    def token(self) -> str:
        return self._fetch_token()


def doors(origin: str, given: Prepared) -> list[Door]:
    """All of them, open."""
    with httpx.Client(base_url=origin, headers={"User-Agent": "tests/1"}) as http:
        bearer = {"Authorization": f"Bearer {Token(http, given.api).token}"}
        session = {"X-ADM-Auth-Session": _session(http, origin, given.first.token), "User-Agent": "tests/1"}
    return [*_programs(bearer, session, given), *_devices(given.slug), *_people(given.slug)]


def _programs(bearer: dict[str, str], session: dict[str, str], given: Prepared) -> list[Door]:
    supplier = {"Authorization": f"Bearer {given.supplier_token}", "Content-Type": "application/json"}
    enroll = "/enroll-service/1.0/"
    adm = (413, "REQUEST_TOO_LARGE")
    return [
        Door("/server/devices", "POST", BODY, adm, session),
        Door("/devices/sync", "POST", BODY, adm, session),
        Door("/profile", "POST", BODY, adm, session),
        Door("/profile/devices", "PUT", BODY, adm, session),
        Door("/v1/orgDeviceActivities", "POST", ACTIVITY, (413, "ENTITY_ERROR.TOO_LARGE"), bearer),
        Door(f"/v1/mdmServers/{given.first.uuid}", "PATCH", BODY, (413, "ENTITY_ERROR.TOO_LARGE"), bearer),
        Door("/auth/oauth2/token", "POST", 64_000, (413, "invalid_request"), {}),
        Door(f"{enroll}bulk-enroll-devices", "POST", ORDER, (200, "DEP-ERR-3005"), supplier),
        Door(f"{enroll}check-transaction-status", "POST", BODY, (200, "GRX-16001"), supplier),
        Door(f"{enroll}show-order-details", "POST", BODY, (200, "GRX-16001"), supplier),
    ]


def _devices(slug: str) -> list[Door]:
    large = (413, "The body is too large")
    base = f"/manage/{slug}/"
    paths = {
        "checkin": "PUT",
        "connect": "PUT",
        "scep?operation=PKIOperation": "POST",
        "enrol": "POST",
        "byod": "POST",
    }
    doors = [Door(f"{base}{path}", method, BODY, large, {}) for path, method in paths.items()]
    return [*doors, Door("/activation/v1/record", "POST", BODY, large, {})]


def _people(slug: str) -> list[Door]:
    large = (413, "The body is too large")
    return [
        Door(f"/manage/{slug}/authenticate", "POST", FORM, large, {}),
        Door(f"/manage/{slug}/manual", "POST", FORM, large, {}),
        Door("/portal/sign-in", "POST", FORM, (400, "The form could not be read"), {}),
    ]


def _session(http: httpx.Client, origin: str, token: ServerToken) -> str:
    header = sign_header(
        "GET", f"{origin}/session", token.consumer_key, token.consumer_secret, token.access_token, token.access_secret,
        timestamp=int(time.time()), nonce=f"doors{time.monotonic_ns()}",
    )  # fmt: skip
    document: dict[str, Any] = http.get("/session", headers={"Authorization": header}).json()
    return str(document["auth_session_token"])
