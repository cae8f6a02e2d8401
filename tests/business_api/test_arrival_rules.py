"""Rules for arriving devices over HTTP: made, changed, ordered, tried on what is here, and applied to it."""

from typing import Any

import httpx
import pytest

from pomona.catalogue.kinds import Kind
from pomona.registry import arrival_rules
from pomona.registry.services import Service
from tests.business_api.support import Client, Connect, refused
from tests.support.supply import device
from tests.support.worlds import World, serials


def send(client: Client, method: str, path: str, body: Any = None) -> httpx.Response:
    return client.send(method, f"{client.origin}/pomona/v1/{path}", json=body)


def body(
    service: Service | None = None, conditions: dict[str, str] | None = None, **attributes: Any
) -> dict[str, Any]:
    told = attributes | ({} if conditions is None else {"conditions": conditions})
    server = None if service is None else {"type": "mdmServers", "id": service.uuid}
    return {
        "data": {"type": "arrivalRules", "attributes": told, "relationships": {"mdmServer": {"data": server}}}
    }


def made(client: Client, *args: Any, **more: Any) -> dict[str, Any]:
    answer = send(client, "POST", "rules", body(*args, **more))
    assert answer.status_code == 201, answer.text
    resource: dict[str, Any] = answer.json()["data"]
    assert answer.headers["location"] == resource["links"]["self"]
    return resource


def names(client: Client) -> list[str]:
    listed = send(client, "GET", "rules").json()["data"]
    assert [each["attributes"]["place"] for each in listed] == list(range(1, len(listed) + 1))
    return [each["attributes"]["name"] for each in listed]


def test_a_rule_is_made_read_changed_moved_and_removed(client: Client, world: World) -> None:
    a, b = world.service("A"), world.service("B")
    asked = {
        "purchaseSourceType": "RESELLER", "purchaseSourceId": "16fce4a0", "orderNumberPrefix": "PO-",
        "productTypePrefix": "iPhone", "productFamily": "iPhone",
    }  # fmt: skip
    rule = made(client, a, asked, name="Phones")
    assert rule["attributes"] == {
        "name": "Phones",
        "place": 1,
        "enabled": True,
        "conditions": asked | {"purchaseSourceId": "16FCE4A0"},
        "createdDateTime": rule["attributes"]["createdDateTime"],
        "updatedDateTime": rule["attributes"]["updatedDateTime"],
    }
    assert rule["relationships"]["mdmServer"]["data"] == {"type": "mdmServers", "id": a.uuid}
    path = f"rules/{rule['id']}"
    assert send(client, "GET", path).json()["data"] == rule
    made(client, name="First", place=1)
    made(client, name="Last", enabled=False)
    assert names(client) == ["First", "Phones", "Last"]
    changed = send(client, "PATCH", path, {"data": {"attributes": {"place": 3, "enabled": False}}}).json()[
        "data"
    ]
    assert (changed["attributes"]["place"], changed["attributes"]["enabled"]) == (3, False)
    assert changed["attributes"]["conditions"] == rule["attributes"]["conditions"]
    other = send(client, "PATCH", path, body(b, {}, name="All")).json()["data"]
    assert (other["attributes"]["name"], other["attributes"]["conditions"]) == ("All", {})
    assert other["relationships"]["mdmServer"]["data"]["id"] == b.uuid
    none = send(client, "PATCH", path, body(None)).json()["data"]
    assert none["relationships"]["mdmServer"]["data"] is None
    assert names(client) == ["First", "Last", "All"]
    refused(send(client, "DELETE", f"{path}?sort=name"), 400, "PARAMETER_ERROR.INVALID", parameter="sort")
    assert send(client, "DELETE", path).status_code == 204
    refused(send(client, "GET", path), 404, "NOT_FOUND")
    assert names(client) == ["First", "Last"]


