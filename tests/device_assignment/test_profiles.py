"""Enrolment profiles over the wire: every rule, what is kept, and what becomes of each device."""

import base64
import json
from typing import Any

import pytest

from pomona.registry import audit, profile_assignments, profiles
from pomona.registry.profile_assignments import Activation, ProfileStatus
from tests.device_assignment.support import Linked, Links
from tests.support.worlds import serials

MINIMAL = {"profile_name": "Standard", "url": "https://mdm.example/enrol"}
FULL = {
    **MINIMAL,
    "configuration_web_url": "https://mdm.example/web",
    "org_magic": "913FABBB",
    "allow_pairing": True,
    "is_supervised": True,
    "is_mandatory": True,
    "is_mdm_removable": False,
    "is_multi_user": False,
    "await_device_configured": True,
    "auto_advance_setup": False,
    "is_return_to_service": False,
    "do_not_use_profile_from_backup": True,
    "support_phone_number": "+49 30 123456",
    "support_email_address": "it@example.com",
    "department": "IT",
    "anchor_certs": [base64.b64encode(b"0\x03\x02\x01\x05").decode()],
    "supervising_host_certs": [],
    "skip_setup_items": ["Siri", "NotInventedYet"],
    "language": "de",
    "region": "DE",
    "a_key_from_the_future": {"nested": [1, 2.5, None, "ü"]},
}


def stocked(link: Links, count: int = 3) -> tuple[Linked, list[str]]:
    """A service and the devices on it."""
    linked = link()
    ours = serials(count)
    linked.world.arrive(ours)
    linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    return linked, ours


def device(linked: Linked, serial: str) -> dict[str, Any]:
    record: dict[str, Any] = linked.ok("POST", "/devices", {"devices": [serial]})["devices"][serial]
    return record


def fetched(linked: Linked, serial: str) -> Activation | None:
    """The device's side: it fetches its profile."""
    store, now = linked.runtime.store, linked.runtime.clock.now()
    return store.write_sync(lambda tx: profile_assignments.fetched(tx, serial, now=now))


def test_a_profile_is_kept_as_it_was_given(link: Links) -> None:
    linked = link()
    defined = linked.ok("POST", "/profile", FULL | {"profile_uuid": "ignored"})
    assert defined["devices"] == {}
    uuid = defined["profile_uuid"]
    assert (len(uuid), uuid) == (32, uuid.upper())
    assert linked.ok("GET", f"/profile?profile_uuid={uuid}") == FULL | {"profile_uuid": uuid}
    dashed = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}".lower()
    assert linked.ok("GET", f"/profile?profile_uuid={dashed}")["profile_uuid"] == uuid
    assert linked.ok("POST", "/profile", FULL)["profile_uuid"] != uuid, "a definition never changes another"
    linked.version = 1
    shown = linked.ok("GET", f"/profile?profile_uuid={uuid}")
    newer = {"auto_advance_setup", "await_device_configured", "is_multi_user", "support_email_address"}
    assert FULL.keys() - shown.keys() == newer
    types = [
        event.type for event in link.runtime.store.read_sync(lambda tx: audit.newest(tx, linked.world.id))
    ]
    assert types[:2] == ["PROFILE_DEFINED", "PROFILE_DEFINED"]


def test_nulls_count_as_absent_and_an_empty_magic_is_fine(link: Links) -> None:
    linked = link()
    body = MINIMAL | {"skip_setup_items": None, "org_magic": "", "devices": None, "department": None}
    uuid = linked.ok("POST", "/profile", body)["profile_uuid"]
    assert linked.ok("GET", f"/profile?profile_uuid={uuid}")["org_magic"] == ""


