"""Audit events: what the workflow does, told in Apple's types, one event for each device."""

from typing import Any

import pytest
from pyaxm.models import AuditEventAttributes, AuditEventsResponse

from pomona.business_api import audit_pages
from pomona.business_api.audit_types import CATEGORIES, FROM_REGISTRY, KEYS
from pomona.formats.times import iso_millis
from pomona.keys.randomness import seeded
from pomona.registry import (
    activities,
    api_accounts,
    api_keys,
    domains,
    people,
)
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, refused, start
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World, serials


@pytest.fixture
def origin(runtime: Runtime, serve: Serve) -> str:
    """The face alone: these tests do activities themselves, at times of their choice."""
    return start(runtime, serve, working=False)


def window(**more: str) -> dict[str, str]:
    """The two filters that are needed, as wide as any test's time, and others."""
    wide = {
        "filter[startTimestamp]": "2020-01-01T00:00:00Z",
        "filter[endTimestamp]": "2100-01-01T00:00:00.000+02:00",
    }
    return wide | {
        name if name in ("limit", "cursor") else f"filter[{name}]": value for name, value in more.items()
    }


def events(client: Client, **filters: str) -> list[dict[str, Any]]:
    """Every event's attributes, page after page, each page read by pyaxm's own classes."""
    params: dict[str, str] | None = window(**filters)
    url, found, ids = "auditEvents", [], []
    while True:
        answer = client.send("GET", url, params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        parsed = AuditEventsResponse.model_validate(page)
        assert len(parsed.data) == len(page["data"])
        assert all(event.attributes is not None for event in parsed.data)
        found += [event["attributes"] for event in page["data"]]
        ids += [event["id"] for event in page["data"]]
        if "next" not in page["links"]:
            assert len(set(ids)) == len(ids)
            return found
        url, params = page["links"]["next"], None


def data(event: dict[str, Any]) -> Any:
    """An event's own data."""
    return event[event["eventDataPropertyKey"]]


def told(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Type and subject of each."""
    return [(event["type"], event["subjectId"]) for event in found]


def test_the_types_are_exactly_those_that_pyaxm_knows() -> None:
    union = AuditEventAttributes.__origin__.__args__
    theirs = {each.model_fields["eventDataPropertyKey"].annotation.__args__[0] for each in union}
    assert len(KEYS) == 33
    assert set(KEYS.values()) == theirs
    assert set(CATEGORIES) == set(KEYS)
    assert {type for shown in FROM_REGISTRY.values() for type in shown} <= set(KEYS)
    assert (
        KEYS["SUBJECT_HAS_ICLOUD_STORAGE_PURCHASE_ADDED"] == "eventDataSubjectHasICloudStoragePurchaseAdded"
    )
    assert KEYS["SUBJECT_HAS_APPLECARE_PURCHASE_REMOVED"] == "eventDataSubjectHasAppleCarePurchaseRemoved"


@pytest.mark.parametrize("limit", ["1", "2", "3", "7", "1000"])
def test_an_activity_is_one_event_for_each_device_it_changed(
    client: Client, world: World, limit: str
) -> None:
    service = world.service("Main")
    first, second = sorted(serials(5)), sorted(serials(4, seed=2))
    world.arrive([*first, *second])
    world.tick()
    world.activity("ASSIGN_DEVICES", [*first, "ONOTHERE12"], service)
    world.tick()
    world.activity("ASSIGN_DEVICES", [*first, *second], service)
    world.tick()
    world.activity("ASSIGN_DEVICES", first, service)
    world.tick()
    world.activity("UNASSIGN_DEVICES", first[:2], service)
    world.tick()
    released = world.activity("RELEASE_DEVICES", second[:1])
    found = events(client, limit=limit, actorId=ADMIN.id, type=(
        "DEVICE_ASSIGNED_TO_SERVER,DEVICE_UNASSIGNED_FROM_SERVER,DEVICE_REMOVED_FROM_ORG"
    ))  # fmt: skip
    assert told(found) == [
        ("DEVICE_REMOVED_FROM_ORG", second[0]),
        *(("DEVICE_UNASSIGNED_FROM_SERVER", serial) for serial in first[:2]),
        *(("DEVICE_ASSIGNED_TO_SERVER", serial) for serial in second),
        *(("DEVICE_ASSIGNED_TO_SERVER", serial) for serial in first),
    ]
    assert data(found[0]) == {
        "serialNumber": second[0], "releaseEntityId": "", "releaseEntityType": "USER",
    }  # fmt: skip
    assert data(found[1]) == {"serialNumber": first[0]}
    assert data(found[3]) == {"serialNumber": second[0], "targetServerName": "Main"}
    assert found[0]["groupId"] == released.uuid
    assert found[0]["eventDateTime"] == iso_millis(world.now)
    assert (found[0]["actorType"], found[0]["actorId"], found[0]["outcome"]) == ("USER", ADMIN.id, "SUCCESS")
    assert (found[0]["subjectType"], found[0]["category"]) == ("DEVICE", "DEVICE_INVENTORY")
    assert len({event["groupId"] for event in found}) == 4


def test_a_page_that_looks_through_much_is_short(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_pages, "WINDOW", 3)
    service = world.service("Main")
    stock = sorted(serials(8))
    world.arrive(stock)
    world.activity("ASSIGN_DEVICES", stock, service)
    world.tick()
    world.activity("ASSIGN_DEVICES", stock, service)
    assert told(events(client, subjectId=stock[6])) == [("DEVICE_ASSIGNED_TO_SERVER", stock[6])]
    assert len(events(client, type="DEVICE_ASSIGNED_TO_SERVER")) == 8


@pytest.mark.parametrize("end", ["stopped", "failed"])
def test_an_activity_that_ended_early_tells_what_it_did(client: Client, world: World, end: str) -> None:
    service = world.service("Main")
    stock = serials(activities.CHUNK + 1)
    world.arrive(stock)

    def half(tx: Any) -> None:
        made = activities.create(
            tx, world.id, "ASSIGN_DEVICES", stock, service_id=service.id, actor=client.account.actor, now=world.now,
            rng=world.rng,
        )  # fmt: skip
        assert activities.step(tx, made.id, "test", world.now)
        if end == "stopped":
            activities.stop(tx, made, actor=ADMIN, now=world.now + 1)
        else:
            activities.fail(tx, made.id, "The service is gone.", world.now + 1)

    world.store.write_sync(half)
    found = events(client, actorId=client.account.client_id, limit="999")
    assert len(found) == activities.CHUNK
    assert {event["type"] for event in found} == {"DEVICE_ASSIGNED_TO_SERVER"}
    assert found[0]["actorType"] == "API_USER"


def test_accounts_domains_and_programs(client: Client, world: World) -> None:
    who: dict[str, Any] = {"actor": ADMIN, "now": world.now}

    def change(tx: Any) -> str:
        domains.add(tx, world.id, "shop.example", rng=world.rng, **who)
        domains.vouch(tx, world.id, "shop.example", **who)
        person = people.add(
            tx, world.id, "ann@shop.example", first_name="", last_name="", role="STAFF", password_hash=None,
            rng=world.rng, **who,
        )  # fmt: skip
        made, _ = api_accounts.create(tx, world.id, "Other", rng=world.rng, **who)
        key = api_accounts.add_key(
            tx, made, api_keys.generate("sec1", seeded("another")).public, rng=world.rng, **who
        )
        api_accounts.revoke_key(tx, made, key.key_id, **who)
        made = api_accounts.change(tx, made, name="Newer", permissions=["read"], **who)
        api_accounts.delete(tx, made, **who)
        return person.uuid

    uuid = world.store.write_sync(change)
    found = events(client)
    assert [event["type"] for event in found] == [
        "API_ACCOUNT_DELETED", "API_ACCOUNT_ROLE_LOCATION_CHANGED", "API_ACCOUNT_NAME_CHANGED", "API_ACCOUNT_KEY_REVOKED",
        "API_ACCOUNT_KEY_GENERATED", "API_ACCOUNT_CREATED_WITHOUT_KEY", "ACCOUNT_ADDED", "DOMAIN_VERIFIED",
        "DOMAIN_ADDED", "API_ACCOUNT_CREATED_WITH_KEY",
    ]  # fmt: skip
    assert data(found[1]) == {
        "apiAccountRoleLocationList": [
            {"roleName": "read", "locationUniqueIdentifier": world.organization.number}
        ]
    }
    assert data(found[2]) == {"newName": "Newer"}
    assert data(found[3]) == data(found[4])
    assert data(found[-1]) == {"keyId": client.key_id}
    assert (found[6]["subjectType"], found[6]["subjectId"], data(found[6])) == ("USER", uuid, {})
    assert (found[7]["subjectType"], found[7]["category"]) == ("DOMAIN", "ORGANIZATION")
    assert told(events(client, subjectId=uuid)) == [("ACCOUNT_ADDED", uuid)]
    assert events(client, subjectId="nobody") == []


def test_the_range_includes_both_ends(client: Client, world: World) -> None:
    service, [serial] = world.service("Main"), serials(1)
    world.arrive([serial])
    world.tick()
    world.activity("ASSIGN_DEVICES", [serial], service)

    def at(start: int, end: int) -> int:
        times = {"filter[startTimestamp]": iso_millis(start), "filter[endTimestamp]": iso_millis(end)}
        return len(client.get("auditEvents", **times).json()["data"])

    assert at(world.now, world.now) == 1
    assert at(world.now + 1, world.now + 2) == 0
    assert at(world.now - 2, world.now - 1) == 0
    offset = iso_millis(world.now + 3_600_000).replace("Z", "+01:00")
    url = f"auditEvents?filter[startTimestamp]={offset}&filter[endTimestamp]={offset}"
    assert len(client.send("GET", url).json()["data"]) == 1


def test_fields_are_those_asked_for_on_every_page(client: Client, world: World) -> None:
    world.arrive(serials(2))
    world.activity("RELEASE_DEVICES", serials(2))
    params = window(limit="1") | {"fields[auditEvents]": "type,eventDataDeviceRemovedFromOrg"}
    page = client.get("auditEvents", **params).json()
    following = client.send("GET", page["links"]["next"]).json()
    for each in (page, following):
        [event] = each["data"]
        assert set(event) == {"type", "id", "attributes"}
        assert set(event["attributes"]) == {"type", "eventDataDeviceRemovedFromOrg"}
    refused(
        client.get("auditEvents", **window(), **{"fields[auditEvents]": "eventDataX"}),
        400, "PARAMETER_ERROR.INVALID", parameter="fields[auditEvents]",
    )  # fmt: skip


def test_what_is_refused(client: Client, world: World) -> None:
    wide = window()
    for name in wide:
        rest = {other: value for other, value in wide.items() if other != name}
        for sent in (rest, rest | {name: ""}):
            refused(client.get("auditEvents", **sent), 400, "PARAMETER_ERROR.REQUIRED", parameter=name)
        for bad in ("yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "1700000000"):
            refused(
                client.get("auditEvents", **rest, **{name: bad}),
                400,
                "PARAMETER_ERROR.INVALID",
                parameter=name,
            )
    start, end = wide.values()
    swapped = {"filter[startTimestamp]": end, "filter[endTimestamp]": start}
    refused(
        client.get("auditEvents", **swapped), 400, "PARAMETER_ERROR.INVALID", parameter="filter[endTimestamp]"
    )
    for name, value in (
        ("filter[type]", "DEVICE_ENROLLED"), ("filter[other]", "x"), ("sort", "type"), ("limit", "0"), ("cursor", "x"),
    ):  # fmt: skip
        refused(
            client.get("auditEvents", **wide, **{name: value}), 400, "PARAMETER_ERROR.INVALID", parameter=name
        )
    assert events(client, type="SUBSCRIPTION_CREATED") == []


def test_two_organisations_and_the_school(runtime: Runtime, origin: str, connect: Connect) -> None:
    worlds = (World(runtime.store, "One"), World(runtime.store, "Two"))
    one, two = (connect(world, origin) for world in worlds)
    for world in worlds:
        own = serials(2, seed=world.id)
        world.arrive(own)
        world.activity("RELEASE_DEVICES", own)
    for world, client in zip(worlds, (one, two), strict=True):
        subjects = {each["subjectId"] for each in events(client)}
        assert subjects == {*serials(2, seed=world.id), client.account.client_id}
    theirs = serials(2, seed=worlds[1].id)[0]
    assert events(one, subjectId=theirs) == []
    cursor = two.get("auditEvents", **window(limit="1")).json()["meta"]["paging"]["nextCursor"]
    refused(
        one.get("auditEvents", **window(cursor=cursor)),
        400,
        "PARAMETER_ERROR.INVALID",
        parameter="cursor",
    )
    school = connect(worlds[0], origin, kind="SCHOOL")
    for path in ("auditEvents", "mdmDevices", "mdmDevices/X/details", "users", "users/X"):
        refused(school.send("GET", path), 404, "PATH_ERROR")
    refused(one.send("POST", "auditEvents", json={}), 403, "FORBIDDEN_ERROR")
