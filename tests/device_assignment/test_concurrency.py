"""Several writers at once, as several processes are on PostgreSQL: no consumer misses an operation."""

import random
import threading

from pomona.simulator import mirror
from tests.device_assignment.support import Links
from tests.device_assignment.test_mirror import Consumer
from tests.support.worlds import World, serials


def test_changes_that_commit_while_a_consumer_looks_are_never_skipped(link: Links) -> None:
    first = link()
    consumers = [Consumer(first), Consumer(link.join(first.world, "Second"))]
    services = [consumer.linked.service for consumer in consumers]
    ours = serials(45)
    first.world.arrive(ours)
    problems: list[BaseException] = []

    def write(seed: int) -> None:
        rng = random.Random(seed)
        # A world of its own: activities are told apart by their own randomness, and the organisation is the same.
        world = World(link.runtime.store, f"Writer {seed}")
        world.organization = first.world.organization
        mine = ours[seed::3]
        try:
            for _ in range(12):
                world.now = link.runtime.clock.now()
                some = rng.sample(mine, 6)
                world.activity("ASSIGN_DEVICES", some, rng.choice(services))
                world.activity("UNASSIGN_DEVICES", some[:2])
        except BaseException as problem:  # noqa: BLE001 told by the test's own thread
            problems.append(problem)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    looks = 0
    while any(thread.is_alive() for thread in threads):
        for consumer in consumers:
            consumer.look(3)
            looks += 1
    for thread in threads:
        thread.join()
    assert not problems
    for consumer in consumers:
        consumer.look(100)
        assert consumer.seen() == consumer.registry()
        assert mirror.differences(consumer.mirror, mirror.read_all(consumer.client)[0]) == []
        last = consumer.linked.world.reread(consumer.linked.service).last_operation
        told = operations(link, consumer.linked.service.id)
        assert told == last, "numbers are drawn in commit order and none is lost"
        consumer.http.close()
    assert looks > 2


def operations(link: Links, service_id: int) -> int:
    sql = "SELECT count(*) FROM operation WHERE service_id = $1"
    return int(link.runtime.store.read_sync(lambda tx: tx.value(sql, service_id)))
