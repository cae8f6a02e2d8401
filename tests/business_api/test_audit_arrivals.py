"""Audit events of what is not an activity: arrivals and where they go, erasures, roles; and how a type is found."""

from typing import Any

import pytest

from pomona.business_api import audit_pages
from pomona.business_api.audit_pages import Wanted
from pomona.catalogue.facts import infer
from pomona.registry import by_hand, commands, enrollments, people, replacements, services
from pomona.runtime import Runtime
from pomona.store import Tx
from tests.business_api.support import Client
from tests.business_api.test_audit_events import data, events, origin, told
from tests.business_api.test_enrolled import enrol
from tests.business_api.test_users import employ
from tests.support.supply import Reseller, document, link
from tests.support.worlds import ADMIN, World, serials

__all__ = ["origin"]


@pytest.mark.parametrize("limit", ["1", "2", "1000"])
def test_orders_bring_and_take_devices(runtime: Runtime, client: Client, world: World, limit: str) -> None:
    reseller = Reseller(runtime.store)
    link(world, "16FCE4A0")
    ours = sorted(serials(3))
    number = world.organization.number
    reseller.send(document("A1", number, ours))
    reseller.send(document("R1", number, ours[1:], "RE"))
    found = events(client, limit=limit)
    changes = [event for event in found if event["subjectType"] == "DEVICE"]
    assert [event["type"] for event in changes] == ["DEVICE_REMOVED_FROM_ORG"] * 2 + [
        "DEVICE_ADDED_TO_ORG"
    ] * 3
    assert sorted(event["subjectId"] for event in changes[:2]) == ours[1:]
    assert sorted(event["subjectId"] for event in changes[2:]) == ours
    assert {data(event)["releaseEntityType"] for event in changes[:2]} == {"RESELLER"}
    assert {data(event)["releaseEntityId"] for event in changes[:2]} == {"16FCE4A0"}
    assert data(changes[2]) == {
        "serialNumber": changes[2]["subjectId"], "purchaseSourceType": "RESELLER", "purchaseSourceId": "16FCE4A0",
    }  # fmt: skip
    assert told(events(client, subjectId=ours[2], limit=limit)) == [
        ("DEVICE_REMOVED_FROM_ORG", ours[2]), ("DEVICE_ADDED_TO_ORG", ours[2]),
    ]  # fmt: skip


def test_devices_by_hand_and_replacements(client: Client, world: World) -> None:
    old, unit = serials(2)

    def change(tx: Any) -> None:
        by_hand.add(
            tx, world.id, [by_hand.Asked(old)], where="none", actor=ADMIN, now=world.now, rng=world.rng
        )
        replacements.replace(tx, world.id, old, infer(unit), actor=ADMIN, now=world.now + 1)

    world.store.write_sync(change)
    found = [event for event in events(client, limit="1") if event["subjectType"] == "DEVICE"]
    assert [(event["type"], data(event)) for event in found] == [
        (
            "DEVICE_REMOVED_FROM_ORG",
            {"serialNumber": old, "releaseEntityId": "", "releaseEntityType": "REPLACEMENT"},
        ),
        *(
            (
                "DEVICE_ADDED_TO_ORG",
                {
                    "serialNumber": serial,
                    "purchaseSourceType": "MANUALLY_ADDED",
                    "purchaseSourceId": "CONFIGURATOR",
                },
            )
            for serial in (unit, old)
        ),
    ]
    assert [event["type"] for event in events(client, type="DEVICE_ADDED_TO_ORG", subjectId=unit)] == [
        "DEVICE_ADDED_TO_ORG"
    ]


