"""What real clients stumble over: one test for each line of the list that was made by running and reading them.

Each docstring names the clients that break without it.
"""

import json
import re
import time
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pomona.business_api.audit_types import KEYS as EVENT_KEYS
from pomona.keys.randomness import seeded
from pomona.registry import api_keys
from pomona.runtime import Runtime
from tests.business_api.blueprint_hands import RELATIONS, linkages
from tests.business_api.blueprint_hands import body as blueprint
from tests.business_api.sides import Side
from tests.business_api.support import Client, Connect, activity_body, start
from tests.business_api.test_configurations import whole
from tests.business_api.test_contract import EVER, TABLE
from tests.business_api.test_servers import DER, body, certificate
from tests.support.serving import Serve
from tests.support.worlds import World

MISSING = "b1481656-b267-480d-b284-a809eed8b041"
HALF_A_YEAR = 180 * 86_400


@pytest.fixture
def side(runtime: Runtime, origin: str, connect: Connect) -> Side:
    """An organisation with something of everything."""
    world = World(runtime.store)
    world.now = runtime.clock.now()
    return Side(world, connect(world, origin))


def gets(side: Side) -> list[httpx.Response]:
    """The answer of every GET of Apple's."""
    found = []
    for path, method in sorted(TABLE):
        if method == "GET" and path.startswith("/v1/"):
            name = path.removeprefix("/v1/").split("/")[0]
            url = path.removeprefix("/v1/").replace("*", side.ids().get(name, ""))
            found.append(side.client.get(url, **(EVER if name == "auditEvents" else {})))
    assert all(answer.status_code == 200 for answer in found)
    return found


def test_line_1_tokens(client: Client) -> None:
    """applebusiness, NanoAXM, Terraform."""
    now = int(time.time())
    form = client.form(client_assertion=client.assertion(iat=now, exp=now + HALF_A_YEAR))
    for path in ("/auth/oauth2/token", "/auth/oauth2/v2/token"):
        for sent in (
            {"data": form},
            {"params": form, "content": b"", "headers": {"Content-Type": "application/octet-stream"}},
            {"content": urlencode(form), "headers": {"Content-Type": "application/json"}},
        ):
            answer = client.http.post(path, **sent)
            assert answer.status_code == 200, answer.text
            assert answer.json()["token_type"] == "Bearer"


def test_line_2_errors(
    side: Side, runtime: Runtime, serve: Serve, connect: Connect, world: World, origin: str
) -> None:
    """All of them."""
    client = side.client
    paced = msgspec.structs.replace(runtime.settings, rate_limits="apple")
    slow = Runtime(paced, runtime.store, runtime.keys, runtime.clock, runtime.rng, runtime.origins)
    hurried = connect(world, start(slow, serve, working=False))
    refusals = {
        400: client.get("orgDevices", limit=0),
        401: client.http.get("/v1/orgDevices"),
        403: client.send("POST", "users", json={}),
        404: client.get("orgDevices/ONOTTHERE12"),
        409: client.activity("ASSIGN_DEVICES", side.devices[:1], "0" * 32),
        422: client.send("POST", "mdmServers", json=body()),
        429: [hurried.get("orgDevices") for _ in range(21)][-1],
    }
    for status, answer in refusals.items():
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        [error] = answer.json()["errors"]
        assert error["status"] == str(status)
        assert all(isinstance(error[name], str) and error[name] for name in ("code", "title", "detail"))
    assert int(refusals[429].headers["retry-after"]) <= 60


def test_line_3_success_has_the_status_that_clients_compare(side: Side) -> None:
    """pyaxm, NanoAXM, Terraform."""
    client = side.client
    sent = {
        "orgDeviceActivities": activity_body("UNASSIGN_DEVICES", side.devices[:1]),
        "mdmServers": body(serverName="New", serverCertificate={"name": "m.cer", "data": DER}),
        "configurations": whole(name="New"),
        "blueprints": blueprint({name: [side.ids()[name]] for name in RELATIONS}, name="New"),
    }
    made = {}
    for path, document in sent.items():
        answer = client.send("POST", path, json=document)
        assert answer.status_code == 201, answer.text
        made[path] = answer.json()["data"]["id"]
    path = f"blueprints/{made['blueprints']}"
    gone: list[tuple[str, str, Any]] = [
        ("POST", f"{path}/relationships/users", linkages("users", [side.user])),
        ("DELETE", f"{path}/relationships/users", linkages("users", [side.user])),
        ("DELETE", path, None),
        ("DELETE", f"configurations/{made['configurations']}", None),
        ("DELETE", f"mdmServers/{made['mdmServers']}", None),
    ]
    for method, url, gone_body in gone:
        answer = client.send(method, url, json=gone_body)
        assert (answer.status_code, answer.content) == (204, b"")


