"""Tokens that will expire are told of in time, each threshold once."""

import asyncio

from pomona.registry import audit, token_warnings, tokens
from pomona.runtime import Runtime
from pomona.store import Store
from pomona.work.token_warnings import TokenWarner
from tests.registry.test_tokens import issue
from tests.support.worlds import ADMIN, World

DAY = 86_400_000


def warned(world: World) -> list[tuple[str, int]]:
    found = world.store.write_sync(lambda tx: token_warnings.warn(tx, world.now))
    return [(warning.service_name, warning.days) for warning in found]


def test_each_threshold_is_told_once(any_store: Store) -> None:
    world = World(any_store)
    issue(world, world.service("A"))
    world.tick(40 * DAY)
    issue(world, world.service("B"))
    told = []
    for _ in range(400):
        world.tick(DAY)
        told += warned(world)
        assert warned(world) == []
    assert [days for name, days in told if name == "A"] == [60, 30, 14, 7, 1]
    assert [days for name, days in told if name == "B"] == [60, 30, 14, 7, 1]
    events = world.store.read_sync(lambda tx: audit.newest(tx, world.id, limit=20))
    assert [event.after["days"] for event in events if event.type == "SERVICE_TOKEN_EXPIRING"] == [
        days for _, days in reversed(told)
    ]


def test_who_looks_late_is_told_only_how_late_it_is(any_store: Store) -> None:
    world = World(any_store)
    issue(world, world.service("A"))
    world.tick(360 * DAY)
    assert warned(world) == [("A", 7)]


def test_tokens_that_have_ended_are_not_told_of(any_store: Store) -> None:
    world = World(any_store)
    replaced, revoked, expired = (world.service(name) for name in ("A", "B", "C"))
    for service in (replaced, revoked, expired):
        issue(world, service)
    world.tick(350 * DAY)
    issue(world, replaced)
    any_store.write_sync(lambda tx: tokens.revoke(tx, revoked, actor=ADMIN, now=world.now))
    world.tick(20 * DAY)
    assert warned(world) == []


def test_the_worker_looks_once_an_hour_by_the_clock(runtime: Runtime) -> None:
    world = World(runtime.store)
    world.now = runtime.clock.now()
    issue(world, world.service("A"))

    def told() -> int:
        events = runtime.store.read_sync(lambda tx: audit.newest(tx, world.id))
        return sum(event.type == "SERVICE_TOKEN_EXPIRING" for event in events)

    async def look() -> None:
        warner = TokenWarner(runtime)
        assert await warner.look() is False
        runtime.clock.offset = 3_000_000
        await warner.look()
        assert told() == 0
        runtime.clock.offset = 364 * DAY
        await warner.look()
        assert told() == 1
        runtime.clock.offset = 0
        await warner.look()
        assert told() == 1

    asyncio.run(look())
