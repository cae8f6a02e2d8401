"""Linked services: names, limits, defaults, and what is built in."""

import pytest

from pomona.catalogue.kinds import Kind
from pomona.registry import services
from pomona.registry.errors import Duplicate, Forbidden, InUse, Invalid, LimitExceeded, NotFound
from pomona.store import Store
from tests.support.worlds import ADMIN, World, serials


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "Unassigned", "reassigned", " REASSIGNED "])
def test_names_that_cannot_be(store: Store, name: str) -> None:
    with pytest.raises(Invalid):
        World(store).service(name)


def test_a_name_is_one_service_s_in_its_organisation(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    main = world.service(" Main ")
    assert main.name == "Main"
    with pytest.raises(Duplicate):
        world.service("Main")
    assert other.service("Main").id != main.id
    second = world.service("Second")
    with pytest.raises(Duplicate):
        any_store.write_sync(lambda tx: services.update(tx, second, name="Main", actor=ADMIN, now=world.now))
    for text in ("Main", main.uuid, main.uuid.lower(), f"{main.uuid[:8]}-{main.uuid[8:]}"):
        assert any_store.read_sync(lambda tx, text=text: services.find(tx, world.id, text)) == main  # type: ignore[misc]
    with pytest.raises(NotFound):
        any_store.read_sync(lambda tx: services.find(tx, other.id, main.uuid))


def test_an_organisation_links_at_most_250_services(store: Store) -> None:
    world = World(store)
    own = len(store.read_sync(lambda tx: services.of_organization(tx, world.id)))
    for number in range(services.MAX_SERVICES - own):
        world.service(f"Service {number}")
    with pytest.raises(LimitExceeded):
        world.service("One too many")


def test_defaults_decide_where_new_devices_go_and_may_be_none(any_store: Store) -> None:
    world = World(any_store)
    main = world.service("Main")
    world.default("MAC", main)
    assert any_store.read_sync(lambda tx: services.default_for(tx, world.id, Kind.MAC)) == main.id
    assert any_store.read_sync(lambda tx: services.default_for(tx, world.id, Kind.IPAD)) is None
    world.default("IPOD", main)
    world.default("MAC", None)
    assert any_store.read_sync(lambda tx: services.defaults(tx, world.id)) == {"IPOD": main.id}
    with pytest.raises(Invalid):
        world.default("TOASTER", main)


def test_what_is_built_in_stays(any_store: Store) -> None:
    world = World(any_store)
    own = any_store.read_sync(lambda tx: services.built_in(tx, world.id))
    with pytest.raises(Forbidden):
        any_store.write_sync(lambda tx: services.update(tx, own, name="Mine", actor=ADMIN, now=world.now))
    with pytest.raises(Forbidden):
        any_store.write_sync(lambda tx: services.delete(tx, own, actor=ADMIN, now=world.now))


def test_a_service_with_devices_is_not_deleted_by_itself(any_store: Store) -> None:
    world = World(any_store)
    main = world.service("Main")
    world.arrive(serials(1))
    world.activity("ASSIGN_DEVICES", serials(1), main)
    with pytest.raises(InUse, match="1 devices"):
        any_store.write_sync(lambda tx: services.delete(tx, main, actor=ADMIN, now=world.now))
    world.activity("UNASSIGN_DEVICES", serials(1))
    any_store.write_sync(lambda tx: services.delete(tx, main, actor=ADMIN, now=world.now))
    with pytest.raises(NotFound):
        world.reread(main)
