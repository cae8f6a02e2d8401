"""Every operation of the table succeeds at least once, over plain HTTP, with an answer of the documented shape."""

from collections.abc import Callable
from typing import Any

import httpx
import jsonschema_rs

from pomona.business_api.endpoints import ENDPOINTS, EXTENSIONS, OWN
from pomona.business_api.openapi import document
from pomona.formats.times import iso_millis
from pomona.runtime import Runtime
from tests.business_api.blueprint_hands import RELATIONS, linkages
from tests.business_api.blueprint_hands import body as blueprint
from tests.business_api.sides import Side
from tests.business_api.support import Client, Connect, activity_body
from tests.business_api.test_apple_care import coverage
from tests.business_api.test_configurations import body as configuration
from tests.business_api.test_configurations import whole
from tests.business_api.test_servers import DER, body
from tests.support.worlds import World

EVER = {"filter[startTimestamp]": "2020-01-01T00:00:00Z", "filter[endTimestamp]": "2100-01-01T00:00:00Z"}
TABLE = {
    (f"{base}{key}", method)
    for base, table in (("/v1/", ENDPOINTS), (OWN, EXTENSIONS))
    for key, endpoint in table.items()
    for method in endpoint.operations
}
Sent = dict[str, Any]


def ours(**attributes: Any) -> Sent:
    return {"json": {"data": {"attributes": attributes}}}


def links(side: Side) -> dict[str, list[str]]:
    return {name: [side.ids()[name]] for name in RELATIONS}


WRITES: dict[tuple[str, str], Callable[[Side], Sent]] = {
    ("/v1/mdmServers", "POST"): lambda _: {
        "json": body(serverName="New", serverCertificate={"name": "m.cer", "data": DER})
    },
    ("/v1/mdmServers/*", "PATCH"): lambda side: {"json": body(side.service.uuid, serverName="Renamed")},
    (f"{OWN}mdmServers/*/token", "POST"): lambda _: {},
    (f"{OWN}mdmServers/*/token", "DELETE"): lambda _: {},
    ("/v1/orgDeviceActivities", "POST"): lambda side: {
        "json": activity_body("ASSIGN_DEVICES", side.devices[1:2], side.service.uuid)
    },
    (f"{OWN}activities", "POST"): lambda side: {"json": activity_body("UNASSIGN_DEVICES", side.devices[2:3])},
    (f"{OWN}activities:preview", "POST"): lambda side: {
        "json": activity_body("RELEASE_DEVICES", side.devices)
    },
    (f"{OWN}activities/*/undo/preview", "POST"): lambda _: {},
    (f"{OWN}activities/*/stop", "POST"): lambda _: {},
    (f"{OWN}activities/*/undo", "POST"): lambda _: {},
    (f"{OWN}appleCareCoverage", "POST"): lambda side: {
        "json": {
            "data": [
                coverage(side.devices[0], "APPLECARE_PLUS", agreementNumber="AG-1"),
                coverage("ONOTTHERE12"),
            ]
        }
    },
    (f"{OWN}orgDevices/*/appleCareCoverage", "DELETE"): lambda _: {
        "json": linkages("appleCareCoverage", ["AG-1"])
    },
    (f"{OWN}devices", "POST"): lambda _: ours(
        devices=[{"serialNumber": "ONEW1234567"}, {"serialNumber": "no"}]
    ),
    (f"{OWN}devices:import", "POST"): lambda _: {"content": b"serial\nONEW7654321\n"},
    (f"{OWN}rules", "POST"): lambda _: ours(name="Phones", conditions={"productFamily": "iPhone"}),
    (f"{OWN}rules:preview", "POST"): lambda _: {},
    (f"{OWN}rules/*/apply", "POST"): lambda _: {},
    (f"{OWN}rules/*", "PATCH"): lambda _: ours(name="Everything", enabled=False),
    (f"{OWN}rules/*", "DELETE"): lambda _: {},
    (f"{OWN}webhooks", "POST"): lambda _: ours(name="Third", url="https://127.0.0.1:9/third"),
    (f"{OWN}webhooks/*", "PATCH"): lambda _: ours(name="Renamed"),
    (f"{OWN}webhooks/*/secret", "POST"): lambda _: {},
    (f"{OWN}webhooks/*/test", "POST"): lambda _: {},
    (f"{OWN}webhooks/*/replay", "POST"): lambda side: ours(sinceDateTime=iso_millis(side.world.now)),
    (f"{OWN}webhooks/*", "DELETE"): lambda _: {},
    ("/v1/configurations", "POST"): lambda _: {"json": whole(name="Guests")},
    ("/v1/configurations/*", "PATCH"): lambda side: {"json": configuration(side.configuration, name="Other")},
    ("/v1/blueprints", "POST"): lambda side: {"json": blueprint(links(side), name="Third")},
    ("/v1/blueprints/*", "PATCH"): lambda side: {
        "json": blueprint(links(side), side.blueprint, description="All of it")
    },
    **{
        (f"/v1/blueprints/*/relationships/{name}", method): lambda side, name=name: {  # type: ignore[misc]
            "json": linkages(name, [side.ids()[name]])
        }
        for name in RELATIONS
        for method in ("DELETE", "POST")
    },
    ("/v1/blueprints/*", "DELETE"): lambda _: {},
}
"""What each write sends, in an order in which they all succeed. What has to be gone first is deleted apart."""