RULES: list[tuple[dict[str, Any], str]] = [
    ({"profile_name": None}, "CONFIG_NAME_REQUIRED"),
    ({"profile_name": ""}, "CONFIG_NAME_INVALID"),
    ({"profile_name": "ü" * 126}, "CONFIG_NAME_INVALID"),
    ({"profile_name": 5}, "CONFIG_NAME_INVALID"),
    ({"profile_name": "nul\0"}, "CONFIG_NAME_INVALID"),
    ({"url": None}, "CONFIG_URL_REQUIRED"),
    ({"url": ""}, "CONFIG_URL_INVALID"),
    ({"url": "mdm.example"}, "CONFIG_URL_INVALID"),
    ({"url": "https://mdm.example/a b"}, "CONFIG_URL_INVALID"),
    ({"url": "https://"}, "CONFIG_URL_INVALID"),
    ({"url": "https://mdm.example:99999/"}, "CONFIG_URL_INVALID"),
    ({"url": "ftp://mdm.example/"}, "CONFIG_URL_INVALID"),
    ({"url": "https://mdm.example/" + "x" * 1981}, "CONFIG_URL_INVALID"),
    ({"configuration_web_url": "nowhere"}, "CONFIG_URL_INVALID"),
    ({"department": ""}, "DEPARTMENT_INVALID"),
    ({"department": "ü" * 126}, "DEPARTMENT_INVALID"),
    ({"support_phone_number": ""}, "SUPPORT_PHONE_INVALID"),
    ({"support_phone_number": "1" * 51}, "SUPPORT_PHONE_INVALID"),
    ({"support_email_address": ""}, "SUPPORT_EMAIL_INVALID"),
    ({"support_email_address": "x" * 251}, "SUPPORT_EMAIL_INVALID"),
    ({"org_magic": "x" * 257}, "MAGIC_INVALID"),
    ({"org_magic": ["x"]}, "MAGIC_INVALID"),
    ({"is_mdm_removable": False}, "FLAGS_INVALID"),
    ({"is_mdm_removable": False, "is_supervised": False}, "FLAGS_INVALID"),
    ({"is_supervised": "yes"}, "FLAGS_INVALID"),
    ({"language": "deutsch"}, "LOCALE_INVALID"),
    ({"region": "de"}, "LOCALE_INVALID"),
    ({"region": "DEU"}, "LOCALE_INVALID"),
    ({"skip_setup_items": "Siri"}, "MALFORMED_REQUEST_BODY"),
    ({"anchor_certs": [1]}, "MALFORMED_REQUEST_BODY"),
    ({"devices": "X"}, "MALFORMED_REQUEST_BODY"),
]
LONGEST: list[dict[str, Any]] = [
    {"profile_name": "ü" * 125},
    {"url": "https://mdm.example/" + "x" * 1980},
    {"department": "ü" * 125, "support_phone_number": "1" * 50, "support_email_address": "x" * 250},
    {"org_magic": "ü" * 256, "language": "deu", "region": "DE"},
    {"is_mdm_removable": False, "is_supervised": True},
]


def test_each_rule_has_its_code_and_its_limit_counts_characters(link: Links) -> None:
    linked = link()
    for change, code in RULES:
        assert linked.refused("POST", "/profile", MINIMAL | change) == (400, code), change
    for change in LONGEST:
        assert linked.ok("POST", "/profile", MINIMAL | change)["profile_uuid"], change
    kept = link.runtime.store.read_sync(lambda tx: profiles.of_service(tx, linked.service.id))
    assert len(kept) == len(LONGEST), "what was refused was not kept"


def test_a_profile_that_is_not_there(link: Links) -> None:
    linked, other = link(), link("Other")
    foreign = other.ok("POST", "/profile", MINIMAL)["profile_uuid"]
    sibling = link.join(linked.world, "Sibling").ok("POST", "/profile", MINIMAL)["profile_uuid"]
    for uuid in (foreign, sibling, "0" * 32, "nonsense"):
        assert linked.refused("GET", f"/profile?profile_uuid={uuid}") == (400, "NOT_FOUND")
        body = {"profile_uuid": uuid, "devices": ["OAAAAAAAAAAA"]}
        assert linked.refused("PUT", "/profile/devices", body) == (404, "PROFILE_NOT_FOUND")
    assert linked.refused("GET", "/profile") == (400, "PROFILE_UUID_REQUIRED")
    assert linked.refused("GET", "/profile?profile_uuid=") == (400, "PROFILE_UUID_REQUIRED")


