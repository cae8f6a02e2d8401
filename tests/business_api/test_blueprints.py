"""`blueprints`: what is for whom, by create, update and their eighteen relationship operations."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.business_api.blueprints import BLUEPRINTS
from pomona.catalogue.facts import infer
from pomona.registry import apps, configurations, packages, replacements, user_groups
from pomona.registry.errors import InUse
from pomona.runtime import Runtime
from tests.business_api.blueprint_hands import MISSING, RELATIONS, Shelf, body, change, linkages, linked, made
from tests.business_api.support import Client, Connect, refused
from tests.business_api.test_configurations import switch
from tests.business_api.test_fuzz import JSON, check, paths_of, spoilt
from tests.support.collections import employ
from tests.support.worlds import ADMIN, World, serials


@pytest.fixture
def shelf(world: World, client: Client) -> Shelf:
    """Things to link."""
    return Shelf(world, client)


def test_create_and_read(client: Client, shelf: Shelf) -> None:
    answer = client.send("POST", "blueprints", json=shelf.body(description="For sales"))
    assert answer.status_code == 201
    found = answer.json()["data"]
    url = f"{client.origin}/v1/blueprints/{found['id']}"
    assert answer.headers["location"] == url
    attributes = found["attributes"]
    assert tuple(attributes) == BLUEPRINTS.attributes
    assert (attributes["name"], attributes["description"]) == ("Sales iPads", "For sales")
    assert (attributes["status"], attributes["appLicenseDeficient"]) == ("ACTIVE", False)
    assert found["relationships"] == {
        name: {"links": {"self": f"{url}/relationships/{name}", "include": f"{url}?include={name}"}}
        for name in RELATIONS
    }
    assert found["links"] == {"self": url}
    assert client.get(f"blueprints/{found['id']}").json() == {"data": found, "links": {"self": url}}
    assert client.get("blueprints").json()["data"] == [found]
    for name in RELATIONS:
        assert linked(client, found["id"], name) == shelf.ids[name][:1]


def test_both_sides_are_needed_and_judged_before_unknown_ids_are_dropped(
    client: Client, shelf: Shelf
) -> None:
    at = "/data/relationships"
    resources = "ENTITY_ERROR.RELATIONSHIP.MISSING_RESOURCES"
    members = "ENTITY_ERROR.RELATIONSHIP.MISSING_MEMBERS"
    for names, code in (
        (("orgDevices", "users", "userGroups"), resources),
        (("apps", "configurations", "packages"), members),
    ):
        for name in names:
            sent = shelf.body(name)
            sent["data"]["relationships"]["packages" if code == resources else "users"] = {"data": []}
            refused(client.send("POST", "blueprints", json=sent), 409, code, pointer=at)
    for sent in (body(name="X"), body({}, name="X"), body({"apps": [], "users": []}, name="X")):
        answer = client.send("POST", "blueprints", json=sent)
        assert answer.status_code == 409
        assert [error["code"] for error in answer.json()["errors"]] == [resources, members]
    assert client.get("blueprints").json()["data"] == []
    unknown = made(client, body({"apps": ["999"], "orgDevices": ["ONOTTHERE12", "\x00", "ü"]}, name="Empty"))
    assert linked(client, unknown["id"], "apps") == linked(client, unknown["id"], "orgDevices") == []


def test_unknown_and_repeated_ids(client: Client, shelf: Shelf) -> None:
    ids = shelf.ids
    sent = body({
        "packages": [ids["packages"][1], MISSING, ids["packages"][1].upper()],
        "orgDevices": [ids["orgDevices"][0].lower(), "ONOTTHERE12", ids["orgDevices"][1], ids["orgDevices"][0]],
        "users": [ids["userGroups"][0]],
    }, name="Odd (name), with spaces")  # fmt: skip
    found = made(client, sent)
    assert linked(client, found["id"], "packages") == ids["packages"][1:]
    assert linked(client, found["id"], "orgDevices") == ids["orgDevices"]
    assert linked(client, found["id"], "users") == []


def test_a_person_without_a_managed_account_and_a_released_device_are_unknown(
    client: Client, world: World, shelf: Shelf
) -> None:
    portal = employ(world, "root", managed=False)
    client.done(client.activity("RELEASE_DEVICES", shelf.ids["orgDevices"][:1]))
    sent = body({"apps": ["100"], "users": [portal.uuid], "orgDevices": shelf.ids["orgDevices"]}, name="X")
    found = made(client, sent)["id"]
    assert linked(client, found, "users") == []
    assert linked(client, found, "orgDevices") == shelf.ids["orgDevices"][1:]


def test_what_a_write_refuses(client: Client, shelf: Shelf) -> None:
    at = "/data/attributes"
    good = shelf.body()
    wrong_type = shelf.body()
    wrong_type["data"]["relationships"]["apps"]["data"].append({"type": "packages", "id": "1"})
    no_id = shelf.body()
    no_id["data"]["relationships"]["users"]["data"] = [{"type": "users"}]
    no_list = shelf.body()
    no_list["data"]["relationships"]["users"]["data"] = None
    unknown = shelf.body()
    unknown["data"]["relationships"]["orders"] = {"data": []}
    nameless = shelf.body()
    del nameless["data"]["attributes"]["name"]
    links = "/data/relationships"
    cases: tuple[tuple[Any, int, str, str], ...] = (
        (nameless, 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", f"{at}/name"),
        (shelf.body(name=""), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{at}/name"),
        (shelf.body(name="x" * 129), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{at}/name"),
        (shelf.body(name="a\nb"), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{at}/name"),
        (shelf.body(name=3), 422, "ENTITY_ERROR.ATTRIBUTE.TYPE", f"{at}/name"),
        (shelf.body(description="x" * 1001), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{at}/description"),
        (shelf.body(description="\x00"), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{at}/description"),
        (shelf.body(status="ACTIVE"), 409, "ENTITY_ERROR.ATTRIBUTE.UNKNOWN", f"{at}/status"),
        (wrong_type, 409, "ENTITY_ERROR.RELATIONSHIP.INVALID", f"{links}/apps/data/1/type"),
        (no_id, 422, "ENTITY_ERROR.RELATIONSHIP.REQUIRED", f"{links}/users/data/0/id"),
        (no_list, 422, "ENTITY_ERROR.RELATIONSHIP.TYPE", f"{links}/users/data"),
        (unknown, 409, "ENTITY_ERROR.RELATIONSHIP.UNKNOWN", f"{links}/orders"),
        ({"data": good["data"] | {"type": "apps"}}, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", "/data/type"),
    )
    for sent, status, code, pointer in cases:
        refused(client.send("POST", "blueprints", json=sent), status, code, pointer=pointer)
    assert client.get("blueprints").json()["data"] == []
    id = made(client, good)["id"]
    for sent, status, code, pointer in cases[1:]:
        sent["data"]["id"] = id
        refused(client.send("PATCH", f"blueprints/{id}", json=sent), status, code, pointer=pointer)
    other = client.send("PATCH", f"blueprints/{id}", json=body(None, MISSING, name="X"))
    refused(other, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer="/data/id")
    for raw in (b"", b"{", b'{"x":' + b"[" * 200_000):
        refused(client.send("POST", "blueprints", content=raw), 400, "ENTITY_ERROR")
    many = body({"apps": ["100"], "orgDevices": ["ONOTTHERE12"] * 100_001}, name="X")
    answer = client.send("POST", "blueprints", json=many)
    refused(answer, 413, "ENTITY_ERROR.TOO_LARGE", pointer=f"{links}/orgDevices/data")


def test_update_changes_what_is_sent_and_replaces_what_is_sent(
    client: Client, shelf: Shelf, runtime: Runtime
) -> None:
    first = made(client, shelf.body(description="For sales"))
    id = first["id"]
    runtime.clock.offset += 60_000
    answer = client.send("PATCH", f"blueprints/{id}", json=body(None, id, name="Trade"))
    assert answer.status_code == 200
    changed = answer.json()["data"]["attributes"]
    assert (changed["name"], changed["description"]) == ("Trade", "For sales")
    assert changed["updatedDateTime"] > first["attributes"]["updatedDateTime"]
    sent = body({"apps": ["200", "999"], "users": []}, id)
    del sent["data"]["attributes"]
    assert client.send("PATCH", f"blueprints/{id}", json=sent).status_code == 200
    found = {name: linked(client, id, name) for name in RELATIONS}
    assert found == {name: shelf.ids[name][:1] for name in RELATIONS} | {"apps": ["200"], "users": []}
    refused(
        client.send("PATCH", f"blueprints/{MISSING}", json=body(None, MISSING, name="X")), 404, "NOT_FOUND"
    )


def test_delete_leaves_what_it_linked(client: Client, shelf: Shelf) -> None:
    id = made(client, shelf.body())["id"]
    answer = client.send("DELETE", f"blueprints/{id}")
    assert (answer.status_code, answer.content) == (204, b"")
    refused(client.get(f"blueprints/{id}"), 404, "NOT_FOUND")
    refused(client.send("DELETE", f"blueprints/{id}"), 404, "NOT_FOUND")
    for name in RELATIONS:
        assert client.get(name).json()["data"]
        refused(client.get(f"blueprints/{id}/relationships/{name}"), 404, "NOT_FOUND")


@pytest.mark.parametrize("name", RELATIONS)
def test_a_relationship(client: Client, shelf: Shelf, runtime: Runtime, name: str) -> None:
    id, (first, second) = made(client, shelf.body())["id"], shelf.ids[name]
    path = f"blueprints/{id}/relationships/{name}"
    url = f"{client.origin}/v1/blueprints/{id}"
    runtime.clock.offset += 60_000
    answer = change(client, "POST", id, name, [second, first, second])
    assert (answer.status_code, answer.content) == (204, b"")
    assert linked(client, id, name) == [first, second]
    told = client.get(f"blueprints/{id}").json()["data"]["attributes"]
    assert told["updatedDateTime"] > told["createdDateTime"]
    pages = client.pages(f"{path}?limit=1")
    assert [page["data"] for page in pages] == [[{"type": name, "id": each}] for each in (first, second)]
    assert pages[0]["links"]["related"] == f"{url}/{name}"
    assert pages[0]["meta"]["paging"]["limit"] == 1
    assert change(client, "DELETE", id, name, [first, "999"]).status_code == 204
    assert linked(client, id, name) == [second]
    for method in ("POST", "DELETE"):
        assert change(client, method, id, name, []).status_code == 204
        assert change(client, method, id, name, ["999", MISSING, "ONOTTHERE12"]).status_code == 204
        answer = client.send(method, path, json=linkages("nonsense", ["x"]))
        refused(answer, 409, "ENTITY_ERROR.RELATIONSHIP.INVALID", pointer="/data/0/type")
        answer = client.send(method, path, json={})
        refused(answer, 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", pointer="/data")
        refused(client.send(method, path), 400, "ENTITY_ERROR")
        refused(change(client, method, MISSING, name, []), 404, "NOT_FOUND")
    assert linked(client, id, name) == [second]
    said = f"The relationship '{name}' does not allow 'REPLACE'. Allowed operations are: CREATE, DELETE, GET_RELATIONSHIP"
    assert refused(client.send("PATCH", path, json=linkages(name, [])), 403, "FORBIDDEN_ERROR") == said
    detail = refused(client.get(f"blueprints/{id}/{name}"), 403, "FORBIDDEN_ERROR")
    assert "GET_RELATED" in detail
    assert detail.endswith("Allowed operations are: CREATE, DELETE, GET_RELATIONSHIP")
    refused(
        client.get(path, **{"fields[users]": "id"}), 400, "PARAMETER_ERROR.INVALID", parameter="fields[users]"
    )


def test_what_is_included(client: Client, shelf: Shelf) -> None:
    id = made(client, body(shelf.ids, name="All"))["id"]
    plain = client.get(f"blueprints/{id}").json()
    answer = client.get(f"blueprints/{id}", include=",".join(reversed(RELATIONS))).json()
    for name in RELATIONS:
        shown = answer["data"]["relationships"][name]
        assert shown["links"] == plain["data"]["relationships"][name]["links"]
        assert shown["data"] == linkages(name, shelf.ids[name])["data"]
        assert shown["meta"] == {"paging": {"limit": 100}}
    assert answer["data"]["attributes"] == plain["data"]["attributes"]
    whole = {name: client.get(name).json()["data"] for name in RELATIONS}
    assert answer["included"] == [each for name in RELATIONS for each in whole[name]]
    some = client.get(f"blueprints/{id}", include="users, orgDevices", **{
        "limit[users]": 1, "limit[apps]": 1, "fields[blueprints]": "name,users",
    }).json()  # fmt: skip
    assert [each["id"] for each in some["included"]] == shelf.ids["orgDevices"] + shelf.ids["users"][:1]
    assert list(some["data"]["relationships"]) == ["users"]
    shown = some["data"]["relationships"]["users"]
    assert [each["id"] for each in shown["data"]] == shelf.ids["users"][:1]
    path = f"blueprints/{id}/relationships/users"
    [rest] = client.get(path, cursor=shown["meta"]["paging"]["nextCursor"]).json()["data"]
    assert rest["id"] == shelf.ids["users"][1]
    empty = made(client, body({"apps": ["999"], "users": [MISSING]}, name="Empty"))["id"]
    answer = client.get(f"blueprints/{empty}", include="apps,orgDevices").json()
    assert answer["included"] == []
    assert answer["data"]["relationships"]["apps"]["data"] == []


def test_what_a_query_refuses(client: Client, shelf: Shelf) -> None:
    id = made(client, shelf.body())["id"]
    for name, value in (
        ("include", "apps,orders"), ("limit[apps]", "0"), ("limit[apps]", "1001"), ("limit[orders]", "1"),
        ("fields[blueprints]", "color"), ("fields[apps]", "name"), ("sort", "name"),
    ):  # fmt: skip
        answer = client.get(f"blueprints/{id}", **{name: value})
        refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter=name)
    refused(client.get("blueprints", include="apps"), 400, "PARAMETER_ERROR.INVALID", parameter="include")
    pages = client.pages("blueprints?limit=1&fields[blueprints]=status")
    assert [each["attributes"] for page in pages for each in page["data"]] == [{"status": "ACTIVE"}]


def test_what_goes_leaves_its_blueprints(client: Client, world: World, shelf: Shelf) -> None:
    id = made(client, body(shelf.ids, name="All"))["id"]
    first, second = shelf.ids["orgDevices"]
    client.done(client.activity("RELEASE_DEVICES", [first]))
    assert linked(client, id, "orgDevices") == [second]
    world.arrive([first])
    assert linked(client, id, "orgDevices") == [second]
    unit = infer(serials(1, seed=77)[0])
    world.store.write_sync(
        lambda tx: replacements.replace(tx, world.id, second, unit, actor=ADMIN, now=world.tick())
    )
    assert linked(client, id, "orgDevices") == []
    staff = world.store.read_sync(lambda tx: user_groups.find(tx, world.id, "Staff"))
    world.store.write_sync(lambda tx: user_groups.delete(tx, staff, actor=ADMIN, now=world.now))
    assert linked(client, id, "userGroups") == shelf.ids["userGroups"][1:]


def test_what_a_blueprint_has_cannot_go(client: Client, world: World, shelf: Shelf) -> None:
    id = made(client, shelf.body())["id"]
    used = shelf.ids["configurations"][0]
    detail = refused(client.send("DELETE", f"configurations/{used}"), 409, "ENTITY_ERROR.STATE")
    assert "Sales iPads" in detail
    kept_app = world.store.read_sync(lambda tx: apps.get(tx, world.id, "100"))
    kept_package = world.store.read_sync(lambda tx: packages.get(tx, world.id, shelf.ids["packages"][0]))
    with pytest.raises(InUse, match="Sales iPads"):
        world.store.write_sync(lambda tx: apps.delete(tx, kept_app, actor=ADMIN, now=world.now))
    with pytest.raises(InUse, match="Sales iPads"):
        world.store.write_sync(lambda tx: packages.delete(tx, kept_package, actor=ADMIN, now=world.now))
    for name in ("apps", "packages", "configurations"):
        change(client, "DELETE", id, name, shelf.ids[name])
    world.store.write_sync(lambda tx: apps.delete(tx, kept_app, actor=ADMIN, now=world.now))
    world.store.write_sync(lambda tx: packages.delete(tx, kept_package, actor=ADMIN, now=world.now))
    assert client.send("DELETE", f"configurations/{used}").status_code == 204
    assert world.store.read_sync(lambda tx: configurations.find(tx, world.id, "VPN")).name == "VPN"


def test_the_log_tells_of_each_change(client: Client, shelf: Shelf) -> None:
    id = made(client, shelf.body("apps", "users", description="For sales"))["id"]
    change(client, "POST", id, "users", shelf.ids["users"])
    change(client, "POST", id, "users", shelf.ids["users"])
    change(client, "DELETE", id, "apps", ["100"])
    client.send("PATCH", f"blueprints/{id}", json=body(None, id, name="Trade"))
    client.send("DELETE", f"blueprints/{id}")
    events = client.get("auditEvents", **{
        "filter[startTimestamp]": "2020-01-01T00:00:00Z", "filter[endTimestamp]": "2100-01-01T00:00:00Z",
        "filter[subjectId]": id,
    }).json()["data"]  # fmt: skip
    told = [each["attributes"] for each in reversed(events)]
    assert [each["type"].removeprefix("COLLECTION_") for each in told] == [
        "CREATED", "UPDATED", "UPDATED", "UPDATED", "DELETED",
    ]  # fmt: skip
    assert [each[each["eventDataPropertyKey"]] for each in told] == [
        {"name": name, "description": "For sales"} for name in ("Sales iPads",) * 3 + ("Trade",) * 2
    ]
    assert {(each["category"], each["subjectType"]) for each in told} == {("DEVICE_MANAGEMENT", "COLLECTION")}


def test_the_permission_the_switch_and_school(
    world: World, origin: str, connect: Connect, client: Client, shelf: Shelf
) -> None:
    id = made(client, shelf.body())["id"]
    reader = connect(world, origin, permissions=["read", "services"])
    school = connect(world, origin, kind="SCHOOL")
    paths = [f"blueprints/{id}/relationships/{name}" for name in RELATIONS]
    writes: list[tuple[str, str, Any]] = [
        ("POST", "blueprints", shelf.body()),
        ("PATCH", f"blueprints/{id}", body(None, id, name="X")),
        ("DELETE", f"blueprints/{id}", None),
        *((method, path, linkages("apps", [])) for path in paths for method in ("POST", "DELETE")),
    ]
    reads = [("GET", path, None) for path in ("blueprints", f"blueprints/{id}", *paths)]
    for method, path, sent in writes:
        assert "blueprints" in refused(reader.send(method, path, json=sent), 403, "FORBIDDEN_ERROR")
    for method, path, sent in [*reads, *writes]:
        assert method != "GET" or reader.send(method, path).status_code == 200
        refused(school.send(method, path, json=sent), 404, "PATH_ERROR")
    switch(world, False)
    for method, path, sent in [*reads, *writes, ("GET", "apps", None), ("GET", "packages/x", None)]:
        refused(client.send(method, path, json=sent), 403, "FORBIDDEN_ERROR.INCLUDED_MDM_NOT_ENABLED")
    for path in ("users", "userGroups", "organizationalUnits", "mdmDevices"):
        assert client.get(path).status_code == 200
    switch(world, True)
    assert client.get(f"blueprints/{id}").status_code == 200


def test_many_devices_page_by_page(client: Client, world: World, shelf: Shelf) -> None:
    stock = world.stock(2_300, seed=9)
    id = made(client, body({"apps": ["100"], "orgDevices": stock[::-1]}, name="Many"))["id"]
    pages = client.pages(f"blueprints/{id}/relationships/orgDevices?limit=1000")
    assert [len(page["data"]) for page in pages] == [1000, 1000, 300]
    assert [each["id"] for page in pages for each in page["data"]] == stock
    assert change(client, "DELETE", id, "orgDevices", stock[1:]).status_code == 204
    assert linked(client, id, "orgDevices") == stock[:1]


QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
SENT = body({name: [MISSING] for name in RELATIONS}, MISSING, name="X", description="Y")


@QUICK
@given(path=st.sampled_from(paths_of(SENT)), value=JSON, method=st.sampled_from(("POST", "PATCH")))
def test_any_body_is_answered(client: Client, path: list[Any], value: Any, method: str) -> None:
    where = "blueprints" if method == "POST" else f"blueprints/{MISSING}"
    check(client.send(method, where, content=json.dumps(spoilt(SENT, path, value))))


@QUICK
@given(
    name=st.sampled_from(RELATIONS),
    ids=st.lists(st.text(max_size=40) | st.sampled_from(["100", MISSING, "ONOTTHERE12"]), max_size=5),
    method=st.sampled_from(("POST", "DELETE")),
)
def test_any_ids_are_answered(client: Client, world: World, name: str, ids: list[str], method: str) -> None:
    found = client.get("blueprints").json()["data"]
    id = (found or [made(client, body({"apps": ["1"], "users": ["1"]}, name="X"))])[0]["id"]
    assert change(client, method, id, name, ids).status_code == 204
    get = partial(apps.of_organization, organization_id=world.id)
    assert world.store.read_sync(get) == []
