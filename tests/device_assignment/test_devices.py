"""Device records as each protocol version sees them, and the calls about single devices."""

from typing import Any

import pytest

from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.registry import activation_locks, activities, devices, releases, replacements, services
from pomona.registry.errors import Duplicate, NotFound
from pomona.store import Tx
from tests.device_assignment.support import Linked, Links
from tests.support.worlds import ADMIN, serials

HARDWARE = {"wifi_mac_address", "bluetooth_mac_address", "is_replacement_device"}


def on_service(link: Links, kind: Kind = Kind.IPHONE, count: int = 1) -> tuple[Linked, list[str]]:
    linked = link()
    ours = serials(count)
    linked.world.arrive(ours, kind)
    linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    return linked, ours


def seen(linked: Linked, serial: str, version: int | None) -> dict[str, Any]:
    """The device in a full fetch, which shows the same as the details do."""
    linked.version = version
    record = next(each for each in linked.fetch()[0] if each["serial_number"] == serial)
    details = linked.ok("POST", "/devices", {"devices": [serial]})["devices"][serial]
    assert details == record | {"response_status": "SUCCESS"}
    return record


def test_each_protocol_version_sees_what_it_knows(link: Links) -> None:
    linked, ours = migrating(link, Kind.IPAD)
    linked.ok("POST", "/profile", {"profile_name": "P", "url": "https://mdm.example/", "devices": ours})
    records = {version: seen(linked, ours[0], version) for version in (None, 0, 1, 2, 3, 6, 7, 8, 9, 10, 99)}
    base = {
        "serial_number", "model", "description", "color", "device_assigned_by", "device_assigned_date",
        "profile_status", "profile_uuid", "profile_assign_time",
    }  # fmt: skip
    old = base | {"device_family", "os"}
    assert set(records[1]) == base
    assert records[None] == records[0] == records[1]
    assert set(records[2]) == old
    assert (records[2]["device_family"], records[2]["os"]) == ("iPad", "iOS")
    assert records[3] == records[6] == records[2]
    assert records[7] == records[2] | {"os": "iPadOS"}
    assert records[8] == records[7] | {"mdm_migration_deadline": "2027-01-15T08:00:00Z"}
    assert records[9] == records[8]
    assert records[10].keys() - records[9].keys() >= HARDWARE
    assert {key: value for key, value in records[10].items() if key in records[9]} == records[9]
    assert records[10]["is_replacement_device"] is False
    assert records[99] == records[10]


DEADLINE = 1_800_000_000_000


def migrating(link: Links, kind: Kind = Kind.IPHONE, count: int = 1) -> tuple[Linked, list[str]]:
    """A service that devices of another one have to go over to, and their serials."""
    linked = link()
    ours, world = serials(count), linked.world
    world.now = DEADLINE - 86_400_000
    world.arrive(ours, kind)
    world.set_up(world.service("Old"), ours)
    world.activity("ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", ours, linked.service, deadline=DEADLINE)
    return linked, ours


def test_a_deadline_is_told_changed_and_taken_back(link: Links) -> None:
    linked, ours = migrating(link, count=2)
    devices, cursor = linked.fetch()
    assert [each["mdm_migration_deadline"] for each in devices] == ["2027-01-15T08:00:00Z"] * 2
    world = linked.world
    world.activity("UPDATE_MDM_MIGRATION_DEADLINE", ours, deadline=DEADLINE)
    world.activity("UPDATE_MDM_MIGRATION_DEADLINE", ours[:1], deadline=DEADLINE + 60_000)
    changes, cursor = linked.sync(cursor)
    told = [(each["serial_number"], each["op_type"], each["mdm_migration_deadline"]) for each in changes]
    assert told == [(ours[0], "modified", "2027-01-15T08:01:00Z")], "the same again is no change"
    world.activity("CANCEL_MDM_MIGRATION", ours)
    changes, _ = linked.sync(cursor)
    assert sorted((each["serial_number"], each["op_type"]) for each in changes) == sorted(
        (serial, "deleted") for serial in ours
    )


def test_a_deadline_outlives_what_happens_to_the_profile(link: Links) -> None:
    linked, ours = migrating(link)
    uuid = linked.ok("POST", "/profile", {"profile_name": "P", "url": "https://m.example/", "devices": ours})[
        "profile_uuid"
    ]
    linked.ok("DELETE", "/profile/devices", {"devices": ours})
    linked.ok("PUT", "/profile/devices", {"devices": ours, "profile_uuid": uuid})
    assert "mdm_migration_deadline" in seen(linked, ours[0], 8)
    assert "mdm_migration_deadline" not in seen(linked, ours[0], 7)


