"""Whatever happens in the registry, a consumer that knows only the wire ends with exactly what is there.

Devices arrive, move, leave and come back; profiles are assigned, fetched and removed; the consumer looks in between, pages
by odd sizes, stops in the middle of a fetch, uses old cursors again and loses its cursor to time.
"""

import random
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.registry import departures, devices, organizations, profile_assignments, profiles
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


def play(link: Links, seed: int, steps: int) -> None:
    rng = random.Random(seed)
    first = link(f"Organisation {seed}", "A")
    world, runtime = first.world, first.runtime
    consumers = [Consumer(first), Consumer(link.join(world, "B"))]
    stock = serials(12, seed=seed)
    world.default("IPHONE", consumers[0].linked.service)

    def some() -> list[str]:
        return rng.sample(stock, rng.randint(1, 6))

    def leave() -> None:
        ids = [id for serial in some() if (id := owned(serial)) is not None]
        world.store.write_sync(lambda tx: departures.leave(tx, sorted(ids), actor=ADMIN, now=world.now))

    def owned(serial: str) -> int | None:
        return world.store.read_sync(lambda tx: devices.owned_id(tx, world.id, serial))

    def device_fetches() -> None:
        serial = rng.choice(stock)
        world.store.write_sync(lambda tx: profile_assignments.fetched(tx, serial, now=world.now))

    def assign_profile() -> None:
        consumer = rng.choice(consumers)
        consumer.client.assign_profile(rng.choice(consumer.profiles), some())

    actions: dict[str, Callable[[], object]] = {
        "arrive": lambda: world.arrive(some()),
        "assign": lambda: world.activity("ASSIGN_DEVICES", some(), rng.choice(consumers).linked.service),
        "unassign": lambda: world.activity("UNASSIGN_DEVICES", some()),
        "release": lambda: world.activity("RELEASE_DEVICES", some()[:2]),
        "leave": leave,
        "profile": assign_profile,
        "remove": lambda: rng.choice(consumers).client.remove_profile(some()),
        "device": device_fetches,
        "look": lambda: rng.choice(consumers).look(rng.randint(1, 7)),
        "replay": lambda: rng.choice(consumers).replay(rng.randrange(1000)),
        "page": lambda: rng.choice(consumers).begin_fetch(rng.randint(1, 4)),
    }
    weights = [4, 8, 3, 1, 1, 5, 3, 3, 8, 3, 4]
    for name in rng.choices(list(actions), weights, k=steps):
        world.now = runtime.clock.now()
        actions[name]()
    for consumer in consumers:
        while consumer.halted:
            consumer.begin_fetch(3)
        consumer.look(5)
        assert consumer.seen() == consumer.registry()
        records, _ = mirror.read_all(consumer.client, limit=2)
        assert mirror.differences(consumer.mirror, records) == []
        consumer.http.close()
    assert not world.store.read_sync(lambda tx: organizations.get(tx, world.id)).terms_pending


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), steps=st.integers(5, 60))
def test_a_mirror_that_only_knows_the_wire_ends_equal(link: Links, seed: int, steps: int) -> None:
    play(link, seed, steps)


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
