"""Every refusal has the API's error object; nothing that is refused changes anything."""

from typing import Any

import httpx
import pytest

from pomona.business_api import endpoints, errors
from pomona.business_api.operations import Read
from pomona.registry import errors as registry
from pomona.runtime import Runtime
from pomona.store import StoreUnavailable
from tests.business_api.support import Client, Connect, activity_body, refused
from tests.business_api.test_servers import DER, body
from tests.support.worlds import World, serials

UNKNOWN = (
    "mdmDevices/X",
    "auditEvents/x",
    "blueprints/x/relationships/orders",
    "orgDevices/",
    "orgDevices/A/b/c",
    "",
    "mdmServers/x/relationships",
    "v1",
)


def test_a_path_that_is_not_there(client: Client) -> None:
    for path in UNKNOWN:
        for method in ("GET", "POST", "DELETE"):
            assert path in refused(client.send(method, path), 404, "PATH_ERROR")
    for path in ("/auth/oauth2/tokens", "/auth", "/v1"):
        refused(client.http.get(path), 404, "PATH_ERROR")


NOT_OFFERED = (
    ("DELETE", "orgDevices", "resource 'orgDevices' does not allow 'DELETE'", "GET_COLLECTION, GET_INSTANCE"),
    ("PATCH", "orgDevices/X", "resource 'orgDevices' does not allow 'UPDATE'", "GET_COLLECTION, GET_INSTANCE"),
    (
        "PUT", "mdmServers/X", "resource 'mdmServers' does not allow 'REPLACE'",
        "CREATE, DELETE, GET_COLLECTION, GET_INSTANCE, UPDATE",
    ),
    ("GET", "mdmServers/X/devices", "relationship 'devices' does not allow 'GET_RELATED'", "GET_RELATIONSHIP"),
    (
        "PATCH", "mdmServers/X/relationships/devices", "relationship 'devices' does not allow 'REPLACE'",
        "GET_RELATIONSHIP",
    ),
    (
        "DELETE", "orgDevices/X/relationships/assignedServer", "relationship 'assignedServer' does not allow 'DELETE'",
        "GET_RELATED, GET_RELATIONSHIP",
    ),
    ("POST", "orgDevices/X/appleCareCoverage", "'appleCareCoverage' does not allow 'CREATE'", "GET_RELATED"),
    (
        "DELETE", "orgDeviceActivities/X", "'orgDeviceActivities' does not allow 'DELETE'",
        "CREATE, GET_COLLECTION, GET_INSTANCE",
    ),
    ("OPTIONS", "orgDevices", "does not allow 'OPTIONS'", "GET_COLLECTION, GET_INSTANCE"),
)  # fmt: skip


def test_an_operation_that_is_not_offered_names_those_that_are(client: Client) -> None:
    for method, path, said, allowed in NOT_OFFERED:
        detail = refused(client.send(method, path), 403, "FORBIDDEN_ERROR")
        assert said in detail
        assert detail.endswith(f"Allowed operations are: {allowed}")


def test_an_answer_that_must_not_be_json(client: Client) -> None:
    for accept in (
        "*/*",
        "application/*",
        "application/json",
        "text/html, */*;q=0.1",
        "application/vnd.api+json",
    ):
        assert client.send("GET", "orgDevices", headers={"Accept": accept}).status_code == 200
    for accept in ("text/html", "application/xml, text/*", "application/json;q=0", "*/*; q=0.0"):
        refused(client.send("GET", "orgDevices", headers={"Accept": accept}), 406, "NOT_ACCEPTABLE")


def test_a_body_may_be_declared_in_any_way(client: Client, world: World) -> None:
    for kind in (
        "application/json",
        "application/json;charset=UTF8",
        "application/vnd.api+json",
        "text/plain",
    ):
        content = httpx.Request("POST", "http://x", json=activity_body("RELEASE_DEVICES", serials(1))).content
        answer = client.send("POST", "orgDeviceActivities", content=content, headers={"Content-Type": kind})
        assert answer.status_code == 201


def test_head_is_get_without_a_body(client: Client) -> None:
    answer = client.send("HEAD", "orgDevices")
    assert (answer.status_code, answer.content) == (200, b"")


def test_school_lacks_what_business_has(world: World, origin: str, connect: Connect) -> None:
    client = connect(world, origin, kind="SCHOOL")
    service = world.service("A")
    ours = list(world.arrive(serials(1)))
    for path in ("orgDevices", f"orgDevices/{ours[0]}", "mdmServers", f"mdmServers/{service.uuid}"):
        assert client.get(path).status_code == 200
    sent = body(serverName="X", serverCertificate={"name": "m.cer", "data": DER})
    detail = refused(client.send("POST", "mdmServers", json=sent), 403, "FORBIDDEN_ERROR")
    assert detail.endswith("Allowed operations are: GET_COLLECTION, GET_INSTANCE")
    refused(client.send("DELETE", f"mdmServers/{service.uuid}"), 403, "FORBIDDEN_ERROR")
    refused(
        client.send("PATCH", f"mdmServers/{service.uuid}", json=body(service.uuid)), 403, "FORBIDDEN_ERROR"
    )
    refused(client.get("blueprints"), 404, "PATH_ERROR")
    answer = client.activity("RELEASE_DEVICES", ours)
    detail = refused(answer, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer="/data/attributes/activityType")
    assert "expected one of ASSIGN_DEVICES, UNASSIGN_DEVICES, " in detail
    done = client.done(client.activity("ASSIGN_DEVICES", ours, service.uuid))
    assert done["attributes"]["subStatus"] == "COMPLETED_WITH_SUCCESS"


def test_what_fails_inside_is_told_without_its_reasons(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.token

    def broken(*_: Any) -> Any:
        raise ValueError("a secret")

    def gone(*_: Any) -> Any:
        raise StoreUnavailable("the disk is full")

    listing = endpoints.ENDPOINTS["orgDevices"].operations
    monkeypatch.setitem(listing, "GET", Read(broken))
    answer = client.get("orgDevices")
    assert "secret" not in refused(answer, 500, "UNEXPECTED_ERROR")
    assert answer.headers["x-request-id"] in answer.json()["errors"][0]["detail"]
    monkeypatch.setitem(listing, "GET", Read(gone))
    answer = client.get("orgDevices")
    refused(answer, 503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    capsys.readouterr()


def test_every_refusal_of_the_registry_has_its_answer() -> None:
    def below(kind: type[registry.RegistryError]) -> set[type[registry.RegistryError]]:
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    assert below(registry.RegistryError) - {registry.RegistryError} == set(errors.REGISTRY)
    assert all(code in errors.TITLES for _, code in errors.REGISTRY.values())


def test_every_operation_of_the_table_is_in_apples_words() -> None:
    for endpoint in endpoints.ENDPOINTS.values():
        assert all(
            method in endpoints.WORDS[endpoint.shape] or method == "DELETE" for method in endpoint.operations
        )


def test_a_request_id_is_on_every_answer(client: Client, runtime: Runtime) -> None:
    ids = {client.get("orgDevices").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
