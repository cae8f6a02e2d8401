"""The operation log's order is commit order, also with several processes over one PostgreSQL.

A consumer that reads by cursor while writers write must see each number once, ascending, and none may appear below its
cursor later on.
"""

import threading
from collections.abc import Callable
from functools import partial

from pomona.keys.randomness import system_rng
from pomona.registry import activities
from pomona.registry.activities import Activity
from pomona.store import Store, Tx, open_store
from tests.support.stores import PROJECTIONS
from tests.support.worlds import ADMIN, World, serials


def test_a_cursor_never_passes_an_operation_that_is_yet_to_come(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    ours = serials(240)
    world.arrive(ours)
    second = _same_database(any_store)
    try:
        seen = _watch_while(any_store, a.id, lambda: _fight(world, [any_store, second], ours, (a.id, b.id)))
    finally:
        second.close()
    last = world.reread(a).last_operation
    assert seen == list(range(1, last + 1))


def _same_database(store: Store) -> Store:
    target = getattr(store.engine, "file", None) or store.engine.dsn  # type: ignore[attr-defined]
    return open_store(target, PROJECTIONS, connections=4)


def _fight(world: World, stores: list[Store], ours: list[str], services: tuple[int, int]) -> None:
    def move(store: Store, worker: str, mine: list[str]) -> None:
        for turn in range(12):
            service_id = services[turn % 2]
            created = store.write_sync(partial(_create, world=world, serials=mine, service_id=service_id))
            store.write_sync(partial(activities.step, activity_id=created.id, worker=worker, now=world.now))

    threads = [
        threading.Thread(target=move, args=(stores[n % 2], f"worker {n}", ours[n::4])) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _create(tx: Tx, world: World, serials: list[str], service_id: int) -> Activity:
    return activities.create(
        tx,
        world.id,
        "ASSIGN_DEVICES",
        serials,
        service_id=service_id,
        actor=ADMIN,
        now=world.now,
        rng=system_rng,
    )


def _watch_while(store: Store, service_id: int, fight: Callable[[], None]) -> list[int]:
    seen: list[int] = []
    over = threading.Event()

    def after_the_last(tx: Tx) -> list[int]:
        sql = "SELECT seq FROM operation WHERE service_id = $1 AND seq > $2 ORDER BY seq"
        return [row[0] for row in tx.rows(sql, service_id, seen[-1] if seen else 0)]

    def watch() -> None:
        ended = False
        while not ended:
            ended = over.is_set()
            seen.extend(store.scan_sync(after_the_last))

    watcher = threading.Thread(target=watch)
    watcher.start()
    fight()
    over.set()
    watcher.join()
    return seen
