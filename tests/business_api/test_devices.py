"""`orgDevices`: rows 1 to 5 of the table of operations."""

from typing import Any

import pytest

from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.registry import devices
from pomona.runtime import Runtime
from tests.business_api.support import Client, refused
from tests.support.worlds import World, serials

STRINGS = (
    "serialNumber", "addedToOrgDateTime", "color", "deviceCapacity", "deviceModel", "wifiMacAddress", "bluetoothMacAddress",
    "orderDateTime", "orderNumber", "partNumber", "productFamily", "productType", "purchaseSourceType",
    "purchaseSourceId", "status", "updatedDateTime", "eid",
)  # fmt: skip
LISTS = ("imei", "meid", "ethernetMacAddress")


def check_resource(resource: dict[str, Any], origin: str) -> None:
    """Everything that a client declares mandatory."""
    serial, attributes = resource["id"], resource["attributes"]
    assert resource["type"] == "orgDevices"
    assert attributes["serialNumber"] == serial
    assert all(isinstance(attributes[name], str) for name in STRINGS)
    assert all(isinstance(value, str) for name in LISTS for value in attributes[name])
    assert attributes["releasedFromOrgDateTime"] is None
    assert attributes["isMdmMigrationCapable"] is False
    assert attributes["mdmMigrationStatus"] is None
    assert attributes["mdmMigrationDeadlineDateTime"] is None
    url = f"{origin}/v1/orgDevices/{serial}"
    assert resource["links"] == {"self": url}
    assert resource["relationships"] == {
        "assignedServer": {
            "links": {"self": f"{url}/relationships/assignedServer", "related": f"{url}/assignedServer"}
        },
        "appleCareCoverage": {"links": {"related": f"{url}/appleCareCoverage"}},
    }


def test_a_list_has_every_attribute_of_every_kind(client: Client, world: World) -> None:
    stock = world.stock(12)
    answer = client.get("orgDevices")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    document = answer.json()
    assert [resource["id"] for resource in document["data"]] == stock
    for resource in document["data"]:
        check_resource(resource, client.origin)
        facts = infer(resource["id"])
        attributes = resource["attributes"]
        assert attributes["productType"] == facts.product.product_type
        assert (attributes["imei"], attributes["eid"]) == (list(facts.imei), facts.eid)
        assert attributes["ethernetMacAddress"] == list(facts.ethernet_mac)
        assert (attributes["purchaseSourceType"], attributes["purchaseSourceId"]) == ("RESELLER", "16FCE4A0")
    families = {resource["attributes"]["productFamily"] for resource in document["data"]}
    assert families == {"iPhone", "iPad", "Mac", "AppleTV", "Watch", "Vision"}
    assert document["links"] == {"self": f"{client.origin}/v1/orgDevices"}
    assert document["meta"] == {"paging": {"limit": 100}}


def test_an_empty_list_still_has_its_paging(client: Client) -> None:
    document = client.get("orgDevices", limit=5).json()
    assert document == {
        "data": [],
        "links": {"self": f"{client.origin}/v1/orgDevices?limit=5"},
        "meta": {"paging": {"limit": 5}},
    }


def test_pages_follow_each_other_without_gaps(client: Client, world: World) -> None:
    stock = world.stock(25)
    pages = client.pages("orgDevices?limit=10&fields%5BorgDevices%5D=serialNumber,status")
    assert [len(page["data"]) for page in pages] == [10, 10, 5]
    assert [each["id"] for page in pages for each in page["data"]] == stock
    for page in pages[:-1]:
        url = page["links"]["next"]
        cursor = page["meta"]["paging"]["nextCursor"]
        assert url.startswith(f"{client.origin}/v1/orgDevices?")
        assert f"cursor={cursor}" in url
        assert "limit=10" in url
        assert "fields%5BorgDevices%5D=serialNumber,status" in url
    assert "next" not in pages[-1]["links"]
    assert "nextCursor" not in pages[-1]["meta"]["paging"]
    assert len(client.pages("orgDevices?limit=25")) == 1


def test_devices_that_come_meanwhile_are_on_a_later_page(client: Client, world: World) -> None:
    stock = world.stock(3)
    first = client.get("orgDevices", limit=2).json()
    late = world.arrive(serials(1, seed=9))
    second = client.get("orgDevices", limit=2, cursor=first["meta"]["paging"]["nextCursor"]).json()
    assert [each["id"] for each in second["data"]] == [stock[2], *late]


