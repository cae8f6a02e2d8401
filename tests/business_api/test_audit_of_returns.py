"""Audit events of what brings devices back, and of releases that are put off. On both engines."""

from typing import Any

import pytest

from pomona.formats.times import iso_millis
from pomona.registry import activities, releases
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, start
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World, serials

DAY = 86_400_000


@pytest.fixture
def client(world: World, runtime: Runtime, serve: Serve, connect: Connect) -> Client:
    """A client of a server that does no activities: here the test does, in its own time."""
    return connect(world, start(runtime, serve, working=False))


def told(client: Client, world: World) -> list[tuple[str, str, str | None]]:
    """Type, serial and target of each event about a device, oldest first."""
    span = {
        "filter[startTimestamp]": iso_millis(world.now - 10 * DAY),
        "filter[endTimestamp]": iso_millis(world.now + 10 * DAY),
    }
    found: list[dict[str, Any]] = client.get("auditEvents", **span).json()["data"]
    events = []
    for event in reversed([each["attributes"] for each in found]):
        own = event[event["eventDataPropertyKey"]]
        if "serialNumber" in own:
            events.append((event["type"], own["serialNumber"], own.get("targetServerName")))
    return events


def test_undoing_and_cancelling_tell_where_each_device_went(client: Client, world: World) -> None:
    a, b = world.service("A"), world.service("B")
    one, two = ours = sorted(serials(2))
    world.arrive(ours)
    world.set_up(a, [one])
    world.tick()
    mistake = world.activity("ASSIGN_DEVICES", ours, b)
    world.tick()
    world.undo(mistake)
    before = len(told(client, world))
    world.tick()
    world.activity("ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", [one], b, deadline=world.now + DAY)
    world.tick()
    world.activity("UPDATE_MDM_MIGRATION_DEADLINE", [one], deadline=world.now + 2 * DAY)
    world.tick()
    world.activity("CANCEL_MDM_MIGRATION", [one])
    events = told(client, world)
    assert sorted(events[before - 2 : before]) == [
        ("DEVICE_ASSIGNED_TO_SERVER", one, "A"),
        ("DEVICE_UNASSIGNED_FROM_SERVER", two, None),
    ]
    assert events[before:] == [
        ("DEVICE_ASSIGNED_TO_SERVER", one, "B"),
        ("DEVICE_ASSIGNED_TO_SERVER", one, "A"),
    ]


def test_a_release_is_told_when_it_is_final(client: Client, world: World) -> None:
    store = world.store
    store.write_sync(lambda tx: releases.set_grace(tx, world.id, 1, actor=ADMIN, now=world.now))
    one, two = ours = sorted(serials(2))
    world.arrive(ours)
    world.activity("RELEASE_DEVICES", ours)
    world.activity("KEEP_DEVICES", [one])
    assert [event for event in told(client, world) if event[0] == "DEVICE_REMOVED_FROM_ORG"] == []
    world.tick(3_600_000)
    [id] = store.read_sync(lambda tx: activities.unfinished(tx, world.now))
    final = store.write_sync(lambda tx: activities.finishing(tx, id, now=world.now, rng=world.rng))
    assert final is not None
    world.work(final)
    removed = [event for event in told(client, world) if event[0] == "DEVICE_REMOVED_FROM_ORG"]
    assert removed == [("DEVICE_REMOVED_FROM_ORG", two, None)]