def test_line_4_every_document_has_an_absolute_link_to_itself(side: Side) -> None:
    """pyaxm, whose type for it is a URL."""
    for answer in gets(side):
        link = urlsplit(answer.json()["links"]["self"])
        assert (link.scheme, link.netloc) == ("http", urlsplit(side.client.origin).netloc)


def test_line_5_no_attribute_of_a_device_is_missing_or_null(client: Client, world: World) -> None:
    """applebusiness, which declares them all."""
    texts = (
        "addedToOrgDateTime", "color", "deviceCapacity", "deviceModel", "wifiMacAddress", "bluetoothMacAddress",
        "orderDateTime", "orderNumber", "partNumber", "productFamily", "productType", "purchaseSourceType",
        "purchaseSourceId", "serialNumber", "status", "updatedDateTime",
    )  # fmt: skip
    world.stock(12)
    listed = client.get("orgDevices").json()["data"]
    for device in [*listed, client.get(f"orgDevices/{listed[0]['id']}").json()["data"]]:
        assert all(isinstance(device["attributes"][name], str) for name in texts)
        assert isinstance(device["attributes"]["ethernetMacAddress"], list)
        assert device["links"]["self"]
        assert set(device["relationships"]) == {"assignedServer", "appleCareCoverage"}


def test_line_6_the_status_of_a_migration(client: Client, world: World) -> None:
    """pyaxm, which knows four."""
    first, second = world.service("A"), world.service("B")
    [moving, staying] = world.stock(2)
    world.set_up(first, [moving])
    at = datetime.fromtimestamp(world.now / 1000 + 86_400).astimezone().isoformat()
    client.done(client.activity("ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", [moving], second.uuid, at))
    shown = {
        device["id"]: device["attributes"]["mdmMigrationStatus"]
        for device in client.get("orgDevices").json()["data"]
    }
    assert shown == {moving: "REQUESTED", staying: None}


def test_line_7_a_service_has_its_link_and_no_nulls(side: Side) -> None:
    """applebusiness."""
    for server in side.client.get("mdmServers").json()["data"]:
        assert server["relationships"]["devices"]["links"]["self"].endswith(
            f"{server['id']}/relationships/devices"
        )
        for name in ("serverName", "serverType", "createdDateTime", "updatedDateTime"):
            assert isinstance(server["attributes"][name], str)


def test_line_8_the_first_page_has_a_hundred(client: Client, world: World) -> None:
    """pyaxm, which reads no second page of services."""
    for n in range(98):
        world.service(f"Service {n}")
    document = client.get("mdmServers").json()
    assert len(document["data"]) >= 98
    assert document["meta"]["paging"]["limit"] == 100
    assert "next" not in document["links"]


def test_line_9_the_log_of_an_activity(client: Client, world: World) -> None:
    """pyaxm, Terraform, scripts."""
    stock = world.stock(3)
    done = client.done(client.activity("ASSIGN_DEVICES", stock, world.service("Main").uuid))
    url = done["attributes"]["downloadUrl"]
    [said] = parse_qs(urlsplit(url).query)["response-content-disposition"]
    name = re.fullmatch(r'attachment;filename="(ABM-ActivityLog_[A-Za-z0-9_-]+\.csv)"', said)
    assert name
    answer = httpx.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == said
    head, _, rows = answer.text.replace("\r\n", "\n").partition("\n\n")
    assert head.splitlines()[0] == "OPERATION,ASSIGN_DEVICES"
    assert rows.splitlines() == [
        "serial_number,operation_status,operation_substatus",
        *(f"{each},SUCCESS," for each in stock),
    ]


def test_line_10_an_unassigned_device(client: Client, world: World) -> None:
    """applebusiness and pyaxm, which fail on null."""
    [serial] = world.stock(1)
    for path in ("assignedServer", "relationships/assignedServer"):
        assert client.get(f"orgDevices/{serial}/{path}").status_code == 404


def test_line_11_audit_events(side: Side) -> None:
    """pyaxm, which knows 33 types and no time without a zone."""
    found = side.client.get("auditEvents", limit=1000, **EVER).json()["data"]
    assert len({each["attributes"]["type"] for each in found}) > 5
    for each in found:
        attributes = each["attributes"]
        assert each["type"] == "auditEvents"
        assert attributes["eventDataPropertyKey"] in EVENT_KEYS.values()
        assert isinstance(attributes[attributes["eventDataPropertyKey"]], dict)
        assert datetime.fromisoformat(attributes["eventDateTime"]).tzinfo is not None