@pytest.mark.parametrize("version", ["banana", "-1", "", "1.5", "٣"])
def test_a_version_that_is_none_counts_as_the_first(link: Links, version: str) -> None:
    linked, _ = on_service(link)
    headers = {
        b"X-ADM-Auth-Session": linked.session.encode(),
        b"X-Server-Protocol-Version": version.encode(),
    }
    answer = linked.http.post("/server/devices", json={}, headers=headers)
    assert "os" not in answer.json()["devices"][0]


def test_every_kind_has_its_family(link: Links) -> None:
    linked = link()
    ours = linked.world.stock(6)
    linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    families = {(each["device_family"], each["os"]) for each in linked.fetch()[0]}
    assert families == {
        ("iPhone", "iOS"), ("iPad", "iPadOS"), ("Mac", "OSX"), ("AppleTV", "tvOS"), ("Watch", "watchOS"),
        ("Vision", "visionOS"),
    }  # fmt: skip


def test_details_answer_for_every_serial_as_it_was_asked(link: Links) -> None:
    linked, ours = on_service(link, count=2)
    stranger = link("Stranger")
    theirs = serials(1, seed=9)
    stranger.world.arrive(theirs)
    stranger.world.activity("ASSIGN_DEVICES", theirs, stranger.service)
    linked.world.activity("UNASSIGN_DEVICES", ours[1:])
    asked = [ours[0].lower(), ours[1], theirs[0], "OUNKNOWN9999", '"quoted"', "\0"]
    found = linked.ok("POST", "/devices", {"devices": asked})["devices"]
    assert list(found) == asked
    assert found[ours[0].lower()]["serial_number"] == ours[0]
    for serial in asked[1:]:
        assert found[serial] == {"response_status": "NOT_ACCESSIBLE"}
    nothing: list[dict[str, Any]] = [{}, {"devices": []}, {"devices": None}]
    for body in nothing:
        assert linked.refused("POST", "/devices", body) == (400, "DEVICE_ID_REQUIRED")


def test_disowning_needs_the_right_and_is_an_activity(link: Links) -> None:
    linked, ours = on_service(link, count=3)
    _, cursor = linked.fetch()
    asked = {"devices": [ours[0], ours[1].lower(), "OUNKNOWN9999"]}
    refused = linked.ok("POST", "/devices/disown", asked)["devices"]
    assert refused == {ours[0]: "FAILED", ours[1].lower(): "FAILED", "OUNKNOWN9999": "NOT_ACCESSIBLE"}
    assert linked.sync(cursor)[0] == [], "a refusal changes nothing"
    link.runtime.store.write_sync(
        lambda tx: services.update(tx, linked.service, may_release=True, actor=ADMIN, now=linked.world.now)
    )
    done = linked.ok("POST", "/devices/disown", asked)["devices"]
    assert done == {ours[0]: "SUCCESS", ours[1].lower(): "SUCCESS", "OUNKNOWN9999": "NOT_ACCESSIBLE"}
    assert [record["op_type"] for record in linked.sync(cursor)[0]] == ["deleted", "deleted"]
    newest = link.runtime.store.read_sync(lambda tx: activities.newest(tx, linked.world.id))[0]
    assert (newest.type, newest.sub_status, newest.total) == ("RELEASE_DEVICES", "COMPLETED_WITH_SUCCESS", 2)
    assert (newest.actor.kind, newest.actor.id) == ("MDM", linked.service.uuid)
    released = link.runtime.store.read_sync(lambda tx: devices.get(tx, linked.world.id, ours[0]))
    assert released.released_by == f"MDM:{linked.service.uuid}"
    again = linked.ok("POST", "/devices/disown", asked)["devices"]
    assert set(again.values()) == {"NOT_ACCESSIBLE"}
    assert linked.refused("POST", "/devices/disown", {}) == (400, "DEVICE_ID_REQUIRED")


def test_disowning_is_put_off_where_the_organisation_wants_that(link: Links) -> None:
    linked, ours = on_service(link, count=2)
    _, cursor = linked.fetch()
    store, world = link.runtime.store, linked.world

    def allow(tx: Tx) -> None:
        services.update(tx, linked.service, may_release=True, actor=ADMIN, now=world.now)
        releases.set_grace(tx, world.id, 72, actor=ADMIN, now=world.now)

    store.write_sync(allow)
    for _ in range(2):
        assert linked.ok("POST", "/devices/disown", {"devices": ours[:1]})["devices"] == {ours[0]: "SUCCESS"}
    assert linked.sync(cursor)[0] == [], "it is the service's until then"
    assert {each["serial_number"] for each in linked.fetch()[0]} == set(ours)
    waiting = store.read_sync(lambda tx: devices.get(tx, world.id, ours[0]))
    assert (waiting.released_at, waiting.release_at is None) == (None, False)
    world.activity("KEEP_DEVICES", ours[:1])
    assert store.read_sync(lambda tx: devices.get(tx, world.id, ours[0])).release_at is None


