"""`orgDeviceActivities`: rows 12 and 13 of the table of operations, and the list that is ours."""

import re
from typing import Any

from pomona.registry import activities
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, activity_body, refused, start
from tests.support.serving import Serve
from tests.support.worlds import World, serials

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DEVICES = "/data/relationships/devices/data"
SERVICE = "/data/relationships/mdmServer"


def changed(type: str = "ASSIGN_DEVICES", **relationships: Any) -> dict[str, Any]:
    """A body with some of its relationships replaced, or taken out with None."""
    body = activity_body(type, serials(1), "0" * 32)
    merged = body["data"]["relationships"] | relationships
    body["data"]["relationships"] = {name: value for name, value in merged.items() if value is not None}
    return body


def nothing_happened(world: World) -> bool:
    return world.store.read_sync(lambda tx: activities.newest(tx, world.id)) == []


def test_an_activity_from_creation_to_completion(client: Client, world: World) -> None:
    service = world.service("A")
    ours = list(world.arrive(serials(3)))
    answer = client.activity("ASSIGN_DEVICES", ours, service.uuid)
    assert answer.status_code == 201
    document = answer.json()
    created = document["data"]
    assert UUID.fullmatch(created["id"])
    url = f"{client.origin}/v1/orgDeviceActivities"
    assert document["links"] == {"self": url}
    assert (created["type"], created["links"]) == ("orgDeviceActivities", {"self": f"{url}/{created['id']}"})
    assert answer.headers["location"] == created["links"]["self"]
    attributes = created["attributes"]
    assert attributes.pop("createdDateTime").endswith("Z")
    assert attributes == {"status": "IN_PROGRESS", "subStatus": "SUBMITTED", "activityType": "ASSIGN_DEVICES"}
    done = client.done(answer)["attributes"]
    assert (done["status"], done["subStatus"]) == ("COMPLETED", "COMPLETED_WITH_SUCCESS")
    assert done["completedDateTime"] >= done["createdDateTime"]
    assert done["downloadUrl"].startswith(f"{client.origin}/pomona/v1/activities/{created['id']}/log?")
    # What a completed activity did is there at once, nothing lags behind.
    status = {each["id"]: each["attributes"]["status"] for each in client.get("orgDevices").json()["data"]}
    assert status == dict.fromkeys(ours, "ASSIGNED")


def test_outcomes_are_in_the_sub_status(client: Client, world: World) -> None:
    service = world.service("A")
    ours = list(world.arrive(serials(2)))
    unknown = serials(1, seed=7)
    some = client.done(client.activity("ASSIGN_DEVICES", [*ours, *unknown], service.uuid))
    assert some["attributes"]["subStatus"] == "COMPLETED_WITH_ERROR"
    none = client.done(client.activity("ASSIGN_DEVICES", unknown, service.uuid))
    assert none["attributes"]["subStatus"] == "COMPLETED_WITH_FAILURE"
    assert none["attributes"]["status"] == "COMPLETED"
    off = client.done(client.activity("UNASSIGN_DEVICES", ours))
    assert off["attributes"]["subStatus"] == "COMPLETED_WITH_SUCCESS"
    assert client.get(f"mdmServers/{service.uuid}/relationships/devices").json()["data"] == []


def test_serials_and_ids_are_taken_in_any_case(client: Client, world: World) -> None:
    service = world.service("A")
    [serial] = world.arrive(serials(1))
    dashed = re.sub(r"(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", service.uuid.lower())
    answer = client.activity("ASSIGN_DEVICES", [serial.lower(), serial, f" {serial}"], dashed)
    assert client.done(answer)["attributes"]["subStatus"] == "COMPLETED_WITH_SUCCESS"
    activity = world.store.read_sync(lambda tx: activities.newest(tx, world.id))[0]
    assert (activity.total, activity.succeeded) == (1, 1)
    assert activity.actor.kind == "API_USER"
    assert (activity.actor.id, activity.actor.address) == (client.account.client_id, "127.0.0.1")
    id = answer.json()["data"]["id"]
    assert client.get(f"orgDeviceActivities/{id.upper()}").json()["data"]["id"] == id


