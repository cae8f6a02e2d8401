"""What programs are told of: each thing that happens becomes its messages, and no other's."""

from functools import partial

from pomona.catalogue.facts import infer
from pomona.registry import (
    by_hand,
    device_news,
    domain_warnings,
    domains,
    enrollments,
    leaving,
    replacements,
    retirement,
    services,
    token_warnings,
)
from pomona.registry.by_hand import Asked
from pomona.registry.challenges import EnrollmentKind
from pomona.registry.enrollments import Told
from pomona.runtime import Runtime
from pomona.store import Tx
from tests.registry.test_tokens import issue
from tests.support.supply import Reseller, document, link
from tests.support.webhook_receivers import Receiver
from tests.support.worlds import ADMIN, World, serials
from tests.work.webhook_hands import DAY, add, deliver, world_of

ME = {"type": "USER", "id": ADMIN.id, "name": ADMIN.name}


def test_orders_and_their_devices(runtime: Runtime, receiver: Receiver) -> None:
    world, reseller = world_of(runtime), Reseller(runtime.store)
    service = world.service("Main")
    world.default("IPHONE", service)
    add(runtime, world, receiver)
    ids = [serial for serial in serials(20) if infer(serial).product.kind == 1][:3]
    number = world.organization.number
    reseller.send(document("A1", number, ids, po="PO-1"))
    link(world, "16FCE4A0")
    reseller.send(document("R1", number, ids[:1], "RE"))
    reseller.send(document("R1", number, type="VD"))
    deliver(runtime)
    assert sorted(receiver.types) == sorted([
        *("order.received", "order.pending", "device.added", "device.assigned", "order.available"),
        *("device.released", "order.returned", "device.added", "device.assigned", "order.voided"),
    ])  # fmt: skip
    [pending] = receiver.of("order.pending")
    assert pending["organizationId"] == number
    assert pending["supplier"] == {"type": "RESELLER", "id": "16FCE4A0", "name": "Supplier 16FCE4A0"}
    assert (pending["orderNumber"], pending["orderType"], pending["purchaseOrderNumber"]) == (
        "A1",
        "OR",
        "PO-1",
    )
    assert pending["devices"] == {"available": 0, "pending": 3, "returned": 0, "refused": 0}
    assert pending["actor"]["type"] == "SUPPLIER"
    added = receiver.of("device.added")
    assert sorted(len(each["serialNumbers"]) for each in added) == [1, 3]
    assert {(each["orderNumber"], each["source"]["id"]) for each in added} == {("A1", "16FCE4A0")}
    assert {each["service"]["id"] for each in receiver.of("device.assigned")} == {service.uuid}
    assert [each["serialNumbers"] for each in receiver.of("device.released")] == [ids[:1]]


