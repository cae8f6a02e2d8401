"""`filter[…]` on `orgDevices`: every filter and every pair against a plain comprehension, over pages, on both engines."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.business_api.device_filters import PARAMETERS
from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.formats.times import iso_millis
from pomona.registry import arrivals, device_parts, device_selection
from pomona.registry.arrivals import Arrival, Origin
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, refused
from tests.support.supply import Reseller, document, link
from tests.support.worlds import World, serials

Attributes = dict[str, Any]


@pytest.fixture
def stocked(world: World) -> World:
    """Devices of all kinds from a reseller, an order, Apple, and by hand; on two services and none; two released."""
    World(world.store, "Other").stock(8, seed=6)
    reseller = Reseller(world.store)
    link(world, "16FCE4A0")
    stock = world.stock(24)
    reseller.now = world.tick(60_000)
    reseller.send(document("A-17", world.organization.number, serials(5, seed=3)))
    for source, seed in (("APPLE", 4), ("MANUALLY_ADDED", 5)):
        origin = Origin(world.id, source, source[:9])  # type: ignore[arg-type]
        new = [Arrival(infer(serial, kind=Kind.MAC), f"Desk {seed}") for serial in serials(3, seed=seed)]
        world.store.write_sync(lambda tx: arrivals.arrive(tx, origin, new, now=world.tick()))  # noqa: B023
    main, lab = world.service("Main"), world.service("Lab")
    world.tick(60_000)
    world.activity("ASSIGN_DEVICES", stock[:9], main)
    world.activity("ASSIGN_DEVICES", [*stock[9:12], *serials(5, seed=3)[:1]], lab)
    world.activity("RELEASE_DEVICES", [stock[2], stock[20]])
    return world


def everything(client: Client) -> list[Attributes]:
    """The attributes of all devices, and the service of each under `assignedServer`."""
    found = [each["attributes"] for each in client.get("orgDevices", limit=1000).json()["data"]]
    for server in client.get("mdmServers").json()["data"]:
        linked = client.get(f"mdmServers/{server['id']}/relationships/devices").json()["data"]
        for each in found:
            if {"type": "orgDevices", "id": each["serialNumber"]} in linked:
                each["assignedServer"] = server["id"]
    return found


def listed(client: Client, limit: int, **filters: str) -> list[str]:
    """The serials of all pages, none of which is longer than asked for."""
    query = "".join(f"&filter%5B{name}%5D={value}" for name, value in filters.items())
    pages = client.pages(f"orgDevices?limit={limit}{query}")
    assert all(len(page["data"]) <= limit for page in pages)
    return [each["id"] for page in pages for each in page["data"]]


@pytest.mark.parametrize(("window", "few"), [(4, 0), (10, 6), (10_000, 5_000)])
def test_every_filter_and_every_pair(
    client: Client, stocked: World, monkeypatch: pytest.MonkeyPatch, window: int, few: int
) -> None:
    known = everything(client)
    monkeypatch.setattr(device_selection, "WINDOW", window)
    monkeypatch.setattr(device_parts, "FEW", few)
    servers = {
        each["attributes"]["serverName"]: each["id"] for each in client.get("mdmServers").json()["data"]
    }
    types = sorted({each["productType"] for each in known})[:2]
    changed = sorted({each["updatedDateTime"] for each in known})[1]
    added = sorted({each["addedToOrgDateTime"] for each in known})[1]
    wanted = [each["serialNumber"] for each in known[::5]]
    filters: list[tuple[str, str, Callable[[Attributes], bool]]] = [
        ("serialNumber", ",".join([*wanted, "ONOTTHERE12"]).lower(), lambda each: each["serialNumber"] in wanted),
        ("status", "ASSIGNED", lambda each: each["status"] == "ASSIGNED"),
        ("status", "UNASSIGNED", lambda each: each["status"] == "UNASSIGNED"),
        ("status", "UNASSIGNED,ASSIGNED", lambda each: True),
        ("productFamily", "Mac,Watch", lambda each: each["productFamily"] in ("Mac", "Watch")),
        ("productType", ",".join(types), lambda each: each["productType"] in types),
        ("orderNumber", "A-17,B-18", lambda each: each["orderNumber"] == "A-17"),
        ("assignedServer", servers["Lab"].lower(), lambda each: each.get("assignedServer") == servers["Lab"]),
        ("assignedServer", f"{servers['Lab']},{servers['Main']}", lambda each: "assignedServer" in each),
        ("purchaseSourceType", "APPLE,MANUALLY_ADDED", lambda each: each["purchaseSourceType"] != "RESELLER"),
        ("purchaseSourceType", "RESELLER", lambda each: each["purchaseSourceType"] == "RESELLER"),
        ("updatedDateTime", changed, lambda each: each["updatedDateTime"] >= changed),
        ("addedToOrgDateTime", added, lambda each: each["addedToOrgDateTime"] >= added),
        ("search", "desk", lambda each: each["purchaseSourceType"] != "RESELLER"),
    ]  # fmt: skip
    for name, value, meant in filters:
        expected = [each["serialNumber"] for each in known if meant(each)]
        assert expected
        assert listed(client, 3, **{name: value}) == expected, (name, value)
    for (one, left, first), (other, right, second) in itertools.combinations(filters, 2):
        if one != other:
            expected = [each["serialNumber"] for each in known if first(each) and second(each)]
            assert listed(client, 50, **{one: left, other: right}) == expected, (one, left, other, right)


def test_a_text_finds_whatever_names_a_device(client: Client, stocked: World) -> None:
    known = everything(client)
    phone = next(each for each in known if each["imei"])
    assert listed(client, 100, search=phone["imei"][0]) == [phone["serialNumber"]]
    assert listed(client, 100, search=phone["meid"][0].lower()) == [phone["serialNumber"]]
    assert phone["serialNumber"] in listed(client, 100, search=phone["serialNumber"][:4].lower())
    assert len(listed(client, 100, search="a-17")) == 5
    assert len(listed(client, 100, search="DESK 4")) == 3
    model, color = phone["deviceModel"], phone["color"]
    named = listed(client, 100, search=f"{color.lower()} {model.upper()}")
    assert named == [
        each["serialNumber"] for each in known if model in each["deviceModel"] and color in each["color"]
    ]
    assert listed(client, 100, search="no such thing") == listed(client, 100, search="%25%25") == []
    assert listed(client, 100, search="16FCE4A0") == []


def test_what_changes_comes_up_with_the_next_question(client: Client, world: World, runtime: Runtime) -> None:
    stock = world.stock(4)
    # The worker that is served goes by the runtime's clock, and may be first at the activity.
    runtime.clock.offset += world.tick() - runtime.clock.now()
    since = iso_millis(world.now).replace("Z", "+00:00")
    assert listed(client, 10, updatedDateTime=since) == []
    world.activity("ASSIGN_DEVICES", stock[1:2], world.service("Main"))
    world.tick()
    late = world.arrive(serials(1, seed=9))
    assert listed(client, 10, updatedDateTime=since) == [stock[1], *late]
    # Whoever changes a device's record without an activity is found too.
    world.store.write_sync(
        lambda tx: tx.execute(
            "UPDATE device_state SET updated_at = $1 WHERE device_id = (SELECT min(device_id) FROM device_state)",
            world.now,
        )
    )
    assert listed(client, 10, updatedDateTime=since) == [*stock[:2], *late]
    world.activity("RELEASE_DEVICES", stock[1:2])
    assert listed(client, 10, updatedDateTime=since) == [stock[0], *late]


def test_links_carry_filters_and_fields(client: Client, world: World) -> None:
    world.stock(12)
    query = "orgDevices?limit=1&filter[status]=UNASSIGNED&filter[search]=%25&fields[orgDevices]=serialNumber"
    assert client.get(query).json()["data"] == []
    query = "orgDevices?limit=5&filter[productFamily]=Mac,iPhone,iPad&fields[orgDevices]=productFamily,status"
    pages = client.pages(query)
    assert len(pages) > 1
    for page in pages:
        assert all(set(each["attributes"]) == {"productFamily", "status"} for each in page["data"])
        if "next" in page["links"]:
            assert page["meta"]["paging"]["nextCursor"] in page["links"]["next"]
            assert page["links"]["next"].startswith(f"{client.origin}/v1/orgDevices?")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "assigned"), ("status", ""), ("productFamily", "Mac,Toaster"), ("purchaseSourceType", "EBAY"),
        ("updatedDateTime", "yesterday"), ("updatedDateTime", ""), ("addedToOrgDateTime", "2026-01-01"),
        ("search", " "), ("search", "x" * 101), ("serialNumber", ","), ("serialNumber", ",".join(map(str, range(1_001)))),
        ("color", "SILVER"), ("", "x"), ("orderNumber", "\0"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(client: Client, name: str, value: str) -> None:
    answer = client.get("orgDevices", **{f"filter[{name}]": value})
    refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter=f"filter[{name}]")


def test_filters_are_for_the_list_alone(client: Client, world: World) -> None:
    [serial] = world.stock(1)
    for path in (f"orgDevices/{serial}", "mdmServers"):
        answer = client.get(path, **{"filter[status]": "ASSIGNED"})
        refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter="filter[status]")


def test_a_neighbours_devices_are_never_found(
    runtime: Runtime, origin: str, world: World, connect: Connect, client: Client
) -> None:
    other = World(runtime.store, "Other")
    theirs = other.stock(5, seed=8)
    service = other.service("Theirs")
    other.activity("ASSIGN_DEVICES", theirs[:2], service)
    for filters in (
        {"serialNumber": ",".join(theirs)}, {"assignedServer": service.uuid}, {"search": theirs[0]}, {"status": "ASSIGNED"},
        {"productFamily": "Mac,iPhone,iPad,AppleTV,Watch,Vision"}, {"purchaseSourceType": "RESELLER"},
        {"updatedDateTime": "2001-01-01T00:00:00Z"},
    ):  # fmt: skip
        assert listed(client, 100, **filters) == []


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(PARAMETERS),
        st.text()
        | st.sampled_from(["2026-01-01T00:00:00Z", "Mac,iPad", "ASSIGNED", "%", "_", "'", "\\", "!"]),
        min_size=1,
    )
)
def test_any_filter_is_answered(client: Client, world: World, filters: dict[str, str]) -> None:
    answer = client.get("orgDevices", **filters)
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        [error] = answer.json()["errors"]
        assert error["code"] == "PARAMETER_ERROR.INVALID"
        assert error["source"]["parameter"] in filters
