"""`appleCareCoverage`: what was recorded is served, one by one and beside many devices, and leaves audit events."""

from collections.abc import Sequence
from typing import Any

import pytest

from pomona.formats.times import iso_millis
from pomona.registry import apple_care
from pomona.registry.apple_care import Outcome, Payment, Plan, Told
from pomona.registry.errors import Invalid, NotFound
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, refused
from tests.support.worlds import ADMIN, World

DAY = 86_400_000
ATTRIBUTES = {
    "status", "paymentType", "description", "startDateTime", "endDateTime", "isRenewable", "isCanceled",
    "contractCancelDateTime", "agreementNumber",
}  # fmt: skip


def record(world: World, *told: Told) -> list[Outcome]:
    return world.store.write_sync(
        lambda tx: apple_care.record(tx, world.id, told, actor=ADMIN, now=world.now)
    )


def coverage(serial: str, plan: str = "LIMITED_WARRANTY", **more: Any) -> dict[str, Any]:
    """A coverage as a program records it."""
    attributes = {"serialNumber": serial, "plan": plan, "startDateTime": "2026-01-02T03:04:05Z"} | more
    return {"type": "appleCareCoverage", "attributes": attributes}


def covered(world: World, serial: str) -> None:
    """A warranty that is over, AppleCare+ that was cancelled for later, and a business plan."""
    start = world.now - 400 * DAY
    record(
        world,
        Told(serial, Plan.LIMITED_WARRANTY, start),
        Told(
            serial, Plan.APPLECARE_PLUS, start, world.now + DAY, f"A{serial}", renewable=True, canceled_at=world.now + 5,
            payment=Payment.SUBSCRIPTION,
        ),
        Told(serial, Plan.APPLECARE_BUSINESS, start),
    )  # fmt: skip


def test_each_plan_has_its_own_id_and_leaves_null_what_does_not_apply(client: Client, world: World) -> None:
    [serial, other] = world.stock(2)
    world.now += DAY
    covered(world, serial)
    document = client.get(f"orgDevices/{serial}/appleCareCoverage").json()
    assert document["meta"] == {"paging": {"limit": 100}}
    assert document["links"] == {"self": f"{client.origin}/v1/orgDevices/{serial}/appleCareCoverage"}
    warranty, plus, business = document["data"]
    assert all(set(each) == {"type", "id", "attributes"} for each in document["data"])
    assert all(set(each["attributes"]) == ATTRIBUTES for each in document["data"])
    assert [each["id"] for each in document["data"]] == [serial, f"A{serial}", f"abe-{serial}"]
    assert warranty["type"] == "appleCareCoverage"
    start = iso_millis(world.now - 400 * DAY)
    assert warranty["attributes"] == {
        "status": "INACTIVE", "paymentType": "NONE", "description": "Limited Warranty", "startDateTime": start,
        "endDateTime": iso_millis(world.now - 35 * DAY), "isRenewable": False, "isCanceled": False,
        "contractCancelDateTime": None, "agreementNumber": None,
    }  # fmt: skip
    assert plus["attributes"] == {
        "status": "ACTIVE", "paymentType": "SUBSCRIPTION", "description": "AppleCare+", "startDateTime": start,
        "endDateTime": iso_millis(world.now + DAY), "isRenewable": True, "isCanceled": True,
        "contractCancelDateTime": iso_millis(world.now + 5), "agreementNumber": f"A{serial}",
    }  # fmt: skip
    assert (business["attributes"]["endDateTime"], business["attributes"]["paymentType"]) == (
        None,
        "ABE_SUBSCRIPTION",
    )
    assert client.get(f"orgDevices/{other}/appleCareCoverage").json()["data"] == []


def test_a_page_at_a_time_and_some_fields(client: Client, world: World) -> None:
    [serial] = world.stock(1)
    covered(world, serial)
    pages = client.pages(f"orgDevices/{serial}/appleCareCoverage?limit=2&fields[appleCareCoverage]=status")
    assert [len(page["data"]) for page in pages] == [2, 1]
    assert all(set(each["attributes"]) == {"status"} for page in pages for each in page["data"])
    path = f"orgDevices/{serial}/appleCareCoverage"
    answer = client.get(path, **{"fields[appleCareCoverage]": "price"})
    refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter="fields[appleCareCoverage]")
    refused(client.get("orgDevices/ONOTTHERE12/appleCareCoverage"), 404, "NOT_FOUND")
    refused(client.get("orgDevices/short/appleCareCoverage"), 404, "NOT_FOUND")


def linked(document: dict[str, Any]) -> dict[str, list[str]]:
    """The ids of what covers each device, which are all there and nothing else."""
    names = {
        device["id"]: [each["id"] for each in device["relationships"]["appleCareCoverage"]["data"]]
        for device in document["data"]
    }
    assert [each["id"] for each in document["included"]] == [
        name for found in names.values() for name in found
    ]
    return names


