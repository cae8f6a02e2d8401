"""`userGroups`, `organizationalUnits`, `apps`, `packages`: what is kept is what is shown, and nothing can be written."""

from typing import Any

import pytest

from pomona.business_api.apps import APPS
from pomona.business_api.organizational_units import ORGANIZATIONAL_UNITS
from pomona.business_api.packages import PACKAGES
from pomona.business_api.user_groups import USER_GROUPS
from pomona.registry import apps, organizational_units, packages, user_groups
from pomona.registry.errors import Duplicate, Invalid
from pomona.registry.smart_groups import Rule
from tests.business_api.support import Client, Connect, refused
from tests.support.collections import app, employ, group, join_unit, package, unit
from tests.support.worlds import ADMIN, World

TYPES = (USER_GROUPS, ORGANIZATIONAL_UNITS, APPS, PACKAGES)
MISSING = "b1481656-b267-480d-b284-a809eed8b041"


def linked(client: Client, path: str) -> list[str]:
    """The ids of a relationship to users."""
    answer = client.get(f"{path}/relationships/users").json()
    assert {each["type"] for each in answer["data"]} <= {"users"}
    return [each["id"] for each in answer["data"]]


def test_groups(client: Client, world: World) -> None:
    ann, ben = employ(world, "ann"), employ(world, "ben", "PEOPLE_MANAGER")
    sales = unit(world, "Sales", ann)
    staff = group(world, "Staff", ann, ben, unit=sales)
    smart = group(world, "Managers", rule=Rule(roles=("PEOPLE_MANAGER",)))
    url = f"{client.origin}/v1/userGroups/{staff.uuid}"
    listed = client.get("userGroups").json()["data"]
    assert [each["id"] for each in listed] == [staff.uuid, smart.uuid]
    shown = listed[0]
    assert tuple(shown["attributes"]) == USER_GROUPS.attributes
    assert {key: shown["attributes"][key] for key in ("ouId", "name", "type", "totalMemberCount", "status")} == {
        "ouId": sales.uuid, "name": "Staff", "type": "STANDARD", "totalMemberCount": 2, "status": "ACTIVE",
    }  # fmt: skip
    assert shown["relationships"] == {"users": {"links": {"self": f"{url}/relationships/users"}}}
    assert shown["links"] == {"self": url}
    assert client.get(f"userGroups/{staff.uuid}").json() == {"data": shown, "links": {"self": url}}
    assert listed[1]["attributes"]["type"] == "SMART"
    assert listed[1]["attributes"]["ouId"] == world.organization.number
    assert linked(client, f"userGroups/{staff.uuid}") == [ann.uuid, ben.uuid]
    assert linked(client, f"userGroups/{smart.uuid}") == [ben.uuid]
    cid = employ(world, "cid", "PEOPLE_MANAGER")
    assert linked(client, f"userGroups/{smart.uuid}") == [ben.uuid, cid.uuid]
    world.store.write_sync(lambda tx: user_groups.delete(tx, staff, actor=ADMIN, now=world.now))
    refused(client.get(f"userGroups/{staff.uuid}"), 404, "NOT_FOUND")


def test_units_and_what_refers_to_them(client: Client, world: World) -> None:
    ann, ben = employ(world, "ann", "PEOPLE_MANAGER"), employ(world, "ben")
    employ(world, "root", managed=False)
    sales = unit(world, "Sales", ben)
    root, shown = client.get("organizationalUnits").json()["data"]
    assert (root["id"], root["attributes"]["name"]) == (world.organization.number, "Example")
    url = f"{client.origin}/v1/organizationalUnits/{sales.uuid}"
    assert tuple(shown["attributes"]) == ORGANIZATIONAL_UNITS.attributes
    assert (shown["attributes"]["name"], shown["attributes"]["description"]) == ("Sales", "About Sales")
    assert shown["relationships"] == {"users": {"links": {"self": f"{url}/relationships/users"}}}
    assert client.get(f"organizationalUnits/{sales.uuid}").json() == {"data": shown, "links": {"self": url}}
    assert linked(client, f"organizationalUnits/{root['id']}") == [ann.uuid, ben.uuid]
    assert linked(client, f"organizationalUnits/{sales.uuid}") == [ben.uuid]
    join_unit(world, sales, ann, "CONTENT_MANAGER")
    units = {each["id"] for each in client.get("organizationalUnits").json()["data"]}
    roles = {each["id"]: each["attributes"]["roleOuList"] for each in client.get("users").json()["data"]}
    assert roles[ann.uuid] == [
        {"roleName": "PEOPLE_MANAGER", "ouId": root["id"]},
        {"roleName": "CONTENT_MANAGER", "ouId": sales.uuid},
    ]
    assert {role["ouId"] for listed in roles.values() for role in listed} == units
    for each in units:
        members = {id for id, listed in roles.items() if each in [role["ouId"] for role in listed]}
        assert set(linked(client, f"organizationalUnits/{each}")) == members
    world.store.write_sync(lambda tx: organizational_units.delete(tx, sales, actor=ADMIN, now=world.now))
    assert len(client.get(f"users/{ann.uuid}").json()["data"]["attributes"]["roleOuList"]) == 1