def test_activation_lock(link: Links) -> None:
    linked, ours = on_service(link, count=2)
    tv = serials(1, seed=5)
    linked.world.arrive(tv, Kind.APPLE_TV)
    linked.world.activity("ASSIGN_DEVICES", tv, linked.service)

    def lock(serial: str, **more: Any) -> Any:
        answer = linked.ok("POST", "/device/activationlock", {"device": serial, **more})
        assert answer["serial_number"] == serial
        return answer["response_status"]

    assert lock(ours[0], escrow_key="ab" * 32, lost_message="Please return") == "SUCCESS"
    assert lock(ours[0]) == "DEVICE_ALREADY_LOCKED"
    assert lock(ours[1], escrow_key="", lost_message="") == "SUCCESS"
    assert lock(tv[0]) == "DEVICE_NOT_SUPPORTED"
    assert lock("OUNKNOWN9999") == "NOT_ACCESSIBLE"
    assert lock("\0") == "NOT_ACCESSIBLE"
    linked.switch(activation_lock=False)
    assert lock(ours[1]) == "ORG_NOT_SUPPORTED"
    wrong: list[Any] = [{}, {"device": ""}, {"device": ours[0], "escrow_key": "xyz"}, {"device": None}, []]
    for body in wrong:
        assert linked.refused("POST", "/device/activationlock", body) == (400, "MALFORMED_REQUEST_BODY")
    store, world = link.runtime.store, linked.world
    id = store.read_sync(lambda tx: devices.owned_id(tx, world.id, ours[0]))
    assert id is not None
    kept = store.read_sync(lambda tx: activation_locks.of_device(tx, id))
    assert kept is not None
    assert (kept.locked_by, kept.lost_message, kept.has_key) == ("Main", "Please return", True)
    sealed = store.read_sync(
        lambda tx: tx.value("SELECT escrow_key FROM activation_lock WHERE device_id = $1", id)
    )
    assert bytes.fromhex("ab" * 8) not in sealed

    def unlock() -> bool:
        return store.write_sync(
            lambda tx: activation_locks.unlock(tx, world.id, id, ours[0], actor=ADMIN, now=world.now)
        )

    assert (unlock(), unlock()) == (True, False)


def replace(linked: Linked, old: str, new: str) -> None:
    linked.runtime.store.write_sync(
        lambda tx: replacements.replace(
            tx,
            linked.world.id,
            old,
            infer(new, kind=Kind.IPHONE),
            actor=ADMIN,
            now=linked.runtime.clock.now(),
        )
    )


def test_a_replacement_takes_the_place_of_the_old_unit(link: Links) -> None:
    linked, ours = on_service(link, count=2)
    unit = serials(1, seed=7)[0]
    _, cursor = linked.fetch()
    replace(linked, ours[0], unit)
    changes, _ = linked.sync(cursor)
    assert [(record["serial_number"], record["op_type"]) for record in changes] == [
        (ours[0], "deleted"),
        (unit, "added"),
    ]
    assert changes[0]["released_by_replacement"] is True
    assert "released_by_replacement" not in changes[1]
    assert (changes[0]["is_replacement_device"], changes[1]["is_replacement_device"]) == (False, True)
    day = changes[1]["device_assigned_date"][:10]
    assert linked.ok("GET", f"/device/replacementDetails?device={unit.lower()}") == {
        "serial_number": unit,
        "original_device_serial_number": ours[0],
        "replacement_date": day,
    }
    linked.version = 9
    assert "released_by_replacement" not in linked.sync(cursor)[0][0]
    assert linked.refused("GET", f"/device/replacementDetails?device={unit}") == (404, "")


def test_what_is_no_replacement(link: Links) -> None:
    linked, ours = on_service(link, count=2)
    stranger = link("Stranger")
    theirs = serials(2, seed=9)
    stranger.world.arrive(theirs[:1])
    stranger.world.activity("ASSIGN_DEVICES", theirs[:1], stranger.service)
    replace(stranger, theirs[0], theirs[1])
    for serial in (ours[0], "OUNKNOWN9999", theirs[1], "%00"):
        path = f"/device/replacementDetails?device={serial}"
        assert linked.refused("GET", path) == (404, "DEVICE_NOT_FOUND")
    assert linked.refused("GET", "/device/replacementDetails") == (400, "DEVICE_ID_REQUIRED")
    with pytest.raises(NotFound):
        replace(linked, theirs[1], "OZZZZZZZZZZZ")
    with pytest.raises(Duplicate):
        replace(linked, ours[0], theirs[1])
    assert linked.world.reread(linked.service).device_count == 2