def test_many_devices_with_what_covers_them(client: Client, world: World) -> None:
    stock = world.stock(6)
    for serial in stock[1:4]:
        covered(world, serial)
    world.activity("RELEASE_DEVICES", stock[3:4])
    pages = client.pages("orgDevices?limit=2&include=appleCareCoverage&filter[status]=UNASSIGNED")
    names = {serial: found for page in pages for serial, found in linked(page).items()}
    expected = {serial: [serial, f"A{serial}", f"abe-{serial}"] for serial in stock[1:3]}
    assert names == {serial: expected.get(serial, []) for serial in stock if serial != stock[3]}
    whole = client.get("orgDevices", include="appleCareCoverage").json()
    assert linked(whole) == names
    plain = client.get("orgDevices").json()
    for device in whole["data"]:
        del device["relationships"]["appleCareCoverage"]["data"]
    assert whole["data"] == plain["data"]
    assert "included" not in plain


def test_one_device_with_what_covers_it_also_after_its_release(client: Client, world: World) -> None:
    [serial] = world.stock(1)
    covered(world, serial)
    alone = client.get(f"orgDevices/{serial}/appleCareCoverage").json()["data"]
    document = client.get(f"orgDevices/{serial}", include="appleCareCoverage").json()
    assert document["included"] == alone
    world.activity("RELEASE_DEVICES", [serial])
    released = client.get(f"orgDevices/{serial}", include="appleCareCoverage").json()
    assert released["included"] == alone
    assert released["data"]["attributes"]["releasedFromOrgDateTime"] is not None
    query = {
        "include": "appleCareCoverage",
        "fields[appleCareCoverage]": "status",
        "fields[orgDevices]": "color",
    }
    narrow = client.get(f"orgDevices/{serial}", **query).json()
    assert [set(each["attributes"]) for each in narrow["included"]] == [{"status"}] * 3
    assert "relationships" not in narrow["data"]


def test_what_cannot_be_included(client: Client) -> None:
    for value in ("assignedServer", "", "appleCareCoverage,assignedServer"):
        refused(client.get("orgDevices", include=value), 400, "PARAMETER_ERROR.INVALID", parameter="include")
    refused(client.get("mdmServers", include="devices"), 400, "PARAMETER_ERROR.INVALID", parameter="include")
    answer = client.get("orgDevices", **{"fields[appleCareCoverage]": "status"})
    refused(answer, 400, "PARAMETER_ERROR.INVALID", parameter="fields[appleCareCoverage]")


def test_purchases_leave_audit_events(client: Client, world: World, runtime: Runtime) -> None:
    [serial] = world.stock(1)
    covered(world, serial)
    remove = f"A{serial}"
    world.store.write_sync(
        lambda tx: apple_care.remove(tx, world.id, serial, remove, actor=ADMIN, now=world.now)
    )
    when = {
        "filter[startTimestamp]": iso_millis(world.now - DAY),
        "filter[endTimestamp]": iso_millis(world.now + DAY),
    }
    events = client.get("auditEvents", **when, **{"filter[subjectId]": serial}).json()["data"]
    told = [
        (each["attributes"]["type"], each["attributes"][each["attributes"]["eventDataPropertyKey"]])
        for each in reversed(events)
    ]
    assert told == [
        ("SUBJECT_HAS_APPLECARE_PURCHASE_ADDED", {"subscriptionId": f"A{serial}"}),
        ("SUBJECT_HAS_APPLECARE_PURCHASE_ADDED", {"subscriptionId": f"abe-{serial}"}),
        ("SUBJECT_HAS_APPLECARE_PURCHASE_REMOVED", {"subscriptionId": f"A{serial}"}),
    ]
    assert {each["attributes"]["category"] for each in events} == {"PURCHASING"}
    assert {each["attributes"]["subjectType"] for each in events} == {"DEVICE"}
    with pytest.raises(NotFound):
        world.store.write_sync(
            lambda tx: apple_care.remove(tx, world.id, serial, remove, actor=ADMIN, now=world.now)
        )


def test_recording_the_same_again_changes_nothing(world: World) -> None:
    [serial, *_] = world.stock(2)
    first = Told(serial, Plan.APPLECARE_PLUS, world.now, world.now + DAY, "A-1")
    later = Told(serial, Plan.APPLECARE_PLUS, world.now, world.now + 2 * DAY, "A-1")
    foreign = Told(World(world.store, "Other").stock(1, seed=7)[0], Plan.LIMITED_WARRANTY, world.now)
    words = [outcome.word for outcome in record(world, first, first, later, foreign)]
    assert words == ["ADDED", "SAME", "CHANGED", "DEVICE_NOT_FOUND"]
    assert [outcome.word for outcome in record(world, later)] == ["SAME"]
    assert [outcome.word for outcome in record(world, first)] == ["CHANGED"]
    [kept] = world.store.read_sync(
        lambda tx: apple_care.of_devices(tx, apple_care.owned(tx, world.id, [serial]).values())
    )
    assert (kept.name, kept.end_at) == ("A-1", world.now + DAY)


