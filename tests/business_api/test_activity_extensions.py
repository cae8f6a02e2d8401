"""Our own activities: searched, looked at in advance, undone, stopped, kept back. Over HTTP, on both engines."""

import asyncio
from typing import Any

import pytest

from pomona.formats.times import iso_millis
from pomona.registry import activities, releases, repairs
from pomona.runtime import Runtime
from pomona.work.deadlines import Deadlines
from tests.business_api.support import Client, Connect, activity_body, refused, start
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World, serials

UNKNOWN = "b1481656-b267-480d-b284-a809eed8b041"
DAY = 86_400_000


def ids(client: Client, **filters: str) -> list[str]:
    """The activities that a filter leaves, over pages of two."""
    params = "&".join(f"filter[{name}]={value}" for name, value in filters.items())
    pages = client.pages(f"{client.origin}/pomona/v1/activities?limit=2&{params}")
    return [each["id"] for page in pages for each in page["data"]]


def data(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def test_activities_are_found(client: Client, world: World, connect: Connect, origin: str) -> None:
    a, b = world.service("A"), world.service("B")
    ours, unknown = list(world.arrive(serials(3))), serials(1, seed=7)
    made = [
        client.done(client.activity("ASSIGN_DEVICES", ours[:1], a.uuid))["id"],
        client.done(client.activity("ASSIGN_DEVICES", [*ours, *unknown], b.uuid))["id"],
        client.done(client.activity("UNASSIGN_DEVICES", ours[1:]))["id"],
        client.done(client.activity("RELEASE_DEVICES", ours[2:]))["id"],
    ]
    world.now += 60_000
    by_hand = world.activity("UNASSIGN_DEVICES", unknown)
    everything = [by_hand.uuid, *made[::-1]]
    assert ids(client) == everything
    assert ids(client, type="ASSIGN_DEVICES,RELEASE_DEVICES") == [made[3], made[1], made[0]]
    assert ids(client, status="COMPLETED WITH ISSUES") == [by_hand.uuid, made[1]]
    assert ids(client, status="completed_successfully") == [made[3], made[2], made[0]]
    assert ids(client, status="COMPLETED_WITH_FAILURE") == [by_hand.uuid]
    assert ids(client, status="IN_PROGRESS,MANUALLY_STOPPED,COMPLETED_WITH_SERVER_ERRORS") == []
    assert ids(client, since=iso_millis(world.now)) == [by_hand.uuid]
    assert ids(client, until=iso_millis(world.now - 1)) == made[::-1]
    assert ids(client, actor=client.account.client_id) == made[::-1]
    assert ids(client, actor="ADMIN@example.com") == [by_hand.uuid]
    assert ids(client, service=b.uuid) == ids(client, service="B") == [made[1]]
    assert ids(client, device=ours[0].lower()) == [made[1], made[0]]
    assert ids(client, device=ours[2]) == [made[3], made[2], made[1]], (
        "also of a device that was released unassigned"
    )
    assert ids(client, device=unknown[0], type="ASSIGN_DEVICES") == [made[1]]
    for name, value in (
        ("type", "PAINT"), ("status", "soon"), ("since", "yesterday"), ("until", "5"), ("service", "Nowhere"), ("actor", "%00"), ("service", "%00"),
        ("device", "x"), ("color", "red"),
    ):  # fmt: skip
        answer = client.ours("GET", f"activities?filter[{name}]={value}")
        refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter=f"filter[{name}]")
    refused(client.ours("GET", "activities?cursor=x"), 400, "PARAMETER_ERROR.INVALID", parameter="cursor")
    other = World(world.store, "Other")
    assert ids(connect(other, origin), device=ours[0]) == []