@pytest.mark.parametrize("limit", ["1", "2", "3", "1000"])
def test_devices_that_go_to_a_service_as_they_come(client: Client, world: World, limit: str) -> None:
    reseller = Reseller(world.store)
    link(world, "16FCE4A0")
    main = world.service("Main")
    for family in services.FAMILIES:
        world.default(family, main)
    ordered, waiting, sent, units = (
        sorted(serials(3)),
        serials(1, seed=2),
        serials(1, seed=4),
        serials(1, seed=3),
    )
    reseller.now = world.tick(60_000)
    reseller.send(document("A-17", world.organization.number, ordered))
    world.tick(60_000)

    def change(tx: Any) -> None:
        who: dict[str, Any] = {"actor": ADMIN, "now": world.now, "rng": world.rng}
        by_hand.add(tx, world.id, [by_hand.Asked(waiting[0])], where="none", **who)
        by_hand.add(tx, world.id, [by_hand.Asked(sent[0])], where=main, **who)
        replacements.replace(tx, world.id, ordered[0], infer(units[0]), actor=ADMIN, now=world.now + 60_000)

    world.store.write_sync(change)
    types = "DEVICE_ADDED_TO_ORG,DEVICE_ASSIGNED_TO_SERVER,DEVICE_REMOVED_FROM_ORG"
    both = ("DEVICE_ADDED_TO_ORG", "DEVICE_ASSIGNED_TO_SERVER")
    found = events(client, limit=limit, type=types)
    assert told(found) == [
        ("DEVICE_REMOVED_FROM_ORG", ordered[0]),
        *((type, units[0]) for type in both),
        *((type, sent[0]) for type in both),
        ("DEVICE_ADDED_TO_ORG", waiting[0]),
        *((type, serial) for serial in ordered for type in both),
    ]
    assigned = [event for event in found if event["type"] == "DEVICE_ASSIGNED_TO_SERVER"]
    assert assigned == events(client, limit=limit, type="DEVICE_ASSIGNED_TO_SERVER")
    assert [data(event) for event in assigned] == [
        {"serialNumber": serial, "targetServerName": "Main"} for serial in (units[0], sent[0], *ordered)
    ]
    assert len({event["groupId"] for event in found}) == 4


def test_an_erasure_is_told_when_the_device_says_that_it_erases_itself(client: Client, world: World) -> None:
    [serial] = world.arrive(serials(1))
    enrol(world, serial)
    enrollment = world.store.read_sync(lambda tx: enrollments.get(tx, world.id, f"UDID-{serial}"))
    for state, expected in (("error", []), ("acknowledged", [("DEVICE_IS_ERASED", serial)])):
        uuid = f"00000000-0000-4000-8000-{len(state):012}"

        def erase(tx: Any, uuid: str = uuid, state: Any = state) -> None:
            commands.queue(tx, enrollment, "EraseDevice", uuid, b"<plist/>", actor=ADMIN, now=world.now)
            commands.answered(tx, enrollment.id, uuid, state, b"<plist/>", world.tick())

        world.store.write_sync(erase)
        found = events(client, type="DEVICE_IS_ERASED")
        assert told(found) == expected
        assert all(
            (data(event), event["subjectType"], event["actorType"]) == ({}, "DEVICE", "SYSTEM")
            for event in found
        )


def test_another_role_is_told(client: Client, world: World) -> None:
    person = employ(world, "ann")
    world.store.write_sync(
        lambda tx: people.set_role(tx, person, "people manager", actor=ADMIN, now=world.tick())
    )
    [event] = events(client, type="ACCOUNT_ROLE_LOCATION_CHANGED")
    assert (event["subjectId"], event["subjectType"], event["category"]) == (
        person.uuid,
        "USER",
        "ACCOUNT_ACTIVITY",
    )
    unit = world.organization.number
    assert data(event) == {
        "accountRoleLocationList": [{"roleName": "PEOPLE_MANAGER", "locationUniqueIdentifier": unit}]
    }


def test_a_type_is_found_by_an_index_however_long_the_log_is(client: Client, world: World) -> None:
    """On SQLite, which says what it does; the same index is there on PostgreSQL."""
    if world.store.read_sync(lambda tx: tx.postgresql):
        return
    wanted = Wanted(0, 1 << 50, ["DOMAIN_ADDED", "DEVICE_ASSIGNED_TO_SERVER"], None, None)

    def explained(tx: Tx) -> list[str]:
        said: list[str] = []
        rows = tx.rows

        def explain(sql: str, *params: Any) -> list[Any]:
            said.extend(row[3] for row in rows(f"EXPLAIN QUERY PLAN {sql}", *params))
            return []

        tx.rows = explain  # type: ignore[method-assign]
        audit_pages.page(tx, world.id, wanted, None, 10)
        return said

    said = world.store.read_sync(explained)
    used = [line for line in said if "audit_event" in line or " e " in line]
    assert used
    assert all("audit_event_by_type (organization_id=? AND type=? AND at" in line for line in used), (
        "\n".join(used)
    )