@pytest.mark.parametrize(
    "told",
    [
        (Plan.LIMITED_WARRANTY, 5, 5), (Plan.LIMITED_WARRANTY, 5, None, "A-1"), (Plan.APPLECARE_PLUS, 5, 9),
        (Plan.LIMITED_WARRANTY, 5, 9, "", Payment.PAID_UP_FRONT), (Plan.LIMITED_WARRANTY, 5, 9, "", None, True),
        (Plan.LIMITED_WARRANTY, 5, 9, "", None, False, 7), (Plan.APPLECARE_BUSINESS, 5, 9),
        (Plan.APPLECARE_PLUS, 5, 9, "A\n1"), (Plan.APPLECARE_PLUS, 5, 9, "x" * 201),
        (Plan.APPLECARE_BUSINESS, 5, None, "", Payment.NONE),
    ],
)  # fmt: skip
def test_what_no_plan_can_be(told: Sequence[Any]) -> None:
    with pytest.raises(Invalid):
        apple_care.checked(Told("OSERIAL12345", *told))


def tell(client: Client, *told: dict[str, Any]) -> Any:
    return client.ours("POST", "appleCareCoverage", json={"data": list(told)})


def forget(client: Client, serial: str, *ids: str) -> Any:
    sent = {"data": [{"type": "appleCareCoverage", "id": id} for id in ids]}
    return client.ours("DELETE", f"orgDevices/{serial}/appleCareCoverage", json=sent)


def test_a_program_records_and_forgets(client: Client, world: World) -> None:
    first, second = world.stock(2)
    plus = coverage(
        first.lower(), "APPLECARE_PLUS", agreementNumber="AG-1", endDateTime="2029-01-02T00:00:00Z", isRenewable=True,
        paymentType="SUBSCRIPTION", description="AppleCare+ for iPhone",
    )  # fmt: skip
    answer = tell(
        client, coverage(first), plus, coverage(second, "APPLECARE_BUSINESS"), coverage("ONOTTHERE12"), plus
    )
    assert answer.status_code == 200
    results = [each["attributes"] for each in answer.json()["data"]]
    assert [(each["serialNumber"], each["coverageId"], each["result"]) for each in results] == [
        (first, first, "ADDED"), (first, "AG-1", "ADDED"), (second, f"abe-{second}", "ADDED"),
        ("ONOTTHERE12", "ONOTTHERE12", "DEVICE_NOT_FOUND"), (first, "AG-1", "SAME"),
    ]  # fmt: skip
    shown = client.get(f"orgDevices/{first}/appleCareCoverage").json()["data"]
    assert [each["id"] for each in shown] == [first, "AG-1"]
    assert shown[1]["attributes"]["description"] == "AppleCare+ for iPhone"
    assert (shown[1]["attributes"]["isRenewable"], shown[1]["attributes"]["paymentType"]) == (
        True,
        "SUBSCRIPTION",
    )
    refused(forget(client, first, "AG-1", "AG-2"), 404, "NOT_FOUND")
    answer = forget(client, first, "AG-1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert [each["id"] for each in client.get(f"orgDevices/{first}/appleCareCoverage").json()["data"]] == [
        first
    ]
    refused(forget(client, "ONOTTHERE12", "x"), 404, "NOT_FOUND")


def test_what_a_program_cannot_record(client: Client, world: World, origin: str, connect: Connect) -> None:
    [serial] = world.stock(1)
    good, invalid = coverage(serial), "ENTITY_ERROR.ATTRIBUTE.INVALID"
    for wrong, name in (
        (coverage(serial, "GOLD"), "plan"), (coverage("no"), "serialNumber"),
        (coverage(serial, startDateTime="soon"), "startDateTime"), (coverage(serial, startDateTime=""), "startDateTime"),
        (coverage(serial, endDateTime="2020-01-01T00:00:00Z"), "endDateTime"),
        (coverage(serial, agreementNumber="x"), "agreementNumber"), (coverage(serial, isRenewable=True), "contractCancelDateTime"),
        (coverage(serial, paymentType="SUBSCRIPTION"), "paymentType"), (coverage(serial, description="x" * 201), "description"),
    ):  # fmt: skip
        refused(tell(client, good, wrong), 409, invalid, pointer=f"/data/1/attributes/{name}")
    refused(tell(client), 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", pointer="/data")
    refused(
        tell(client, {"type": "appleCareCoverage"}),
        422,
        "ENTITY_ERROR.ATTRIBUTE.REQUIRED",
        pointer="/data/0/attributes",
    )
    limited = connect(world, origin, permissions={"read", "assign"})
    assert "devices" in refused(tell(limited, good), 403, "FORBIDDEN_ERROR")
    refused(tell(connect(world, origin, kind="SCHOOL"), good), 404, "PATH_ERROR")
    assert client.get(f"orgDevices/{serial}/appleCareCoverage").json()["data"] == []
