"""Whatever happens in the registry, a consumer that knows only the wire ends with exactly what is there.

Devices arrive, move, leave and come back; profiles are assigned, fetched and removed; the consumer looks in between, pages
by odd sizes, stops in the middle of a fetch, uses old cursors again and loses its cursor to time.
"""

import json
import random
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.registry import departures, devices, profile_assignments, profiles, replacements
from pomona.registry.services import Service
from pomona.simulator import mirror
from pomona.simulator.assignment_client import AssignmentClient, open_http
from pomona.simulator.mirror import Mirror
from pomona.simulator.randomness import seeded
from tests.device_assignment.support import Linked, Links, server_token
from tests.support.worlds import ADMIN, serials

PROFILE = {"profile_name": "P", "url": "https://mdm.example/enrol"}


class Consumer:
    """One service's client, its mirror, and every cursor it was ever given."""

    def __init__(self, linked: Linked) -> None:
        self.linked = linked
        self.http = open_http(linked.origin)
        self.client = AssignmentClient(self.http, server_token(linked.issued), seeded(linked.service.uuid))
        self.mirror = Mirror()
        self.cursors: list[str] = []
        self.profiles = [self.client.define_profile(PROFILE) for _ in range(2)]
        self.halted: tuple[list[dict[str, Any]], str] | None = None

    def look(self, limit: int) -> None:
        """Brings the mirror up to date."""
        mirror.update(self.mirror, self.client, limit=limit)
        assert self.mirror.cursor is not None
        self.cursors.append(self.mirror.cursor)

    def replay(self, at: int) -> None:
        """Applies everything since an old cursor once more."""
        if self.cursors:
            old = Mirror(self.mirror.devices, self.cursors[at % len(self.cursors)], self.mirror.dates)
            mirror.update(old, self.client, limit=3)
            self.mirror.devices, self.mirror.dates = old.devices, old.dates

    def begin_fetch(self, limit: int) -> None:
        """Reads the first page of a fetch and leaves it at that; or the next page of one that was begun."""
        records, cursor = self.halted or ([], "")
        answer = self.client.fetch(cursor or None, limit)
        records = records + answer["devices"]
        if answer["more_to_follow"]:
            self.halted = (records, answer["cursor"])
        else:
            self.mirror.replace(records, answer["cursor"])
            self.halted = None

    def registry(self) -> dict[str, tuple[str, str | None]]:
        """What is on the service in truth."""
        linked = self.linked
        found = {}

        def read(tx: Any) -> None:
            rows = tx.rows("SELECT device_id FROM device_state WHERE service_id = $1", linked.service.id)
            for device in devices.by_ids(tx, [id for (id,) in rows]):
                uuid = None if device.profile_id is None else profiles.by_id(tx, device.profile_id).uuid
                found[device.serial] = (device.profile_status, uuid)

        linked.runtime.store.read_sync(read)
        return found

    def seen(self) -> dict[str, tuple[str, str | None]]:
        """What the mirror says."""
        return {
            serial: (record["profile_status"], record.get("profile_uuid"))
            for serial, record in self.mirror.devices.items()
        }


def rebuilt(linked: Linked) -> None:
    """Every kept text is what its rows say."""

    def compare(tx: Any) -> None:
        rows = tx.rows(
            "SELECT s.device_id, s.da, s.da_v1, r.facts, r.base, p.da_v7 FROM device_state s"
            " JOIN assignment_record r ON r.device_id = s.device_id JOIN device d ON d.id = s.device_id"
            " JOIN product p ON p.id = d.product_id WHERE s.device_id BETWEEN $1 AND $2",
            *(devices.first_number(linked.world.id), devices.last_number(linked.world.id)),
        )
        for id, state, old_state, facts, base, product in rows:
            device = devices.by_id(tx, id)
            assert (state, old_state) == (encoded_state(tx, device), None)
            assert facts[:base] == f'{{"serial_number":"{device.serial}"{product}'
            replaced = replacements.of_device(tx, id) is not None
            assert json.loads(facts + "}")["is_replacement_device"] is replaced

    linked.runtime.store.read_sync(compare)


def encoded_state(tx: Any, device: devices.Device) -> str:
    if device.service_id is None or device.assigned_at is None:
        return ""
    profile = None if device.profile_id is None else profiles.by_id(tx, device.profile_id).uuid
    state: str = tx.projections.assignment.state(
        device.assigned_by, device.assigned_at, status=device.profile_status, profile=profile,
        profile_assigned_at=device.profile_assigned_at, pushed_at=device.profile_pushed_at,
    )  # fmt: skip
    return state