def test_apps(client: Client, world: World) -> None:
    pages = app(world)
    [shown] = client.get("apps").json()["data"]
    assert shown == {
        "type": "apps",
        "id": "361309726",
        "attributes": {
            "name": "Pages",
            "bundleId": "com.apple.iWork.Pages",
            "websiteUrl": "https://example.com",
            "version": "14.1",
            "supportedOS": ["SUPPORTED_OS_IOS", "SUPPORTED_OS_MACOS"],
            "isCustomApp": False,
            "appStoreUrl": "https://apps.apple.com/app/id361309726",
        },
        "links": {"self": f"{client.origin}/v1/apps/361309726"},
    }
    assert client.get("apps/361309726").json()["data"] == shown
    world.store.write_sync(
        lambda tx: apps.update(tx, pages, {"version": "15", "custom": True}, actor=ADMIN, now=world.tick())
    )
    changed = client.get("apps/361309726").json()["data"]["attributes"]
    assert changed == shown["attributes"] | {"version": "15", "isCustomApp": True}
    changed_app = world.store.read_sync(lambda tx: apps.get(tx, world.id, "361309726"))
    world.store.write_sync(lambda tx: apps.delete(tx, changed_app, actor=ADMIN, now=world.now))
    assert client.get("apps").json()["data"] == []


def test_packages(client: Client, world: World) -> None:
    agent = package(world)
    [shown] = client.get("packages").json()["data"]
    assert tuple(shown["attributes"]) == PACKAGES.attributes
    assert shown["links"] == {"self": f"{client.origin}/v1/packages/{agent.uuid}"}
    assert {key: shown["attributes"][key] for key in PACKAGES.attributes[:6]} == {
        "name": "Agent", "url": "https://example.com/agent.pkg", "hash": "ab" * 32,
        "bundleIds": ["com.example.agent"], "description": "Watches", "version": "1.2",
    }  # fmt: skip
    assert client.get(f"packages/{agent.uuid}").json()["data"] == shown
    world.store.write_sync(
        lambda tx: packages.update(tx, agent, {"bundle_ids": ()}, actor=ADMIN, now=world.tick())
    )
    changed = client.get(f"packages/{agent.uuid}").json()["data"]["attributes"]
    assert changed["bundleIds"] == []
    assert changed["updatedDateTime"] > changed["createdDateTime"]


def test_what_the_registry_refuses(world: World) -> None:
    def add_app(adam_id: str = "1", **about: Any) -> None:
        told = apps.About(**({"name": "X"} | about))
        world.store.write_sync(lambda tx: apps.add(tx, world.id, adam_id, told, actor=ADMIN, now=world.now))

    def add_package(**about: Any) -> None:
        told = packages.About(**({"name": "X", "url": "https://example.com/x.pkg"} | about))
        world.store.write_sync(
            lambda tx: packages.add(tx, world.id, told, actor=ADMIN, now=world.now, rng=world.rng)
        )

    app(world, "7")
    with pytest.raises(Duplicate):
        add_app("7")
    for id in ("", "x", "1" * 21):
        with pytest.raises(Invalid):
            add_app(id)
    bad_apps: tuple[dict[str, Any], ...] = ({"name": ""}, {"systems": ("DOS",)}, {"version": "x" * 501})
    for about in bad_apps:
        with pytest.raises(Invalid):
            add_app(**about)
    bad_packages: tuple[dict[str, Any], ...] = ({"name": ""}, {"url": "http://example.com/x.pkg"}, {"bundle_ids": ("",)}, {"hash": "x" * 201},
                  {"bundle_ids": ("x",) * 101})  # fmt: skip
    for about in bad_packages:
        with pytest.raises(Invalid):
            add_package(**about)
    package(world, "Same")
    package(world, "Same")
    with pytest.raises(Invalid, match="Several"):
        world.store.read_sync(lambda tx: packages.find(tx, world.id, "Same"))