ALONE = {("/v1/mdmServers/*", "DELETE"), ("/v1/configurations/*", "DELETE")}
QUERIES = {"/v1/auditEvents": EVER}


class Contract:
    """The document, and calls that are held against it."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._document = document(side.client.origin)

    def call(self, path: str, method: str, id: str | None = None, **sent: Any) -> httpx.Response:
        """A call that succeeds as the document says."""
        name = path.split("*", maxsplit=1)[0].rstrip("/").rpartition("/")[2]
        url = path if "*" not in path else path.replace("*", id or self.side.ids()[name])
        answer = self.side.client.send(method, f"{self.side.client.origin}{url}", **sent)
        responses = self._document["paths"][path.replace("*", "{id}")][method.lower()]["responses"]
        success = next(status for status in responses if status.startswith("2"))
        assert str(answer.status_code) == success, (method, url, answer.text)
        assert answer.headers["x-request-id"]
        if success == "204":
            assert answer.content == b""
            assert "content-type" not in answer.headers
            return answer
        assert answer.headers["content-type"] == "application/json"
        schema = responses[success]["content"]["application/json"]["schema"]
        whole = {"components": self._document["components"], **schema}
        jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(answer.json())
        links = answer.json()["links"]
        assert links["self"] == str(answer.request.url)
        return answer


def test_every_operation_succeeds_as_documented(runtime: Runtime, origin: str, connect: Connect) -> None:
    world = World(runtime.store)
    world.now = runtime.clock.now()
    side = Side(world, connect(world, origin))
    contract = Contract(side)
    reads = {key for key in TABLE if key[1] == "GET"}
    assert reads | set(WRITES) | ALONE == TABLE
    for path, method in sorted(reads):
        answer = contract.call(path, method, params=QUERIES.get(path))
        empty = path.startswith(OWN) or "relationships" in path or path.endswith("appleCareCoverage")
        assert answer.json()["data"] or empty, path
    for (path, method), make in WRITES.items():
        contract.call(path, method, **make(side))
    unused = contract.call("/v1/configurations", "POST", json=whole(name="Unused")).json()["data"]["id"]
    contract.call("/v1/configurations/*", "DELETE", id=unused)
    sent = body(serverName="Unused", serverCertificate={"name": "m.cer", "data": DER})
    contract.call(
        "/v1/mdmServers/*",
        "DELETE",
        id=contract.call("/v1/mdmServers", "POST", json=sent).json()["data"]["id"],
    )


def test_head_is_answered_like_get_without_a_body(client: Client, world: World) -> None:
    [serial] = world.stock(1)
    for path in ("orgDevices", f"orgDevices/{serial}", "mdmServers"):
        head, get = client.send("HEAD", path), client.send("GET", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"]