def test_devices_follow_and_those_that_are_here_can_be_sent(client: Client, world: World) -> None:
    a, b = world.service("A"), world.service("B")
    early, late, elsewhere, phone = serials(4)
    world.arrive([early, elsewhere], Kind.MAC)
    world.activity("ASSIGN_DEVICES", [elsewhere], b)
    rule = made(client, a, {"productFamily": "Mac"}, name="Macs")
    world.arrive([late], Kind.MAC)
    world.arrive([phone])
    assert [device(world, serial).service_id for serial in (early, late)] == [None, a.id]
    shown = send(client, "POST", "rules:preview").json()["data"]
    assert [(each["id"], each["attributes"]) for each in shown] == [
        (rule["id"], {"name": "Macs", "devices": 3, "devicesOfLast30Days": 3, "devicesThere": 1}),
        ("default", {"name": None, "devices": 1, "devicesOfLast30Days": 1, "devicesThere": None}),
    ]
    only = {"data": {"attributes": {"onlyWaiting": True}}}
    done = client.done(send(client, "POST", f"rules/{rule['id']}/apply", only))
    assert done["attributes"]["activityType"] == "ASSIGN_DEVICES"
    assert [device(world, serial).service_id for serial in (early, elsewhere)] == [a.id, b.id]
    client.done(client.send("POST", f"{client.origin}/pomona/v1/rules/{rule['id']}/apply"))
    assert device(world, elsewhere).service_id == a.id
    send(client, "PATCH", f"rules/{rule['id']}", body(None))
    client.done(send(client, "POST", f"rules/{rule['id']}/apply", {"data": {"attributes": {}}}))
    assert {device(world, serial).service_id for serial in (early, late, elsewhere)} == {None}
    nobody = made(client, a, {"purchaseSourceId": "NOBODY"}, name="Nobody")
    refused(send(client, "POST", f"rules/{nobody['id']}/apply"), 409, "ENTITY_ERROR.STATE")


def test_a_rule_whose_service_is_gone_says_so(client: Client, world: World) -> None:
    a = world.service("A")
    rule = made(client, a, name="All")
    assert client.send("DELETE", f"mdmServers/{a.uuid}").status_code == 204
    told = send(client, "GET", f"rules/{rule['id']}").json()["data"]
    assert (told["attributes"]["enabled"], told["relationships"]["mdmServer"]["data"]) == (False, None)
    refused(send(client, "POST", f"rules/{rule['id']}/apply"), 409, "ENTITY_ERROR.STATE")
    refused(
        send(client, "PATCH", f"rules/{rule['id']}", {"data": {"attributes": {"enabled": True}}}),
        409, "ENTITY_ERROR.ATTRIBUTE.INVALID",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "status", "code", "pointer"),
    [
        ({"data": {"attributes": {}}}, 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", "/data/attributes/name"),
        (
            {"data": {"attributes": {"name": "x", "conditions": {"productFamily": "iToaster"}}}},
            409, "ENTITY_ERROR.ATTRIBUTE.INVALID", "/data/attributes/conditions/productFamily",
        ),
        (
            {"data": {"attributes": {"name": "x", "conditions": {"colour": "red"}}}},
            409, "ENTITY_ERROR.ATTRIBUTE.UNKNOWN", "/data/attributes/conditions/colour",
        ),
        (
            {"data": {"attributes": {"name": "x"}, "relationships": {"mdmServer": {"data": {"id": "F" * 32}}}}},
            409, "ENTITY_ERROR.RELATIONSHIP.INVALID", "/data/relationships/mdmServer",
        ),
        ({"data": {"attributes": {"name": "x", "place": "1"}}}, 422, "ENTITY_ERROR.ATTRIBUTE.TYPE", "/data/attributes/place"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at(client: Client, sent: Any, status: int, code: str, pointer: str) -> None:
    refused(send(client, "POST", "rules", sent), status, code, pointer=pointer)
    assert names(client) == []


def test_it_takes_permissions_and_stays_within_the_organisation(
    world: World, origin: str, connect: Connect
) -> None:
    assigner = connect(world, origin, permissions=["read", "assign"])
    refused(send(assigner, "POST", "rules", body(name="x")), 403, "FORBIDDEN_ERROR")
    refused(send(assigner, "POST", "rules:preview"), 403, "FORBIDDEN_ERROR")
    adder = connect(world, origin, permissions=["read", "devices"])
    rule = made(adder, name="x")
    refused(send(adder, "POST", f"rules/{rule['id']}/apply"), 403, "FORBIDDEN_ERROR")
    other = World(world.store, "Other")
    theirs = connect(other, origin)
    assert send(theirs, "GET", "rules").json()["data"] == []
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/apply")):
        answer = send(theirs, method, f"rules/{rule['id']}{path}", None if method == "GET" else body())
        if path:
            answer = send(theirs, method, f"rules/{rule['id']}{path}")
        refused(answer, 404, "NOT_FOUND")
    school = connect(world, origin, kind="SCHOOL")
    refused(send(school, "GET", "rules"), 404, "PATH_ERROR")
    assert len(world.store.read_sync(lambda tx: arrival_rules.of_organization(tx, world.id))) == 1