def test_activities(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    first, second = world.service("First"), world.service("Second")
    stock = world.stock(6)
    add(runtime, world, receiver)
    world.tick()
    world.activity("ASSIGN_DEVICES", [*stock[:4], "OUNKNOWN0001"], first)
    world.tick()
    moved = world.activity("ASSIGN_DEVICES", stock, second)
    world.tick()
    world.activity("UNASSIGN_DEVICES", stock[:2])
    world.tick()
    world.activity("RELEASE_DEVICES", stock[1:3])
    deliver(runtime)
    told = [
        (
            each.type,
            each.document["data"].get("serialNumbers"),
            each.document["data"].get("service", {}).get("name"),
        )
        for each in sorted(receiver.received, key=lambda each: (each.document["timestamp"], each.type))
    ]
    assert told == [
        ("activity.finished", None, None),
        ("device.assigned", stock[:4], "First"),
        ("activity.finished", None, None),
        ("device.assigned", stock, "Second"),
        ("activity.finished", None, None),
        ("device.unassigned", stock[:2], "Second"),
        ("activity.finished", None, None),
        ("device.released", stock[1:3], None),
    ]
    ends = {each["activity"]["id"]: each["activity"] for each in receiver.of("activity.finished")}
    assert (ends[moved.uuid]["devices"], ends[moved.uuid]["succeeded"]) == (6, 6)
    [unknown] = [each for each in ends.values() if each["failed"]]
    assert (unknown["status"], unknown["subStatus"]) == ("COMPLETED", "COMPLETED_WITH_ERROR")
    assert all(each["actor"] == ME for each in receiver.of("device.assigned"))
    assert moved.uuid in {each["activityId"] for each in receiver.of("device.assigned")}


def test_a_large_activity_is_told_in_parts(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    stock, service = world.stock(2 * device_news.MOST + 7), world.service("Main")
    add(runtime, world, receiver)
    world.activity("ASSIGN_DEVICES", stock, service)
    deliver(runtime)
    told = [each["serialNumbers"] for each in receiver.of("device.assigned")]
    assert sorted(map(len, told)) == [7, device_news.MOST, device_news.MOST]
    assert sorted(serial for each in told for serial in each) == sorted(stock)
    assert len(receiver.of("activity.finished")) == 1


def test_devices_by_hand_come_leave_and_are_replaced(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    service = world.service("Main")
    add(runtime, world, receiver)
    new, unit = serials(3), infer(serials(1, seed=9)[0])

    def come(tx: Tx) -> None:
        by_hand.add(
            tx,
            world.id,
            [Asked(serial) for serial in new],
            where=service,
            actor=ADMIN,
            now=world.now,
            rng=world.rng,
        )

    def go(tx: Tx) -> None:
        leaving.leave(tx, new[0], now=world.now)
        replacements.replace(tx, world.id, new[1], unit, actor=ADMIN, now=world.now)

    runtime.store.write_sync(come)
    world.tick()
    runtime.store.write_sync(go)
    deliver(runtime)
    added = sorted(serial for each in receiver.of("device.added") for serial in each["serialNumbers"])
    assert added == sorted([*new, unit.serial])
    assigned = sorted(serial for each in receiver.of("device.assigned") for serial in each["serialNumbers"])
    assert assigned == added
    assert [each["replaces"] for each in receiver.of("device.added") if "replaces" in each] == [new[1]]
    gone = {each["serialNumbers"][0]: each.get("replacedBy") for each in receiver.of("device.released")}
    assert gone == {new[0]: None, new[1]: unit.serial}


def test_a_service_that_was_emptied_and_deleted_is_still_named(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    stock, service = world.stock(3), world.service("Old")
    world.activity("ASSIGN_DEVICES", stock, service)
    add(runtime, world, receiver)
    world.tick()
    activity = runtime.store.write_sync(
        lambda tx: retirement.retire(
            tx, services.get(tx, world.id, service.id), None, actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    assert activity is not None
    world.work(activity)
    deliver(runtime)
    [told] = receiver.of("device.unassigned")
    assert told["service"] == {"id": service.uuid, "name": "Old"}
    assert told["serialNumbers"] == stock


def test_enrolments(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    add(runtime, world, receiver)

    def enrol(tx: Tx, key: str, serial: str | None, kind: EnrollmentKind) -> None:
        enrollments.begin(tx, world.id, key, kind, serial=serial, account_id=None, told=Told(), now=world.now)
        enrollment = enrollments.get(tx, world.id, key)
        enrollments.count_in(tx, enrollment, actor=ADMIN, now=world.now)

    [serial] = world.stock(1)
    runtime.store.write_sync(partial(enrol, key="UDID-1", serial=serial, kind="manual"))
    runtime.store.write_sync(partial(enrol, key="ENROLLMENT-2", serial=None, kind="byod"))
    runtime.store.write_sync(
        lambda tx: enrollments.leave(tx, enrollments.get(tx, world.id, "UDID-1"), actor=ADMIN, now=world.now)
    )
    deliver(runtime)
    told = {each["enrollmentId"]: each["serialNumber"] for each in receiver.of("device.enrolled")}
    assert told == {"UDID-1": serial, "ENROLLMENT-2": None}
    assert [each["enrollmentId"] for each in receiver.of("device.unenrolled")] == ["UDID-1"]


def test_expiries(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    service = world.service("Main")
    issue(world, service)
    add(runtime, world, receiver)

    def warn(tx: Tx) -> None:
        domains.add(tx, world.id, "example.com", actor=ADMIN, now=world.now, rng=world.rng)
        token_warnings.warn(tx, world.now + 340 * DAY)
        domain_warnings.warn(tx, world.now + 10 * DAY)

    runtime.store.write_sync(warn)
    deliver(runtime)
    [token], [domain] = receiver.of("token.expiring"), receiver.of("domain.expiring")
    assert (token["service"], token["days"]) == ({"id": service.uuid, "name": "Main"}, 30)
    assert (domain["domain"], domain["days"]) == ("example.com", 7)


def test_only_what_was_chosen_is_told(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    add(runtime, world, receiver, "Hook", "device.added", "activity.finished")
    stock, service = world_stock_with_events(world), world.service("Main")
    world.activity("ASSIGN_DEVICES", stock, service)
    deliver(runtime)
    assert sorted(receiver.types) == ["activity.finished", "device.added"]


def world_stock_with_events(world: World) -> list[str]:
    new = serials(2)
    world.store.write_sync(
        lambda tx: by_hand.add(
            tx,
            world.id,
            [Asked(serial) for serial in new],
            where="none",
            actor=ADMIN,
            now=world.now,
            rng=world.rng,
        )
    )
    return new
