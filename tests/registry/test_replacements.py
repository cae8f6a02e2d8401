"""A unit takes the place of a repaired one: what goes over to it, and what becomes of the order and the old one."""

import pytest

from pomona.catalogue.kinds import Kind
from pomona.catalogue.products import find
from pomona.catalogue.records import Record
from pomona.registry import by_hand, manufacturing, profile_assignments, profiles, provisional, replacements
from pomona.registry.by_hand import Asked
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.store import Store, Tx
from tests.support.supply import Reseller, counted, device, document, link, problems
from tests.support.worlds import ADMIN, NOW, World, serials


def replace(world: World, old: str, unit: str, product: str = "", *, strict: bool = False) -> None:
    def work(tx: Tx) -> None:
        facts = replacements.unit_facts(tx, world.id, old, unit, product, strict=strict)
        replacements.replace(tx, world.id, old, facts, actor=ADMIN, now=world.tick())

    world.store.write_sync(work)


def test_the_order_knows_that_its_device_left_and_the_unit_stays_where_it_was(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    service = world.service("Main")
    link(world, "16FCE4A0")
    old, other, unit = serials(3)
    reseller.send(
        document("A", world.organization.number, [old, other], tags=["AT-1", None], products=["Mac16,12"] * 2)
    )
    world.activity("ASSIGN_DEVICES", [old], service)
    replace(world, old, unit)
    new, gone = device(world, unit), device(world, old)
    assert (new.service_id, new.asset_tag, new.product_type, new.inferred) == (
        service.id,
        "AT-1",
        "Mac16,12",
        False,
    )
    assert (new.source, new.source_id, new.order_number) == ("RESELLER", "16FCE4A0", None)
    assert (gone.service_id, gone.released_at, gone.released_by) == (
        None,
        world.now,
        replacements.RELEASED_BY,
    )
    assert world.reread(service).device_count == 1
    assert reseller.states("A") == {old: "RELEASED", other: "LIVE"}
    counted(any_store)
    made = any_store.read_sync(lambda tx: replacements.of_device(tx, new.id))
    assert made is not None
    assert (made.original_serial, made.replaced_at) == (old, world.now)
    assert any_store.read_sync(lambda tx: replacements.replaced_by(tx, gone.id)) == unit
    assert any_store.read_sync(lambda tx: replacements.replaced_by(tx, new.id)) is None
    # The supplier never had the unit in its order.
    fates = reseller.send(document("A-RE", world.organization.number, [unit], type="RE"))
    assert problems(fates) == {unit: "NOT_LOCATED"}


def test_what_the_unit_is(any_store: Store) -> None:
    world = World(any_store)
    named, recorded, guessed, old, told = serials(5)
    world.arrive([old], Kind.MAC)
    load = [Record(recorded, find("Mac mini"), {})]
    any_store.write_sync(lambda tx: manufacturing.load(tx, load, actor=ADMIN, now=NOW))

    def facts(unit: str, product: str = "", strict: bool = False) -> tuple[str, bool]:
        found = any_store.read_sync(
            lambda tx: replacements.unit_facts(tx, world.id, old, unit, product, strict=strict)
        )
        return found.product.part_number, found.inferred

    assert facts(named, "iPhone 16") == (find("iPhone 16").part_number, False)
    assert facts(recorded, "", True) == (find("Mac mini").part_number, False)
    assert facts(guessed) == (device(world, old).part_number, True)
    with pytest.raises(Invalid, match="strict"):
        facts(guessed, "", True)
    with pytest.raises(Invalid, match="No product is called 'iToaster'"):
        facts(guessed, "iToaster")
    with pytest.raises(NotFound):
        any_store.read_sync(lambda tx: replacements.unit_facts(tx, world.id, told, guessed))


def test_the_rest_of_the_thirty_days_goes_over(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("Main")
    old, unit = serials(2)

    def enrol(tx: Tx) -> None:
        by_hand.add(tx, world.id, [Asked(old)], where=service, actor=ADMIN, now=world.now, rng=world.rng)
        profile = profiles.define(
            tx, world.id, service.id, "P", b'{"profile_name":"P"}', actor=ADMIN, now=world.now, rng=world.rng
        )
        profile_assignments.assign(tx, profile, [old], now=world.now)
        profile_assignments.fetched(tx, old, now=world.now)

    any_store.write_sync(enrol)
    until = world.now + provisional.PERIOD
    world.tick(1_000_000)
    replace(world, old, unit)
    assert (device(world, unit).source, device(world, unit).provisional_until) == ("MANUALLY_ADDED", until)


def test_a_unit_that_somebody_has_is_refused_and_nothing_changes(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    old, theirs, unit = serials(3)
    world.arrive([old])
    other.arrive([theirs])
    with pytest.raises(Duplicate, match="has an owner"):
        replace(world, old, theirs)
    assert device(world, old).released_at is None
    replace(world, old, unit)
    with pytest.raises(NotFound):
        replace(world, old, serials(1, seed=9)[0])
    # What was sent in may be repaired after all and come to somebody else.
    other.arrive([old])
    assert device(other, old).released_at is None