def test_a_deadline_beside_a_plain_assignment_is_tolerated(client: Client, world: World) -> None:
    """Apple's own example of ASSIGN_DEVICES carries one."""
    service = world.service("A")
    body = activity_body("ASSIGN_DEVICES", world.arrive(serials(1)), service.uuid)
    body["data"]["attributes"]["activityTypeMetadata"] = {
        "mdmMigrationDeadlineDateTime": "2026-03-15T17:00:00.000Z"
    }
    answer = client.send("POST", "orgDeviceActivities", json=body)
    assert client.done(answer)["attributes"]["subStatus"] == "COMPLETED_WITH_SUCCESS"


def test_what_create_refuses(client: Client, world: World) -> None:
    good = {"data": [{"type": "orgDevices", "id": serials(1)[0]}]}
    here = {"data": {"type": "mdmServers", "id": world.service("A").uuid}}
    attribute, relationship = "ENTITY_ERROR.ATTRIBUTE", "ENTITY_ERROR.RELATIONSHIP"
    cases: tuple[tuple[Any, int, str, str], ...] = (
        (changed("PAINT_DEVICES"), 409, f"{attribute}.INVALID", "/data/attributes/activityType"),
        (changed("KEEP_DEVICES"), 409, f"{attribute}.INVALID", "/data/attributes/activityType"),
        (changed("UNDO_ACTIVITY"), 409, f"{attribute}.INVALID", "/data/attributes/activityType"),
        (changed("CANCEL_MDM_MIGRATION", mdmServer=here), 409, f"{relationship}.INVALID", SERVICE),
        (changed(mdmServer=None), 422, f"{relationship}.REQUIRED", SERVICE),
        (changed(), 409, f"{relationship}.INVALID", SERVICE),
        (changed(mdmServer={"data": {"type": "mdmServers", "id": "\x00"}}), 409, f"{relationship}.INVALID", SERVICE),
        (
            changed(mdmServer={"data": {"type": "orgDevices", "id": "0" * 32}}),
            409, f"{relationship}.INVALID", f"{SERVICE}/data/type",
        ),
        (changed("RELEASE_DEVICES", mdmServer=here), 409, f"{relationship}.INVALID", SERVICE),
        (changed(devices=None), 422, f"{relationship}.REQUIRED", "/data/relationships/devices"),
        (changed(mdmServer=here, devices={"data": []}), 422, f"{relationship}.REQUIRED", DEVICES),
        (changed(devices={"data": None}), 422, f"{relationship}.TYPE", DEVICES),
        (changed(devices={"data": [*good["data"], {"type": "orgDevices"}]}), 422, f"{relationship}.REQUIRED", f"{DEVICES}/1/id"),
        (changed(devices={"data": [{"type": "users", "id": "x"}]}), 409, f"{relationship}.INVALID", f"{DEVICES}/0/type"),
        (changed(device=good), 409, f"{relationship}.UNKNOWN", "/data/relationships/device"),
        ({"data": {"type": "orgDeviceActivities"}}, 422, f"{attribute}.REQUIRED", "/data/attributes"),
    )  # fmt: skip
    for sent, status, code, pointer in cases:
        refused(client.send("POST", "orgDeviceActivities", json=sent), status, code, pointer=pointer)
    for raw in (b"", b"\xff\xfe", b"nonsense"):
        refused(client.send("POST", "orgDeviceActivities", content=raw), 400, "ENTITY_ERROR")
    offered = client.send("POST", "orgDeviceActivities", json=changed("PAINT_DEVICES")).json()["errors"][0][
        "detail"
    ]
    assert all(word in offered for word in ("ASSIGN_DEVICES", "UNASSIGN_DEVICES", "RELEASE_DEVICES"))
    assert nothing_happened(world)


def test_impossible_serials_are_named_one_by_one(client: Client, world: World) -> None:
    service = world.service("A")
    good = serials(3)
    for bad in ("SHORT", "A" * 21, "DASH-ES-INSIDE", "", "ÄÄÄÄÄÄÄÄ", "ABCDEFGH\nABCDEFGH", "ABCDEFGH\x00"):
        answer = client.activity("ASSIGN_DEVICES", [good[0], bad, good[1]], service.uuid)
        refused(answer, 409, "ENTITY_ERROR.RELATIONSHIP.INVALID", pointer=f"{DEVICES}/1/id")
    answer = client.activity("ASSIGN_DEVICES", ["x"] * 50, service.uuid)
    assert answer.status_code == 409
    pointers = [error["source"]["pointer"] for error in answer.json()["errors"]]
    assert pointers == [f"{DEVICES}/{n}/id" for n in range(20)]
    assert nothing_happened(world)


