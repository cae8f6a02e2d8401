"""Domains that nobody verified are told of before their proof runs out, each threshold once."""

from pomona.registry import audit, domain_warnings, domains
from pomona.store import Store
from tests.support.worlds import ADMIN, World

DAY = 86_400_000


def add(world: World, name: str) -> None:
    world.store.write_sync(
        lambda tx: domains.add(tx, world.id, name, actor=ADMIN, now=world.now, rng=world.rng)
    )


def warned(world: World) -> list[tuple[int, str, int]]:
    found = world.store.write_sync(lambda tx: domain_warnings.warn(tx, world.now))
    return [(warning.organization_id, warning.name, warning.days) for warning in found]


def test_each_threshold_is_told_once_for_each_proof(any_store: Store) -> None:
    world = World(any_store)
    for proof in range(2):
        add(world, "example.com")
        told = []
        for _ in range(15):
            world.tick(DAY)
            told += warned(world)
            assert warned(world) == []
        assert told == [(world.id, "example.com", 7), (world.id, "example.com", 1)], proof
    events = world.store.read_sync(lambda tx: audit.about(tx, world.id, "DOMAIN", "example.com"))
    assert [event.after["days"] for event in events if event.type == "DOMAIN_PROOF_EXPIRING"] == [1, 7, 1, 7]


def test_verified_domains_need_no_warning(any_store: Store) -> None:
    world = World(any_store)
    add(world, "example.com")
    any_store.write_sync(lambda tx: domains.vouch(tx, world.id, "example.com", actor=ADMIN, now=world.now))
    world.tick(13 * DAY)
    assert warned(world) == []