def test_many_released_devices_shorten_a_page_but_not_the_list(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pomona.business_api.device_pages.WINDOW", 4)
    stock = world.stock(14)
    world.activity("RELEASE_DEVICES", stock[1:9])
    pages = client.pages("orgDevices?limit=3")
    assert [each["id"] for page in pages for each in page["data"]] == [stock[0], *stock[9:]]
    assert all(page["meta"]["paging"]["limit"] == 3 for page in pages)


def test_one_device(client: Client, world: World) -> None:
    [serial] = world.arrive(serials(1), Kind.MAC)
    document = client.get(f"orgDevices/{serial}").json()
    check_resource(document["data"], client.origin)
    assert document["data"]["attributes"]["productFamily"] == "Mac"
    assert document["links"] == {"self": f"{client.origin}/v1/orgDevices/{serial}"}
    lower = client.get(f"orgDevices/{serial.lower()}").json()
    assert lower["data"] == document["data"]
    assert client.get("orgDevices").json()["data"] == [document["data"]]


@pytest.mark.parametrize(
    "id", ["ONOTTHERE123", "short", "a%20b", "%00%00%00%00%00%00%00%00", "…", "ÄÖÜÄÖÜÄÖÜ"]
)
def test_a_device_that_is_not_here(client: Client, id: str) -> None:
    for path in ("", "/appleCareCoverage", "/assignedServer", "/relationships/assignedServer"):
        detail = refused(client.get(f"orgDevices/{id}{path}"), 404, "NOT_FOUND")
        assert "orgDevices" in detail


def test_a_released_device_is_gone_from_the_list_but_answers(client: Client, world: World) -> None:
    ours = list(world.arrive(serials(3)))
    client.done(client.activity("RELEASE_DEVICES", ours[:1]))
    assert [each["id"] for each in client.get("orgDevices").json()["data"]] == ours[1:]
    attributes = client.get(f"orgDevices/{ours[0]}").json()["data"]["attributes"]
    assert attributes["status"] == "UNASSIGNED"
    device = world.store.read_sync(lambda tx: devices.get(tx, world.id, ours[0]))
    assert device.released_at is not None
    assert attributes["releasedFromOrgDateTime"].endswith("Z")
    assert (attributes["releaserEntityType"], attributes["releaserId"]) == ("API", client.account.client_id)
    assert client.get(f"orgDevices/{ours[0]}/appleCareCoverage").json()["data"] == []
    refused(client.get(f"orgDevices/{ours[0]}/assignedServer"), 404, "NOT_FOUND")


def test_a_fieldset_leaves_everything_else_out(client: Client, world: World) -> None:
    world.arrive(serials(2))
    for path in ("orgDevices", "orgDevices/" + serials(1)[0]):
        data = client.get(path, **{"fields[orgDevices]": "partNumber, serialNumber"}).json()["data"]
        for resource in data if isinstance(data, list) else [data]:
            assert set(resource) == {"type", "id", "attributes", "links"}
            assert set(resource["attributes"]) == {"partNumber", "serialNumber"}
    data = client.get("orgDevices", **{"fields[orgDevices]": "assignedServer,status"}).json()["data"]
    assert set(data[0]["relationships"]) == {"assignedServer"}
    assert set(data[0]["attributes"]) == {"status"}
    none = client.get("orgDevices", **{"fields[orgDevices]": ""}).json()["data"]
    assert none[0]["attributes"] == {}
    assert "relationships" not in none[0]


def test_every_documented_field_can_be_asked_for(client: Client, world: World) -> None:
    world.arrive(serials(1))
    whole = client.get("orgDevices").json()["data"][0]
    names = [*whole["attributes"], *whole["relationships"]]
    answer = client.get("orgDevices", **{"fields[orgDevices]": ",".join(names)})
    assert answer.json()["data"][0] == whole


IMPOSSIBLE = (
    ("limit", "0"), ("limit", "1001"), ("limit", "-1"), ("limit", "ten"), ("limit", ""), ("limit", "1.5"),
    ("limit", "١"), ("limit", "9" * 50), ("cursor", "AAAA"), ("cursor", ""), ("cursor", "ä"), ("cursor", "\x00"),
    ("fields[orgDevices]", "serialNumber,secret"), ("fields[mdmServers]", "serverName"),
    ("include", "assignedServer"), ("fields[appleCareCoverage]", "status"), ("filter[color]", "SILVER"), ("sort", "status"), ("filter", "x"),
)  # fmt: skip


def test_a_parameter_that_cannot_be(client: Client) -> None:
    for name, value in IMPOSSIBLE:
        refused(client.get("orgDevices", **{name: value}), 400, "PARAMETER_ERROR.INVALID", parameter=name)


def test_a_cursor_is_for_its_own_list_and_for_a_week(client: Client, world: World, runtime: Runtime) -> None:
    world.stock(3)
    service = world.service("A")
    cursor = client.get("orgDevices", limit=1).json()["meta"]["paging"]["nextCursor"]
    detail = refused(
        client.get(f"mdmServers/{service.uuid}/relationships/devices", cursor=cursor),
        *(400, "PARAMETER_ERROR.INVALID"),
        parameter="cursor",
    )
    assert "another list" in detail
    runtime.clock.offset += 6 * 86_400_000
    client._token = None
    assert client.get("orgDevices", cursor=cursor).status_code == 200
    runtime.clock.offset += 2 * 86_400_000
    client._token = None
    answer = client.get("orgDevices", cursor=cursor)
    assert "week" in refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter="cursor")


