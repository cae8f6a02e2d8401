"""A preview says what the activity then does, on both engines."""

from collections import Counter

import pytest

from pomona.catalogue.kinds import Kind
from pomona.registry import previews, results
from pomona.registry.errors import Invalid
from pomona.registry.previews import Preview
from pomona.registry.results import Result
from pomona.registry.services import Service
from pomona.store import Store
from tests.support.worlds import World, serials


def look(world: World, type: str, asked: list[str], service: Service | None = None) -> Preview:
    id = None if service is None else service.id
    return world.store.scan_sync(lambda tx: previews.preview(tx, world.id, type, asked, service_id=id))


def test_counts_are_by_kind_service_and_outcome(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    a, b = world.service("A"), world.service("B")
    phones, macs, theirs, unknown = serials(4), serials(2, seed=2), serials(1, seed=3), serials(1, seed=4)
    world.arrive(phones)
    world.arrive(macs, Kind.MAC)
    other.arrive(theirs)
    world.activity("ASSIGN_DEVICES", phones[:1], a)
    world.activity("ASSIGN_DEVICES", phones[1:2], b)
    seen = look(world, "ASSIGN_DEVICES", [*phones, *macs, *theirs, *unknown, *phones], a)
    assert {(share.kind, share.service_id, share.result, share.count) for share in seen.shares} == {
        (Kind.IPHONE, None, Result.CHANGED, 2),
        (Kind.MAC, None, Result.CHANGED, 2),
        (Kind.IPHONE, b.id, Result.CHANGED, 1),
        (Kind.IPHONE, a.id, Result.ALREADY_ASSIGNED, 1),
        (None, None, Result.DEVICE_NOT_FOUND, 2),
    }
    assert seen.failing == ((theirs[0], Result.DEVICE_NOT_FOUND), (unknown[0], Result.DEVICE_NOT_FOUND))
    assert (seen.total, seen.changing) == (8, 5)
    assert (seen.count(succeeding=True), seen.count(succeeding=False)) == (6, 2)


@pytest.mark.parametrize("type", ["ASSIGN_DEVICES", "UNASSIGN_DEVICES", "RELEASE_DEVICES"])
@pytest.mark.parametrize("of_a_service", [True, False])
def test_the_activity_does_what_was_shown(any_store: Store, type: str, of_a_service: bool) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    ours = world.stock(30)
    world.activity("ASSIGN_DEVICES", ours[:10], a)
    world.activity("ASSIGN_DEVICES", ours[10:15], b)
    asked = [*ours, *serials(3, seed=7)]
    service = a if of_a_service or type == "ASSIGN_DEVICES" else None
    seen = look(world, type, asked, service)
    done = world.activity(type, asked, service)
    happened = Counter(
        row.result for row in any_store.read_sync(lambda tx: results.page(tx, done.id, limit=100))
    )
    shown: Counter[Result] = Counter()
    for share in seen.shares:
        shown[share.result] += share.count
    assert shown == happened


def test_an_unknown_type_is_refused(any_store: Store) -> None:
    with pytest.raises(Invalid, match="no activity"):
        look(World(any_store), "PAINT_DEVICES", serials(1))