class Play:
    """An organisation with two services and everything that can happen to its devices, chosen by a seed."""

    def __init__(self, link: Links, seed: int) -> None:
        self.rng = random.Random(seed)
        first = link(f"Organisation {seed}", "A")
        self.world, self.runtime = first.world, first.runtime
        self.consumers = [Consumer(first), Consumer(link.join(self.world, "B"))]
        self.stock = serials(12, seed=seed)
        self.world.default("IPHONE", first.service)
        self.actions: dict[str, tuple[int, Callable[[], object]]] = {
            "arrive": (4, lambda: self.world.arrive(self.some())),
            "assign": (8, lambda: self.activity("ASSIGN_DEVICES", self.one().linked.service)),
            "unassign": (3, lambda: self.activity("UNASSIGN_DEVICES")),
            "release": (1, lambda: self.activity("RELEASE_DEVICES")),
            "leave": (1, self.leave),
            "replace": (2, self.replace),
            "profile": (5, self.assign_profile),
            "remove": (3, lambda: self.one().client.remove_profile(self.some())),
            "device": (3, self.device_fetches),
            "look": (8, lambda: self.one().look(self.rng.randint(1, 7))),
            "replay": (3, lambda: self.one().replay(self.rng.randrange(1000))),
            "page": (4, lambda: self.one().begin_fetch(self.rng.randint(1, 4))),
        }

    def run(self, steps: int) -> None:
        """So many things happen, then every mirror must be right."""
        weights = [weight for weight, _ in self.actions.values()]
        for name in self.rng.choices(list(self.actions), weights, k=steps):
            self.world.now = self.runtime.clock.now()
            self.actions[name][1]()
        for consumer in self.consumers:
            while consumer.halted:
                consumer.begin_fetch(3)
            consumer.look(5)
            assert consumer.seen() == consumer.registry()
            records, _ = mirror.read_all(consumer.client, limit=2)
            assert mirror.differences(consumer.mirror, records) == []
            rebuilt(consumer.linked)
            consumer.http.close()

    def one(self) -> Consumer:
        return self.rng.choice(self.consumers)

    def some(self) -> list[str]:
        return self.rng.sample(self.stock, self.rng.randint(1, 6))

    def activity(self, type: str, service: Service | None = None) -> None:
        self.world.activity(type, self.some(), service)

    def owned(self, serial: str) -> int | None:
        return self.world.store.read_sync(lambda tx: devices.owned_id(tx, self.world.id, serial))

    def leave(self) -> None:
        ids = [id for serial in self.some() if (id := self.owned(serial)) is not None]
        now = self.world.now
        self.world.store.write_sync(lambda tx: departures.leave(tx, sorted(ids), actor=ADMIN, now=now))

    def replace(self) -> None:
        old = self.rng.choice(self.stock)
        unit = infer(self.stock[-1][:-1] + self.rng.choice("23456789"), kind=Kind.IPHONE)
        if self.owned(old) is not None and self.owned(unit.serial) is None:
            world = self.world
            world.store.write_sync(
                lambda tx: replacements.replace(tx, world.id, old, unit, actor=ADMIN, now=world.now)
            )
            self.stock.append(unit.serial)

    def device_fetches(self) -> None:
        serial, now = self.rng.choice(self.stock), self.world.now
        self.world.store.write_sync(lambda tx: profile_assignments.fetched(tx, serial, now=now))

    def assign_profile(self) -> None:
        consumer = self.one()
        consumer.client.assign_profile(self.rng.choice(consumer.profiles), self.some())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), steps=st.integers(5, 60))
def test_a_mirror_that_only_knows_the_wire_ends_equal(link: Links, seed: int, steps: int) -> None:
    Play(link, seed).run(steps)


def test_a_cursor_lost_to_time_costs_a_full_fetch_and_nothing_else(link: Links) -> None:
    linked = link()
    consumer = Consumer(linked)
    ours = serials(6)
    linked.world.arrive(ours)
    linked.world.activity("ASSIGN_DEVICES", ours[:4], linked.service)
    consumer.look(2)
    link.runtime.clock.offset = 8 * 86_400_000
    linked.world.now = link.runtime.clock.now()
    linked.world.activity("ASSIGN_DEVICES", ours[4:], linked.service)
    linked.world.activity("UNASSIGN_DEVICES", ours[:2], linked.service)
    update = mirror.update(consumer.mirror, consumer.client, limit=2)
    assert update.fetched
    assert (sorted(update.added), sorted(update.deleted)) == (sorted(ours[4:]), sorted(ours[:2]))
    assert consumer.seen() == consumer.registry()
    consumer.http.close()