def fill(world: World) -> dict[str, list[str]]:
    """Five of each; gives their ids as lists show them."""
    employ(world, "ann")
    units = [world.organization.number, *(unit(world, f"U{n}").uuid for n in range(4))]
    return {
        "userGroups": [group(world, f"G{n}").uuid for n in range(5)],
        "organizationalUnits": units,
        "apps": [app(world, str(n)).adam_id for n in range(1, 6)],
        "packages": [package(world, f"P{n}").uuid for n in range(5)],
    }


def test_pages_and_fields(client: Client, world: World) -> None:
    ids = fill(world)
    for type in TYPES:
        pages = client.pages(f"{type.name}?limit=2&fields[{type.name}]=name")
        assert [len(page["data"]) for page in pages] == [2, 2, 1]
        assert [each["id"] for page in pages for each in page["data"]] == ids[type.name]
        assert {tuple(each["attributes"]) for page in pages for each in page["data"]} == {("name",)}
        assert all("relationships" not in each for page in pages for each in page["data"])
        assert client.get(type.name, limit=5).json()["meta"] == {"paging": {"limit": 5}}
        for name, value in (
            (type.parameter, "colour"),
            ("filter[name]", "x"),
            ("cursor", "x"),
            ("limit", "0"),
        ):
            refused(client.get(type.name, **{name: value}), 400, "PARAMETER_ERROR.INVALID", parameter=name)
        cursor = pages[0]["meta"]["paging"]["nextCursor"]
        other = TYPES[TYPES.index(type) - 1].name
        refused(client.get(other, cursor=cursor), 400, "PARAMETER_ERROR.INVALID", parameter="cursor")


def test_linkages_page_by_page(client: Client, world: World) -> None:
    people = [employ(world, f"p{n}") for n in range(5)]
    sales, staff = unit(world, "Sales", *people), group(world, "Staff", *people)
    for path in (
        f"organizationalUnits/{sales.uuid}",
        f"organizationalUnits/{world.organization.number}",
        f"userGroups/{staff.uuid}",
    ):
        pages = client.pages(f"{path}/relationships/users?limit=2")
        assert [len(page["data"]) for page in pages] == [2, 2, 1]
        assert [each["id"] for page in pages for each in page["data"]] == [each.uuid for each in people]
        assert {page["links"]["related"] for page in pages} == {f"{client.origin}/v1/{path}/users"}


def test_nothing_else_is_offered(client: Client, world: World) -> None:
    ids = fill(world)
    for type in TYPES:
        for method in ("POST", "PATCH", "DELETE", "PUT"):
            for path in (type.name, f"{type.name}/{ids[type.name][0]}"):
                detail = refused(client.send(method, path, json={}), 403, "FORBIDDEN_ERROR")
                assert detail.endswith("Allowed operations are: GET_COLLECTION, GET_INSTANCE")
        for id in (MISSING, "%00", "%C3%A4", "x" * 300):
            refused(client.get(f"{type.name}/{id}"), 404, "NOT_FOUND")
    for name in ("userGroups", "organizationalUnits"):
        path = f"{name}/{ids[name][0]}"
        for method, where in (
            ("POST", "relationships/users"),
            ("PATCH", "relationships/users"),
            ("GET", "users"),
        ):
            detail = refused(client.send(method, f"{path}/{where}"), 403, "FORBIDDEN_ERROR")
            assert detail.endswith("Allowed operations are: GET_RELATIONSHIP")
        refused(client.get(f"{name}/{MISSING}/relationships/users"), 404, "NOT_FOUND")


def test_the_school_api_has_none_of_it(world: World, origin: str, connect: Connect) -> None:
    ids = fill(world)
    school = connect(world, origin, kind="SCHOOL")
    for type in TYPES:
        for path in (type.name, f"{type.name}/{ids[type.name][0]}", f"{type.name}/x/relationships/users"):
            refused(school.get(path), 404, "PATH_ERROR")