def test_one_activity_says_everything(client: Client, world: World) -> None:
    a = world.service("A")
    ours, unknown = list(world.arrive(serials(1))), serials(1, seed=7)
    done = client.done(client.activity("ASSIGN_DEVICES", [*ours, *unknown], a.uuid))
    found = data(client.ours("GET", f"activities/{done['id'].upper()}"))
    attributes = found["attributes"]
    assert (found["type"], found["id"]) == ("activities", done["id"])
    assert (attributes["deviceCount"], attributes["succeededCount"], attributes["failedCount"]) == (2, 1, 1)
    assert attributes["actor"] == {
        "type": "API_USER",
        "id": client.account.client_id,
        "name": client.account.actor.name,
    }
    assert attributes["service"] == {"id": a.uuid, "name": "A"}
    assert (attributes["state"], attributes["canBeUndone"], attributes["undoObstacle"]) == (
        "COMPLETED_WITH_ISSUES",
        True,
        None,
    )
    assert client.http.get(attributes["downloadUrl"]).status_code == 200
    rows = data_list(client, f"activities/{done['id']}/results?limit=1")
    assert [(row["attributes"]["serialNumber"], row["attributes"]["subStatus"]) for row in rows] == [
        (ours[0], None),
        (unknown[0], "DEVICE_NOT_FOUND"),
    ]
    failed = data_list(client, f"activities/{done['id']}/results?filter[status]=FAILED")
    assert [row["attributes"]["serialNumber"] for row in failed] == unknown
    refused(client.ours("GET", f"activities/{done['id']}/results?filter[status]=GOOD"), 400,
            "PARAMETER_ERROR.INVALID", parameter="filter[status]")  # fmt: skip


def data_list(client: Client, path: str) -> list[dict[str, Any]]:
    pages = client.pages(f"{client.origin}/pomona/v1/{path}")
    return [each for page in pages for each in page["data"]]


def test_a_preview_changes_nothing(client: Client, world: World) -> None:
    a, b = world.service("A"), world.service("B")
    ours, unknown = list(world.arrive(serials(60))), serials(55, seed=7)
    client.done(client.activity("ASSIGN_DEVICES", ours[:10], a.uuid))
    before = ids(client)
    asked = activity_body("ASSIGN_DEVICES", [*ours, *unknown], b.uuid)
    seen = data(client.ours("POST", "activities:preview", json=asked))["attributes"]
    counts = ("deviceCount", "changingCount", "unchangedCount", "refusedCount")
    assert [seen[name] for name in counts] == [115, 60, 0, 55]
    assert {
        (
            each["productFamily"],
            each["service"] and each["service"]["name"],
            each["outcome"],
            each["deviceCount"],
        )
        for each in seen["devices"]
    } == {
        ("iPhone", "A", "CHANGED", 10),
        ("iPhone", None, "CHANGED", 50),
        (None, None, "DEVICE_NOT_FOUND", 55),
    }
    assert seen["refusals"] == [
        {"reason": "DEVICE_NOT_FOUND", "deviceCount": 55, "serialNumbers": unknown[:50]}
    ]
    deadline = iso_millis(world.now + DAY)
    migrate = activity_body("ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", ours[:2], b.uuid, deadline)
    seen = data(client.ours("POST", "activities:preview", json=migrate))["attributes"]
    assert [each["reason"] for each in seen["refusals"]] == ["NOT_MIGRATION_CAPABLE"]
    world.store.write_sync(lambda tx: repairs.mark(tx, world.id, ours[3], actor=ADMIN, now=world.now))
    release = activity_body("RELEASE_DEVICES", ours)
    seen = data(client.ours("POST", "activities:preview", json=release))["attributes"]
    [warning] = seen["warnings"]
    assert (warning["reason"], warning["deviceCount"], warning["serialNumbers"]) == (
        "IN_REPAIR",
        1,
        [ours[3]],
    )
    assert "repair" in warning["detail"]
    assert ids(client) == before
    late = activity_body("UPDATE_MDM_MIGRATION_DEADLINE", ours, None, iso_millis(world.now + 91 * DAY))
    refused(client.ours("POST", "activities:preview", json=late), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID",
            pointer="/data/attributes/activityTypeMetadata/mdmMigrationDeadlineDateTime")  # fmt: skip
    foreign = activity_body("ASSIGN_DEVICES", ours, "0" * 32)
    refused(client.ours("POST", "activities:preview", json=foreign), 409, "ENTITY_ERROR.RELATIONSHIP.INVALID",
            pointer="/data/relationships/mdmServer")  # fmt: skip