def test_parameters_nobody_knows_are_ignored(client: Client) -> None:
    assert client.get("orgDevices", _="1700000000").status_code == 200


def test_coverage_is_honest(client: Client, world: World) -> None:
    [serial] = world.arrive(serials(1))
    document = client.get(f"orgDevices/{serial}/appleCareCoverage").json()
    assert document == {
        "data": [],
        "links": {"self": f"{client.origin}/v1/orgDevices/{serial}/appleCareCoverage"},
        "meta": {"paging": {"limit": 100}},
    }
    field = {"fields[appleCareCoverage]": "status,nothing"}
    answer = client.get(f"orgDevices/{serial}/appleCareCoverage", **field)
    refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter="fields[appleCareCoverage]")


def test_the_assigned_server_both_ways(client: Client, world: World) -> None:
    service = world.service("A")
    ours = list(world.arrive(serials(2)))
    client.done(client.activity("ASSIGN_DEVICES", ours[:1], service.uuid))
    url = f"{client.origin}/v1/orgDevices/{ours[0]}"
    linkage = client.get(f"orgDevices/{ours[0]}/relationships/assignedServer").json()
    assert linkage == {
        "data": {"type": "mdmServers", "id": service.uuid},
        "links": {"self": f"{url}/relationships/assignedServer", "related": f"{url}/assignedServer"},
    }
    related = client.get(f"orgDevices/{ours[0]}/assignedServer").json()
    assert related["data"] == client.get(f"mdmServers/{service.uuid}").json()["data"]
    some = client.get(f"orgDevices/{ours[0]}/assignedServer", **{"fields[mdmServers]": "serverName"}).json()
    assert some["data"]["attributes"] == {"serverName": "A"}
    for path in ("assignedServer", "relationships/assignedServer"):
        detail = refused(client.get(f"orgDevices/{ours[1]}/{path}"), 404, "NOT_FOUND")
        assert "not assigned" in detail


def test_links_are_of_the_origin_that_was_used(client: Client, world: World) -> None:
    world.arrive(serials(2))
    answer = client.send("GET", "orgDevices?limit=1", headers={"Host": 'odd"host:99'})
    document = answer.json()
    assert document["links"]["next"].startswith('http://odd"host:99/v1/orgDevices?')
    assert document["data"][0]["links"]["self"].startswith('http://odd"host:99/v1/orgDevices/')


def test_a_query_in_any_spelling(client: Client, world: World) -> None:
    world.stock(3)
    for query in (
        "limit=2&fields[orgDevices]=status,serialNumber",
        "fields%5BorgDevices%5D=status%2CserialNumber&limit=2",
        "&&limit=2&fields%5borgDevices%5d=status,+serialNumber&x",
        "limit=2&fields[orgDevices]=status&fields[orgDevices]=serialNumber&limit=3",
    ):
        answer = client.send("GET", f"orgDevices?{query}")
        assert [set(each["attributes"]) for each in answer.json()["data"]] == [{"status", "serialNumber"}] * 2
    answer = client.send("GET", "orgDevices?" + "&".join(["x=1"] * 101))
    assert "100" in refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter="")
