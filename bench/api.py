"""The faces as a client sees them: how each is signed in to, and its requests ready to be sent."""

import json
import time
import uuid
from typing import Literal, Protocol

import jwt
import msgspec

from bench.client import HOST, Connection, request
from bench.making import Keys
from pomona.formats import oauth1

_AUDIENCE = "https://account.apple.com/auth/oauth2/v2/token"
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Listing(Protocol):
    """A list that is read page by page."""

    def first(self, limit: int) -> bytes:
        """The request for the first page."""

    def following(self, page: bytes, limit: int) -> bytes | None:
        """The request that a page's answer leads to; None after the last one."""

    def count(self, page: bytes) -> int:
        """How many devices a page holds."""

    def documents(self, page: bytes) -> list[bytes]:
        """The devices of a page, each as the bytes that were sent."""


class Session:
    """What a device management service sends; also the listing that it fetches."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        """Opens a session."""
        answer = json.loads(connection.ask(session_request(keys)))
        self._headers = {
            "X-ADM-Auth-Session": answer["auth_session_token"],
            "X-Server-Protocol-Version": "10",
            "Content-Type": "application/json;charset=UTF8",
            "User-Agent": "bench/1",
        }

    def post(self, path: str, value: object) -> bytes:
        """A request with a JSON body."""
        return request("POST", path, self._headers, msgspec.json.encode(value))

    def first(self, limit: int) -> bytes:
        """A fetch from the beginning."""
        return self.post("/server/devices", {"limit": limit})

    def following(self, page: bytes, limit: int) -> bytes | None:
        """A fetch that goes on, while there is more to follow."""
        if b'"more_to_follow":true' not in page[-1000:] and b'"more_to_follow":true' not in page[:1000]:
            return None
        return self.post("/server/devices", {"cursor": self.cursor(page), "limit": limit})

    def cursor(self, page: bytes) -> str:
        """Where a page ended."""
        return _member(page, b'"cursor":"')

    def count(self, page: bytes) -> int:
        """Devices of the page."""
        return page.count(b'"serial_number":"')

    def documents(self, page: bytes) -> list[bytes]:
        """Devices of the page as sent."""
        return [bytes(raw) for raw in msgspec.json.decode(page, type=_Devices).devices]


class Business:
    """What a client of the Business API sends; also the listing of `orgDevices`."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        """Fetches an access token."""
        answer = json.loads(connection.ask(token_request(keys)))
        self.headers = {"Authorization": f"Bearer {answer['access_token']}", "Accept": "application/json"}

    def get(self, path: str) -> bytes:
        """A request without a body."""
        return request("GET", path, self.headers)

    def post(self, path: str, value: object) -> bytes:
        """A request with a JSON body."""
        headers = {**self.headers, "Content-Type": "application/json"}
        return request("POST", path, headers, msgspec.json.encode(value))

    def first(self, limit: int) -> bytes:
        """The first page of all devices."""
        return self.get(f"/v1/orgDevices?limit={limit}")

    def following(self, page: bytes, _limit: int) -> bytes | None:
        """`links.next`, followed as it is."""
        if b'"next":"' not in page[-2000:] and b'"next":"' not in page[:2000]:
            return None
        return self.get(_member(page, b'"next":"').removeprefix(f"http://{HOST}"))

    def count(self, page: bytes) -> int:
        """Devices of the page."""
        return page.count(b'"serialNumber":"')

    def documents(self, page: bytes) -> list[bytes]:
        """Devices of the page as sent."""
        return [bytes(raw) for raw in msgspec.json.decode(page, type=_Resources).data]

    def id(self, answer: bytes) -> str:
        """The id of the resource that an answer is."""
        return str(json.loads(answer)["data"]["id"])

    def assignment(self, service: str, serials: list[str]) -> bytes:
        """An activity that assigns devices to a service."""
        return self.post(
            "/v1/orgDeviceActivities",
            {
                "data": {
                    "type": "orgDeviceActivities",
                    "attributes": {"activityType": "ASSIGN_DEVICES"},
                    "relationships": {
                        "mdmServer": {"data": {"type": "mdmServers", "id": service}},
                        "devices": {"data": [{"type": "orgDevices", "id": serial} for serial in serials]},
                    },
                }
            },
        )


class FloorListing:
    """The same pages from the floor, asked for as the assignment service or as the Business API is."""

    def __init__(self, method: Literal["GET", "POST"]) -> None:
        self._method = method

    def first(self, _limit: int) -> bytes:
        """From the beginning."""
        return self._from("0")

    def following(self, page: bytes, _limit: int) -> bytes | None:
        """From where the page ended."""
        return self._from(_member(page, b'"cursor":"')) if b'"more_to_follow":true' in page[-100:] else None

    def count(self, page: bytes) -> int:
        """Devices of the page, by the member that either face's have once."""
        return page.count(b'"serial_number":"') + page.count(b'"serialNumber":"')

    def documents(self, page: bytes) -> list[bytes]:
        """Devices of the page as sent."""
        return [bytes(raw) for raw in msgspec.json.decode(page, type=_Devices).devices]

    def _from(self, cursor: str) -> bytes:
        if self._method == "GET":
            return request("GET", f"/?cursor={cursor}")
        return request("POST", "/server/devices", body=msgspec.json.encode({"cursor": cursor, "limit": 1000}))


def session_request(keys: Keys) -> bytes:
    """Signs in to the assignment service."""
    header = oauth1.sign_header(
        "GET", f"http://{HOST}/session", keys.consumer_key, keys.consumer_secret, keys.access_token,
        keys.access_secret, timestamp=int(time.time()), nonce=uuid.uuid4().hex, realm="ADM",
    )  # fmt: skip
    return request("GET", "/session", {"Authorization": header, "User-Agent": "bench/1"})


def token_request(keys: Keys, assertion: str | None = None) -> bytes:
    """Asks for a Business API access token, by a new assertion or one that was made before."""
    body = (
        f"grant_type=client_credentials&client_id={keys.client_id}&client_assertion_type={_JWT_BEARER}"
        f"&client_assertion={assertion or client_assertion(keys)}&scope=business.api"
    )
    return request(
        "POST", "/auth/oauth2/token", {"Content-Type": "application/x-www-form-urlencoded"}, body.encode()
    )


def client_assertion(keys: Keys) -> str:
    """The signed statement that a client shows for an access token; good for ten minutes."""
    now = int(time.time())
    claims = {
        "iss": keys.client_id,
        "sub": keys.client_id,
        "aud": _AUDIENCE,
        "iat": now,
        "exp": now + 600,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(claims, keys.private_key, "ES256", {"kid": keys.key_id})


class _Devices(msgspec.Struct):
    devices: list[msgspec.Raw]


class _Resources(msgspec.Struct):
    data: list[msgspec.Raw]


def _member(page: bytes, name: bytes) -> str:
    """A text member near the end or the beginning of a page: decoding the whole page would cost more than sending it."""
    for part in (page[-2000:], page[:2000]):
        _, found, rest = part.rpartition(name)
        if found:
            return str(json.loads(b'"' + rest.partition(b'"')[0] + b'"'))
    raise ValueError(f"the page has no member {name.decode()}")