def test_what_a_request_must_name(link: Links) -> None:
    linked = link()
    nothing: list[dict[str, Any]] = [{}, {"devices": []}, {"devices": None}, {"profile_uuid": "0" * 32}]
    for body in nothing:
        assert linked.refused("POST", "/profile/devices", body) == (400, "DEVICE_ID_REQUIRED")
        assert linked.refused("DELETE", "/profile/devices", body) == (400, "DEVICE_ID_REQUIRED")
    unnamed: list[dict[str, Any]] = [
        {"devices": ["OAAAAAAAAAAA"]},
        {"devices": ["OAAAAAAAAAAA"], "profile_uuid": ""},
    ]
    for body in unnamed:
        assert linked.refused("PUT", "/profile/devices", body) == (400, "PROFILE_UUID_REQUIRED")
    assert linked.refused("PUT", "/profile/devices", {"devices": [1]}) == (400, "MALFORMED_REQUEST_BODY")


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_assigning_answers_for_each_device(link: Links, method: str) -> None:
    linked, ours = stocked(link)
    sibling = link.join(linked.world, "Sibling")
    linked.world.activity("ASSIGN_DEVICES", ours[2:], sibling.service)
    uuid = linked.ok("POST", "/profile", MINIMAL)["profile_uuid"]
    _, cursor = linked.fetch()
    asked = [ours[0], f" {ours[1].lower()}", ours[2], "OUNKNOWN9999", "\0", "ünvalid", ours[0]]
    answer = linked.ok(method, "/profile/devices", {"profile_uuid": uuid, "devices": asked})
    assert answer == {
        "profile_uuid": uuid,
        "devices": {
            ours[0]: "SUCCESS",
            f" {ours[1].lower()}": "SUCCESS",
            ours[2]: "NOT_ACCESSIBLE",
            "OUNKNOWN9999": "NOT_ACCESSIBLE",
            "\0": "NOT_ACCESSIBLE",
            "ünvalid": "NOT_ACCESSIBLE",
        },
    }
    changes, cursor = linked.sync(cursor)
    assert [(each["serial_number"], each["op_type"], each["profile_status"]) for each in changes] == [
        (ours[0], "modified", "assigned"),
        (ours[1], "modified", "assigned"),
    ]
    assert changes[0]["profile_uuid"] == uuid
    assert changes[0]["profile_assign_time"] == device(linked, ours[0])["profile_assign_time"]
    again = linked.ok(method, "/profile/devices", {"profile_uuid": uuid.lower(), "devices": ours[:1]})
    assert again["devices"] == {ours[0]: "SUCCESS"}
    assert linked.sync(cursor)[0] == [], "a profile that a device has already is no change"
    assert device(sibling, ours[2])["profile_status"] == "empty"


def test_defining_can_assign_at_once(link: Links) -> None:
    linked, ours = stocked(link)
    answer = linked.ok("POST", "/profile", MINIMAL | {"devices": [ours[0], "OUNKNOWN9999"]})
    assert answer["devices"] == {ours[0]: "SUCCESS", "OUNKNOWN9999": "NOT_ACCESSIBLE"}
    assert device(linked, ours[0])["profile_uuid"] == answer["profile_uuid"]
    shown = linked.ok("GET", f"/profile?profile_uuid={answer['profile_uuid']}")
    assert "devices" not in shown


def test_the_life_of_a_profile_on_a_device(link: Links) -> None:
    linked, ours = stocked(link)
    serial = ours[0]
    first = linked.ok("POST", "/profile", FULL)["profile_uuid"]
    second = linked.ok("POST", "/profile", MINIMAL)["profile_uuid"]
    _, cursor = linked.fetch()
    assert device(linked, serial)["profile_status"] == "empty"
    assert fetched(linked, serial) is None, "nothing to fetch yet"
    linked.ok("PUT", "/profile/devices", {"profile_uuid": first, "devices": [serial]})
    activation = fetched(linked, serial)
    assert activation is not None
    assert (activation.profile.document, activation.service_id) == (FULL, linked.service.id)
    pushed = device(linked, serial)
    assert (pushed["profile_status"], pushed["profile_uuid"]) == ("pushed", first)
    assert pushed["profile_push_time"]
    assert fetched(linked, serial) == activation.__class__(
        activation.device_id,
        linked.world.id,
        linked.service.id,
        activation.profile,
        ProfileStatus.PUSHED,
        None,
        again=True,
    )
    linked.ok("PUT", "/profile/devices", {"profile_uuid": second, "devices": [serial]})
    reassigned = device(linked, serial)
    assert (reassigned["profile_status"], reassigned["profile_uuid"]) == ("assigned", second)
    assert "profile_push_time" not in reassigned
    removed = linked.ok("DELETE", "/profile/devices", {"devices": [serial, ours[1], "OUNKNOWN9999"]})
    assert removed["devices"] == {serial: "SUCCESS", ours[1]: "SUCCESS", "OUNKNOWN9999": "NOT_ACCESSIBLE"}
    gone = device(linked, serial)
    assert (gone["profile_status"], gone["profile_uuid"]) == ("removed", second)
    assert device(linked, ours[1])["profile_status"] == "empty", "there was nothing to remove"
    assert fetched(linked, serial) is None
    linked.ok("PUT", "/profile/devices", {"profile_uuid": second, "devices": [serial]})
    assert device(linked, serial)["profile_status"] == "assigned"
    changes, _ = linked.sync(cursor)
    assert [each["op_type"] for each in changes] == ["modified"] * 5
    dates = [each["op_date"] for each in changes]
    assert dates == sorted(set(dates)), "a consumer can tell which came later"