def ended(client: Client, answer: Any) -> dict[str, Any]:
    """Waits for the end of an activity that was asked for at our own path."""
    id = data(answer, 201)["id"]
    assert answer.headers["location"] == f"{client.origin}/pomona/v1/activities/{id}"
    client.done(answer)
    return data(client.ours("GET", f"activities/{id}"))


def test_undoing(client: Client, world: World) -> None:
    a, b, c = world.service("A"), world.service("B"), world.service("C")
    ours = list(world.arrive(serials(3)))
    client.done(client.activity("ASSIGN_DEVICES", ours, a.uuid))
    mistake = client.done(client.activity("ASSIGN_DEVICES", ours, b.uuid))["id"]
    moved = client.done(client.activity("ASSIGN_DEVICES", ours[:1], c.uuid))["id"]
    seen = data(client.ours("POST", f"activities/{mistake}/undo/preview"))["attributes"]
    assert (seen["activityType"], seen["changingCount"], seen["refusals"]) == (
        "UNDO_ACTIVITY",
        2,
        [{"reason": "CHANGED_SINCE", "deviceCount": 1, "serialNumbers": ours[:1]}],
    )
    undone = ended(client, client.ours("POST", f"activities/{mistake}/undo"))
    attributes = undone["attributes"]
    assert (attributes["activityType"], attributes["subStatus"]) == ("UNDO_ACTIVITY", "COMPLETED_WITH_ERROR")
    assert undone["relationships"]["undoes"]["data"]["id"] == mistake
    [failed] = data_list(client, f"activities/{undone['id']}/results?filter[status]=FAILED")
    assert failed["attributes"] | {"serviceBefore": None} == {
        "serialNumber": ours[0],
        "status": "FAILED",
        "subStatus": "CHANGED_SINCE",
        "serviceBefore": None,
        "changedBy": moved,
    }
    assert f"{ours[0]},FAILED,CHANGED_SINCE\n" in client.http.get(attributes["downloadUrl"]).text
    assert client.get(f"orgDevices/{ours[1]}/assignedServer").json()["data"]["id"] == a.uuid
    whole = data(client.ours("GET", f"activities/{mistake}"))
    assert [each["id"] for each in whole["relationships"]["undoneBy"]["data"]] == [undone["id"]]
    assert (whole["attributes"]["canBeUndone"], undone["id"] in whole["attributes"]["undoObstacle"]) == (
        False,
        True,
    )
    detail = refused(client.ours("POST", f"activities/{mistake}/undo"), 409, "ENTITY_ERROR.STATE")
    assert undone["id"] in detail
    refused(client.ours("POST", f"activities/{mistake}/undo/preview"), 409, "ENTITY_ERROR.STATE")
    # Strict clients know Apple's types alone: this one goes without.
    plain = client.get(f"orgDeviceActivities/{undone['id']}").json()["data"]["attributes"]
    assert "activityType" not in plain
    listed = client.get("orgDeviceActivities").json()["data"]
    types = {each["id"]: each["attributes"].get("activityType") for each in listed}
    assert (types[undone["id"]], types[mistake]) == (None, "ASSIGN_DEVICES")


def test_a_release_is_put_off_and_kept_back(client: Client, world: World, runtime: Runtime) -> None:
    world.store.write_sync(lambda tx: releases.set_grace(tx, world.id, 72, actor=ADMIN, now=world.now))
    ours = list(world.arrive(serials(2)))
    released = client.done(client.activity("RELEASE_DEVICES", ours))["id"]
    due = data(client.ours("GET", f"activities/{released}"))["attributes"]["releaseDueDateTime"]
    assert client.get(f"orgDevices/{ours[0]}").json()["data"]["attributes"]["releaseDueDateTime"] == due
    assert len(client.get("orgDevices").json()["data"]) == 2
    assert ids(client, device=ours[0]) == [released]
    kept = ended(client, client.ours("POST", "activities", json=activity_body("KEEP_DEVICES", ours[:1])))
    assert kept["attributes"]["succeededCount"] == 1
    assert "releaseDueDateTime" not in client.get(f"orgDevices/{ours[0]}").json()["data"]["attributes"]
    runtime.clock.offset += 72 * 3_600_000
    client._token = None
    assert asyncio.run(Deadlines(runtime).look())
    assert not asyncio.run(Deadlines(runtime).look())
    [final] = [id for id in ids(client, type="RELEASE_DEVICES") if id != released]
    client.done(client.ours("GET", f"activities/{final}").__class__(201, json={"data": {"id": final}}))
    assert [each["id"] for each in client.get("orgDevices").json()["data"]] == ours[:1]
    whole = data(client.ours("GET", f"activities/{released}"))
    assert [each["id"] for each in whole["relationships"]["finishedBy"]["data"]] == [final]
    assert "final" in whole["attributes"]["undoObstacle"]


