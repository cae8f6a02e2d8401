"""The three migration types over HTTP, and the attributes that a device has of it."""

from typing import Any

import pytest

from pomona.formats.times import iso_millis
from pomona.registry import activities
from tests.business_api.support import Client, Connect, refused
from tests.support.worlds import World, serials

DAY = 86_400_000
MIGRATE, UPDATE, CANCEL = (
    "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE",
    "UPDATE_MDM_MIGRATION_DEADLINE",
    "CANCEL_MDM_MIGRATION",
)
AT = "/data/attributes/activityTypeMetadata/mdmMigrationDeadlineDateTime"


def shown(client: Client, serial: str) -> tuple[Any, ...]:
    attributes = client.get(f"orgDevices/{serial}").json()["data"]["attributes"]
    return (
        attributes["isMdmMigrationCapable"],
        attributes["mdmMigrationStatus"],
        attributes["mdmMigrationDeadlineDateTime"],
    )


@pytest.mark.parametrize("kind", ["BUSINESS", "SCHOOL"])
def test_the_three_types(world: World, origin: str, connect: Connect, kind: str) -> None:
    client = connect(world, origin, kind=kind)
    a, b = world.service("A"), world.service("B")
    ours, other = serials(2), serials(1, seed=3)
    world.arrive([*ours, *other])
    world.set_up(a, ours)
    assert shown(client, ours[0]) == (True, None, None)
    assert shown(client, other[0]) == (False, None, None)
    deadline = iso_millis(world.now + DAY)
    answer = client.activity(MIGRATE, [*ours, *other], b.uuid, deadline)
    attributes = answer.json()["data"]["attributes"]
    assert attributes["activityType"] == MIGRATE
    assert attributes["activityTypeMetadata"] == {"mdmMigrationDeadlineDateTime": deadline}
    done = client.done(answer)["attributes"]
    assert (done["subStatus"], done["activityTypeMetadata"]) == (
        "COMPLETED_WITH_ERROR",
        attributes["activityTypeMetadata"],
    )
    log = client.http.get(done["downloadUrl"]).text
    assert f"{other[0]},FAILED,NOT_MIGRATION_CAPABLE" in log
    assert shown(client, ours[0]) == (True, "REQUESTED", deadline)
    assert client.get(f"orgDevices/{ours[0]}/assignedServer").json()["data"]["id"] == b.uuid
    past = iso_millis(world.now - DAY)
    updated = client.done(client.activity(UPDATE, [ours[0], *other], None, past))["attributes"]
    assert f"{other[0]},FAILED,NOT_MIGRATING" in client.http.get(updated["downloadUrl"]).text
    assert shown(client, ours[0]) == (True, "REQUESTED", past)
    assert client.done(client.activity(CANCEL, ours))["attributes"]["subStatus"] == "COMPLETED_WITH_SUCCESS"
    assert shown(client, ours[1]) == (True, None, None)
    assert client.get(f"orgDevices/{ours[1]}/assignedServer").json()["data"]["id"] == a.uuid


def test_what_a_deadline_may_be(client: Client, world: World) -> None:
    service = world.service("A")
    invalid, required = "ENTITY_ERROR.ATTRIBUTE.INVALID", "ENTITY_ERROR.ATTRIBUTE.REQUIRED"
    late = iso_millis(world.now + 90 * DAY + 3_600_000)
    wrong: tuple[object, ...] = (
        late, "tomorrow", "2026-03-15", "2026-03-15T17:00:00", 5, ["2026-03-15T17:00:00Z"], {}, True,
    )  # fmt: skip
    for type, uuid in ((MIGRATE, service.uuid), (UPDATE, None)):
        refused(client.activity(type, serials(1), uuid), 409, required, pointer=AT)
        for bad in wrong:
            refused(client.activity(type, serials(1), uuid, bad), 409, invalid, pointer=AT)
        offset = client.activity(type, serials(1), uuid, "2026-03-15T18:00:00+01:00")
        metadata = offset.json()["data"]["attributes"]["activityTypeMetadata"]
        assert metadata == {"mdmMigrationDeadlineDateTime": "2026-03-15T17:00:00.000Z"}
    refused(client.activity(MIGRATE, serials(1), None, late), 422, "ENTITY_ERROR.RELATIONSHIP.REQUIRED",
            pointer="/data/relationships/mdmServer")  # fmt: skip
    refused(client.activity(UPDATE, serials(1), service.uuid, late), 409, "ENTITY_ERROR.RELATIONSHIP.INVALID",
            pointer="/data/relationships/mdmServer")  # fmt: skip
    found = world.store.read_sync(lambda tx: activities.newest(tx, world.id))
    assert len(found) == 2


def test_migrating_takes_the_permission_to_assign(world: World, origin: str, connect: Connect) -> None:
    client = connect(world, origin, permissions=["read", "release"])
    for type, uuid in ((MIGRATE, "0" * 32), (UPDATE, None), (CANCEL, None)):
        detail = refused(
            client.activity(type, serials(1), uuid, iso_millis(world.now)), 403, "FORBIDDEN_ERROR"
        )
        assert type in detail


def test_another_organisation_s_devices_and_services(world: World, origin: str, connect: Connect) -> None:
    other = World(world.store, "Other")
    other.now = world.now
    a, theirs = other.service("A"), other.service("B")
    ours = serials(1)
    other.arrive(ours)
    other.set_up(a, ours)
    client = connect(world, origin)
    deadline = iso_millis(world.now + DAY)
    refused(client.activity(MIGRATE, ours, theirs.uuid, deadline), 409, "ENTITY_ERROR.RELATIONSHIP.INVALID",
            pointer="/data/relationships/mdmServer")  # fmt: skip
    mine = world.service("Mine")
    done = client.done(client.activity(MIGRATE, ours, mine.uuid, deadline))["attributes"]
    assert f"{ours[0]},FAILED,DEVICE_NOT_FOUND" in client.http.get(done["downloadUrl"]).text
    assert other.device(ours[0]).service_id == a.id