def test_a_device_fetches_only_from_its_owner(link: Links) -> None:
    linked, ours = stocked(link)
    linked.ok("POST", "/profile", MINIMAL | {"devices": ours[:1]})
    read = link.runtime.store.read_sync
    assert (
        read(lambda tx: profile_assignments.waiting_for(tx, ours[0], organization_id=linked.world.id + 1))
        is None
    )
    assert read(lambda tx: profile_assignments.waiting_for(tx, "nonsense")) is None
    found = read(
        lambda tx: profile_assignments.waiting_for(tx, ours[0].lower(), organization_id=linked.world.id)
    )
    assert found is not None
    assert found.status is ProfileStatus.ASSIGNED
    linked.world.activity("RELEASE_DEVICES", ours[:1])
    assert fetched(linked, ours[0]) is None


def test_too_many_assignments_are_throttled_as_the_protocol_version_knows_it(link: Links) -> None:
    linked, ours = stocked(link)
    linked.switch(assign_limit=1, assign_window=3600)
    uuids = [linked.ok("POST", "/profile", MINIMAL)["profile_uuid"] for _ in range(2)]
    asked = {"profile_uuid": uuids[0], "devices": ours[:1]}
    assert linked.ok("PUT", "/profile/devices", asked)["devices"] == {ours[0]: "SUCCESS"}
    asked = {"profile_uuid": uuids[1], "devices": ours[:2]}
    seen = {}
    for version in (8, 9, 10):
        linked.version = version
        seen[version] = linked.ok("PUT", "/profile/devices", asked)
    assert seen[8]["devices"][ours[0]] == "FAILED"
    assert seen[9]["devices"] == {ours[0]: "THROTTLED", ours[1]: "SUCCESS"}
    assert ["retry_after_seconds" in seen[version] for version in (8, 9, 10)] == [False, False, True]
    assert seen[10]["retry_after_seconds"] == 3600
    assert device(linked, ours[0])["profile_uuid"] == uuids[0]
    link.runtime.clock.offset = 3_700_000
    linked.use(linked.issued)
    assert linked.ok("PUT", "/profile/devices", asked)["devices"][ours[0]] == "SUCCESS"


def test_thousands_of_devices_in_one_request(link: Links) -> None:
    linked = link()
    ours = linked.world.stock(4_100)
    linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    uuid = linked.ok("POST", "/profile", MINIMAL)["profile_uuid"]
    answer = linked.ok("PUT", "/profile/devices", {"profile_uuid": uuid, "devices": ours})
    assert set(answer["devices"].values()) == {"SUCCESS"}
    assert list(answer["devices"]) == ours
    details = linked.ok("POST", "/devices", {"devices": ours})["devices"]
    assert {record["profile_uuid"] for record in details.values()} == {uuid}
    assert len(details) == 4_100
    removed = linked.ok("DELETE", "/profile/devices", {"devices": ours})["devices"]
    assert len(removed) == 4_100


def test_the_content_type_is_not_looked_at(link: Links) -> None:
    linked = link()
    headers = {"X-ADM-Auth-Session": linked.session, "Content-Type": "application/x-www-form-urlencoded"}
    answer = linked.http.post("/profile", content=json.dumps(MINIMAL), headers=headers)
    assert answer.status_code == 200