def test_stopping(world: World, runtime: Runtime, serve: Serve, connect: Connect) -> None:
    client = connect(world, start(runtime, serve, working=False))
    ours = list(world.arrive(serials(2)))
    id = client.activity("UNASSIGN_DEVICES", ours).json()["data"]["id"]
    assert data(client.ours("GET", f"activities/{id}"))["attributes"]["undoObstacle"].startswith(
        "The activity is still"
    )
    stopped = data(client.ours("POST", f"activities/{id}/stop"))["attributes"]
    assert (stopped["status"], stopped["state"]) == ("STOPPED", "MANUALLY_STOPPED")
    assert data(client.ours("POST", f"activities/{id}/stop"))["attributes"]["status"] == "STOPPED"


def test_permissions_of_our_own_paths(world: World, origin: str, connect: Connect) -> None:
    full, reader = connect(world, origin), connect(world, origin, permissions=["read"])
    ours = list(world.arrive(serials(1)))
    assigned = full.done(full.activity("ASSIGN_DEVICES", ours, world.service("A").uuid))["id"]
    assert reader.ours("GET", f"activities/{assigned}").status_code == 200
    for path in ("undo", "undo/preview", "stop"):
        refused(reader.ours("POST", f"activities/{assigned}/{path}"), 403, "FORBIDDEN_ERROR")
    for path in ("activities", "activities:preview"):
        for type in ("KEEP_DEVICES", "UNASSIGN_DEVICES"):
            refused(reader.ours("POST", path, json=activity_body(type, ours)), 403, "FORBIDDEN_ERROR")
    for method, path in (
        ("DELETE", f"activities/{assigned}"),
        ("GET", f"activities/{assigned}/undo"),
        ("GET", "activities:preview"),
    ):
        refused(full.ours(method, path), 403, "FORBIDDEN_ERROR")


@pytest.mark.parametrize("id", [UNKNOWN, "nonsense", "%00", "theirs"])
def test_what_is_not_there_and_what_is_another_organisation_s(
    world: World, origin: str, connect: Connect, id: str
) -> None:
    client, other = connect(world, origin), World(world.store, "Other")
    other.now = world.now
    theirs = other.activity("ASSIGN_DEVICES", list(other.arrive(serials(2))), other.service("T"))
    id = theirs.uuid if id == "theirs" else id
    for method, path in (
        ("GET", ""),
        ("GET", "/results"),
        ("POST", "/undo"),
        ("POST", "/undo/preview"),
        ("POST", "/stop"),
    ):
        detail = refused(client.ours(method, f"activities/{id}{path}"), 404, "NOT_FOUND")
        assert detail.startswith("There is no resource of type 'activities' with id")
    assert other.store.read_sync(lambda tx: activities.get(tx, other.id, theirs.uuid)) == theirs


def test_a_school_has_no_release_but_undoes(world: World, origin: str, connect: Connect) -> None:
    client = connect(world, origin, kind="SCHOOL")
    ours = list(world.arrive(serials(1)))
    for type in ("RELEASE_DEVICES", "KEEP_DEVICES"):
        refused(client.ours("POST", "activities", json=activity_body(type, ours)), 409,
                "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer="/data/attributes/activityType")  # fmt: skip
    id = client.done(client.activity("ASSIGN_DEVICES", ours, world.service("A").uuid))["id"]
    assert ended(client, client.ours("POST", f"activities/{id}/undo"))["attributes"]["succeededCount"] == 1
