"""Devices added by hand: where they go, and the thirty days in which their user may take them out again."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pomona.catalogue.products import find
from pomona.catalogue.records import Record
from pomona.registry import (
    audit,
    by_hand,
    device_history,
    devices,
    leaving,
    manufacturing,
    profile_assignments,
    profiles,
    provisional,
    services,
)
from pomona.registry.by_hand import Answer, Asked, Fate
from pomona.registry.devices import Device
from pomona.registry.errors import Forbidden, Invalid
from pomona.registry.services import Service
from pomona.store import Store, Tx
from tests.support.worlds import ADMIN, NOW, World, serials


def add(
    world: World, ours: Sequence[str | Asked], where: by_hand.Where = "placeholder", **more: Any
) -> list[Answer]:
    asked = [one if isinstance(one, Asked) else Asked(one, "iPhone17,1") for one in ours]
    return world.store.write_sync(
        lambda tx: by_hand.add(
            tx, world.id, asked, where=where, actor=ADMIN, now=world.now, rng=world.rng, **more
        )
    )


def fates(answers: Sequence[Answer]) -> list[str]:
    return [answer.fate.name for answer in answers]


def device(world: World, serial: str) -> Device:
    return world.store.read_sync(lambda tx: devices.get(tx, world.id, serial))


def fetch(world: World, service: Service, serial: str) -> None:
    def work(tx: Tx) -> None:
        profile = profiles.define(
            tx, world.id, service.id, "P", b'{"profile_name":"P"}', actor=ADMIN, now=world.now, rng=world.rng
        )
        profile_assignments.assign(tx, profile, [serial], now=world.now)
        assert profile_assignments.fetched(tx, serial, now=world.now)

    world.store.write_sync(work)


def test_they_wait_in_the_placeholder_service(any_store: Store) -> None:
    world = World(any_store)
    ours = serials(3)
    assert fates(add(world, ours)) == ["ADDED"] * 3
    placeholder = any_store.read_sync(lambda tx: services.find(tx, world.id, services.CONFIGURATOR_SERVICE))
    assert (placeholder.kind, placeholder.device_count) == ("APPLE_CONFIGURATOR", 3)
    device = any_store.read_sync(lambda tx: devices.get(tx, world.id, ours[0]))
    assert (device.source, device.source_id, device.provisional_until) == (
        "MANUALLY_ADDED",
        "CONFIGURATOR",
        None,
    )
    [event] = [
        event
        for event in any_store.read_sync(lambda tx: audit.newest(tx, world.id))
        if event.type == "DEVICE_ADDED_TO_ORG"
    ]
    assert event.after == {"source": "MANUALLY_ADDED", "devices": 3}
    moments = any_store.read_sync(lambda tx: device_history.of_device(tx, device))
    assert [(moment.what, moment.by) for moment in moments if moment.what in ("ADDED", "EVENT")] == [
        ("ADDED", ADMIN.name)
    ]
    add(world, serials(1, seed=2))
    about = any_store.read_sync(lambda tx: audit.about(tx, world.id, "DEVICE", serials(1, seed=2)[0]))
    assert [event.type for event in about] == ["DEVICE_ADDED_TO_ORG"]


def test_or_on_a_service_the_default_or_none(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    world.default("IPHONE", b)
    one, two, three = serials(3)
    add(world, [one], a)
    add(world, [two], "default")
    add(world, [three], "none")
    found = [device(world, serial).service_id for serial in (one, two, three)]
    assert found == [a.id, b.id, None]


def test_one_that_has_an_owner_is_left_alone(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    ours = serials(2)
    other.arrive(ours[:1])
    assert fates(add(world, ours)) == ["TAKEN", "ADDED"]
    assert fates(add(world, ours[1:])) == ["HERE"]


def test_none_at_all_is_refused(any_store: Store) -> None:
    with pytest.raises(Invalid, match="1 to 20,000 devices"):
        add(World(any_store), [])


def test_thirty_days_begin_with_enrolment_and_end(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("A")
    ours = serials(2)
    add(world, ours, service)
    for serial in ours:
        fetch(world, service, serial)
    until = world.now + provisional.PERIOD
    for serial in ours:
        assert device(world, serial).provisional_until == until
    world.tick(provisional.PERIOD - 1)
    leave(world, ours[0])
    assert any_store.read_sync(lambda tx: devices.owned_id(tx, world.id, ours[0])) is None
    assert world.reread(service).device_count == 1
    world.tick(1)
    with pytest.raises(Forbidden, match=r"thirty days .* are over"):
        leave(world, ours[1])


def test_a_device_from_an_order_cannot_leave_by_itself(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("A")
    world.default("IPHONE", service)
    ours = serials(1)
    world.arrive(ours)
    fetch(world, service, ours[0])
    assert any_store.read_sync(lambda tx: devices.get(tx, world.id, ours[0])).provisional_until is None
    with pytest.raises(Forbidden, match="not added by hand"):
        leave(world, ours[0])


def leave(world: World, serial: str) -> None:
    world.store.write_sync(lambda tx: leaving.leave(tx, serial, now=world.now))


def test_each_is_answered_for_itself(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    good, taken, here, hidden = serials(4)
    recorded = serials(1, seed=3)[0]
    other.arrive([taken, hidden])
    world.arrive([here])
    imei = device(other, hidden).imei[0]
    any_store.write_sync(
        lambda tx: manufacturing.load(
            tx, [Record(recorded, find("iPhone17,1"), {"imei": "352099001761481"})], actor=ADMIN, now=NOW
        )
    )
    asked = [
        Asked(f" {good.lower()[:4]} {good.lower()[4:]} ", "iPhone 16 Pro", "AT-7"),
        Asked(good),
        Asked(taken),
        Asked(imei),
        Asked(here),
        Asked("short"),
        Asked("490154203237518"),
        Asked("35 209900 176148 1"),
        Asked(serials(1, seed=4)[0], "iToaster"),
        Asked(serials(1, seed=5)[0], "", "x" * 129),
        Asked("ß" * 8),
    ]
    dry = add(world, asked, "none", dry_run=True)
    assert any_store.read_sync(lambda tx: devices.owned_id(tx, world.id, good)) is None
    answers = add(world, asked, "none")
    assert answers == dry
    assert fates(answers) == [
        "ADDED", "REPEATED", "TAKEN", "TAKEN", "HERE", "INVALID", "UNRESOLVED", "ADDED", "PRODUCT_UNKNOWN",
        "TAG_TOO_LONG", "INVALID",
    ]  # fmt: skip
    assert (answers[2].serial, answers[3].serial, answers[7].serial) == (taken, "", recorded)
    assert all(bool(answer.reason) is (answer.fate is not Fate.ADDED) for answer in answers)
    assert (device(world, good).asset_tag, device(world, good).model) == ("AT-7", "iPhone 16 Pro")
    assert fates(add(world, asked, "none"))[0] == "HERE"


def test_a_strict_catalogue_wants_to_be_told(any_store: Store) -> None:
    world = World(any_store)
    named, unknown = serials(2)
    assert fates(add(world, [Asked(named, "Mac mini"), Asked(unknown)], strict=True)) == [
        "ADDED",
        "NOT_RECORDED",
    ]


def test_one_that_was_released_is_added_back_and_its_days_begin_anew(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("A")
    world.default("IPHONE", service)
    [ours] = serials(1)
    world.arrive([ours])
    world.activity("RELEASE_DEVICES", [ours])
    world.tick()
    assert fates(add(world, [ours])) == ["ADDED"]
    assert device(world, ours).source == "MANUALLY_ADDED"
    world.tick()
    world.activity("ASSIGN_DEVICES", [ours], service)
    assert device(world, ours).provisional_until is None
    fetch(world, service, ours)
    assert device(world, ours).provisional_until == world.now + provisional.PERIOD


def test_a_device_in_the_placeholder_has_no_profile_and_its_days_do_not_begin(any_store: Store) -> None:
    world = World(any_store)
    ours = serials(1)
    add(world, ours)
    placeholder = any_store.read_sync(lambda tx: services.find(tx, world.id, services.CONFIGURATOR_SERVICE))
    with pytest.raises(Forbidden, match="placeholder"):
        fetch(world, placeholder, ours[0])
    any_store.write_sync(lambda tx: provisional.begin(tx, device(world, ours[0]).id, world.now))
    assert device(world, ours[0]).provisional_until is None


def test_two_organisations_that_add_the_same_at_once(any_store: Store) -> None:
    first, second = World(any_store), World(any_store, "Second")
    ours = serials(50)
    begun = threading.Event()

    def slowly(tx: Tx) -> list[Answer]:
        found = by_hand.add(
            tx,
            first.id,
            [Asked(serial) for serial in ours],
            where="none",
            actor=ADMIN,
            now=NOW,
            rng=first.rng,
        )
        begun.set()
        # The other one looks for owners before this is committed.
        time.sleep(0.3)
        return found

    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(any_store.write_sync, slowly)
        assert begun.wait(10)
        quick = threads.submit(add, second, list(reversed(ours)), "none")
        assert fates(slow.result()) == ["ADDED"] * 50
        assert fates(quick.result()) == ["TAKEN"] * 50