def test_line_12_lists_agree_with_themselves_and_each_other(side: Side) -> None:
    """Terraform's newest snapshot."""
    client = side.client
    for answer in gets(side):
        document = answer.json()
        if isinstance(document["data"], list):
            assert document["meta"]["paging"]["limit"] == 100
            assert "total" not in document["meta"]["paging"]
    for path in ("orgDevices", "users", "mdmServers"):
        for page in client.pages(f"{path}?limit=1"):
            assert len(page["data"]) <= 1
            assert page["meta"]["paging"]["limit"] == 1
            if "next" in page["links"]:
                link = urlsplit(page["links"]["next"])
                assert f"{link.scheme}://{link.netloc}" == client.origin
                assert link.path == f"/v1/{path}"
                assert parse_qs(link.query)["cursor"] == [page["meta"]["paging"]["nextCursor"]]
            else:
                assert "nextCursor" not in page["meta"]["paging"]
    status = {each["id"]: each["attributes"]["status"] for each in client.get("orgDevices").json()["data"]}
    linked: list[str] = []
    for server in client.get("mdmServers").json()["data"]:
        assert server["attributes"]["serverType"] in ("MDM", "APPLE_CONFIGURATOR", "APPLE_MDM")
        assert server["attributes"]["status"] == "ACTIVE"
        ids = [
            each["id"]
            for each in client.get(f"mdmServers/{server['id']}/relationships/devices").json()["data"]
        ]
        assert len(ids) == server["attributes"]["deviceCount"]
        linked += ids
    assert sorted(linked) == sorted(serial for serial, word in status.items() if word == "ASSIGNED")
    assert len(set(linked)) == len(linked)


def test_line_13_keys_and_sparse_fieldsets(client: Client, world: World) -> None:
    """NanoAXM, PyJWT, zchee/abm; abctl, which sends no key id; zchee/abm, which takes no strings for MAC addresses."""
    labels = {
        form: api_keys.generate(form, seeded("x")).private.splitlines()[0] for form in api_keys.KEY_FORMS
    }
    assert labels == {
        "sec1": "-----BEGIN EC PRIVATE KEY-----",
        "pkcs8": "-----BEGIN PRIVATE KEY-----",
        "apple": "-----BEGIN EC PRIVATE KEY-----",
    }
    sent = client.form(client_assertion=client.assertion(headers={"typ": "JWT"}))
    assert client.http.post("/auth/oauth2/token", data=sent).status_code == 200
    world.stock(3)
    answer = client.get("orgDevices", **{"fields[orgDevices]": "partNumber,serialNumber"})
    assert all(set(each["attributes"]) == {"partNumber", "serialNumber"} for each in answer.json()["data"])
    assert "Address" not in json.dumps(answer.json())


def test_line_14_what_is_accepted(client: Client) -> None:
    """Both Python clients send */*."""
    for accept, status in (
        ("*/*", 200),
        ("application/json", 200),
        ("text/csv", 406),
        ("application/json;q=0", 406),
    ):
        assert client.send("GET", "orgDevices", headers={"Accept": accept}).status_code == status


def test_line_15_what_a_live_suite_asserts(side: Side) -> None:
    """apple-business-go."""
    client = side.client
    answer = client.send(
        "PATCH", f"blueprints/{side.blueprint}/relationships/apps", json=linkages("apps", [])
    )
    assert (answer.status_code, "'REPLACE'" in answer.json()["errors"][0]["detail"]) == (403, True)
    key = certificate(ec.generate_private_key(ec.SECP256R1())).public_bytes(Encoding.PEM).decode()
    answer = client.send(
        "POST", "mdmServers", json=body(serverName="EC", serverCertificate={"name": "e", "data": key})
    )
    assert (answer.status_code, "PARAMETER_ERROR" in answer.json()["errors"][0]["code"]) == (400, True)
    for path in ("configurations", "blueprints"):
        answer = client.get(f"{path}/{MISSING}")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NOT_FOUND")
    members, resources = {"users": [side.user]}, {"apps": [side.app]}
    for links, code in ((members, "MISSING_RESOURCES"), (resources, "MISSING_MEMBERS")):
        answer = client.send("POST", "blueprints", json=blueprint(links, name="Half"))
        assert (answer.status_code, code in answer.json()["errors"][0]["code"]) == (409, True)


def test_line_16_a_refusal_is_final_at_once(side: Side) -> None:
    """pyaxm, which tries most of them four times: nothing here depends on trying again, and nothing asks for it."""
    before = side.state()
    requests: list[tuple[str, str, Any]] = [
        ("GET", "orgDevices/ONOTTHERE12", None), ("POST", "mdmServers", {}), ("GET", "auditEvents", None),
        ("POST", "orgDeviceActivities", activity_body("ASSIGN_DEVICES", side.devices, "0" * 32)),
    ]  # fmt: skip
    for method, path, sent in requests:
        first, second = (side.client.send(method, path, json=sent) for _ in range(2))
        assert first.status_code == second.status_code
        assert 400 <= first.status_code < 429
        assert "retry-after" not in first.headers
        assert first.elapsed.total_seconds() < 5
    assert side.state() == before