def test_permissions_narrow_what_may_be_asked(world: World, origin: str, connect: Connect) -> None:
    service = world.service("A")
    ours = list(world.arrive(serials(2)))
    asked = {
        "ASSIGN_DEVICES": (ours, service.uuid),
        "UNASSIGN_DEVICES": (ours, service.uuid),
        "RELEASE_DEVICES": (ours, None),
    }
    allowed = {"read": (), "assign": ("ASSIGN_DEVICES", "UNASSIGN_DEVICES"), "release": ("RELEASE_DEVICES",)}
    for permission, types in allowed.items():
        client = connect(world, origin, permissions=[permission])
        assert client.get("orgDevices").status_code == 200
        for type, (devices, uuid) in asked.items():
            answer = client.activity(type, devices, uuid)
            if type in types:
                client.done(answer)
            else:
                assert type in refused(answer, 403, "FORBIDDEN_ERROR")


def test_one_activity(client: Client, world: World) -> None:
    service = world.service("A")
    done = client.done(client.activity("ASSIGN_DEVICES", world.arrive(serials(1)), service.uuid))
    path = f"orgDeviceActivities/{done['id']}"
    answer = client.get(path, **{"fields[orgDeviceActivities]": "status,subStatus"})
    assert answer.json()["data"]["attributes"] == {
        "status": "COMPLETED",
        "subStatus": "COMPLETED_WITH_SUCCESS",
    }
    assert answer.json()["data"]["links"] == done["links"]
    for id in ("nonsense", "b1481656-b267-480d-b284-a809eed8b041", "%00"):
        refused(client.get(f"orgDeviceActivities/{id}"), 404, "NOT_FOUND")
    answer = client.get(path, **{"fields[orgDeviceActivities]": "nothing"})
    refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter="fields[orgDeviceActivities]")


def test_an_activity_is_shown_for_30_days(client: Client, world: World, runtime: Runtime) -> None:
    done = client.done(client.activity("RELEASE_DEVICES", world.arrive(serials(1))))
    runtime.clock.offset += 30 * 86_400_000 - 60_000
    client._token = None
    assert client.get(f"orgDeviceActivities/{done['id']}").status_code == 200
    runtime.clock.offset += 120_000
    client._token = None
    refused(client.get(f"orgDeviceActivities/{done['id']}"), 404, "NOT_FOUND")
    assert client.get("orgDeviceActivities").json()["data"] == []


def test_activities_are_listed_newest_first(client: Client, world: World) -> None:
    service = world.service("A")
    ours = list(world.arrive(serials(5)))
    made = [client.done(client.activity("ASSIGN_DEVICES", [each], service.uuid))["id"] for each in ours]
    pages = client.pages("orgDeviceActivities?limit=2")
    assert [each["id"] for page in pages for each in page["data"]] == made[::-1]
    assert [len(page["data"]) for page in pages] == [2, 2, 1]


def test_too_much_is_refused_whole(world: World, runtime: Runtime, serve: Serve, connect: Connect) -> None:
    import msgspec

    settings = msgspec.structs.replace(runtime.settings, activity_limit=3, activity_body_limit=2_000)
    small = Runtime(settings, runtime.store, runtime.keys, runtime.clock, runtime.rng, runtime.origins)
    client = connect(world, start(small, serve, working=False))
    service = world.service("A")
    answer = client.activity("ASSIGN_DEVICES", serials(4), service.uuid)
    assert "limit here is 3" in refused(answer, 413, "ENTITY_ERROR.TOO_LARGE", pointer=DEVICES)
    answer = client.activity("ASSIGN_DEVICES", serials(100), service.uuid)
    assert "2000" in refused(answer, 413, "ENTITY_ERROR.TOO_LARGE")
    body = b'{"data":' + b" " * 5_000 + b"}"
    answer = client.send("POST", "orgDeviceActivities", content=iter([body[:3000], body[3000:]]))
    refused(answer, 413, "ENTITY_ERROR.TOO_LARGE")
    assert nothing_happened(world)
    assert client.activity("ASSIGN_DEVICES", serials(3), service.uuid).status_code == 201


def test_a_thousand_at_once(client: Client, world: World) -> None:
    service = world.service("A")
    stock = world.stock(1_000)
    done = client.done(client.activity("ASSIGN_DEVICES", stock, service.uuid))
    assert done["attributes"]["subStatus"] == "COMPLETED_WITH_SUCCESS"
    assert client.get(f"mdmServers/{service.uuid}").json()["data"]["attributes"]["deviceCount"] == 1_000
