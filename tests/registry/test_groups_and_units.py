"""Units and groups: who is in them, what their rules make of each change, and what cannot be."""

import pytest

from pomona.registry import audit, organizational_units, people, user_groups
from pomona.registry.errors import Duplicate, Forbidden, InUse, Invalid, NotFound
from pomona.registry.people import Person, Status
from pomona.registry.smart_groups import Rule
from pomona.registry.user_groups import Group
from pomona.store import Store
from tests.support.collections import employ, group, join, join_unit, leave_unit, unit
from tests.support.worlds import ADMIN, World


def members(world: World, group: Group) -> list[str]:
    """First names of a group's members, and checks that they are as many as the group says."""
    sql = (
        "SELECT a.first_name FROM user_group_member m JOIN account a ON a.id = m.account_id"
        " WHERE m.group_id = $1 ORDER BY a.id"
    )
    found = [name for (name,) in world.store.read_sync(lambda tx: tx.rows(sql, group.id))]
    assert reread(world, group).member_count == len(found)
    return found


def reread(world: World, group: Group) -> Group:
    return world.store.read_sync(lambda tx: user_groups.get(tx, world.id, group.uuid))


def set_status(world: World, person: Person, status: Status) -> None:
    world.store.write_sync(lambda tx: people.set_status(tx, person, status, actor=ADMIN, now=world.tick()))


def test_everybody_is_in_the_root_with_the_role_of_their_account(any_store: Store) -> None:
    world = World(any_store)
    [root] = any_store.read_sync(lambda tx: organizational_units.of_organization(tx, world.id))
    assert (root.uuid, root.name, root.root) == (world.organization.number, "Example", 1)
    ann, ben = employ(world, "ann", "PEOPLE_MANAGER"), employ(world, "ben")
    sales, north = unit(world, "Sales", ann, ben), unit(world, "North", ann, role="CONTENT_MANAGER")
    found = any_store.read_sync(lambda tx: organizational_units.roles(tx, [ann, ben]))
    assert found == {
        ann.id: [("PEOPLE_MANAGER", root.uuid), ("STAFF", sales.uuid), ("CONTENT_MANAGER", north.uuid)],
        ben.id: [("STAFF", root.uuid), ("STAFF", sales.uuid)],
    }
    join_unit(world, sales, ben, "CONTENT_MANAGER")
    leave_unit(world, sales, ann)
    found = any_store.read_sync(lambda tx: organizational_units.roles(tx, [ann, ben]))
    assert found[ben.id][1:] == [("CONTENT_MANAGER", sales.uuid)]
    assert found[ann.id][1:] == [("CONTENT_MANAGER", north.uuid)]
    assert any_store.read_sync(lambda tx: organizational_units.roles(tx, [])) == {}


def test_what_cannot_be_done_with_units(any_store: Store) -> None:
    world = World(any_store)
    root = any_store.read_sync(lambda tx: organizational_units.root(tx, world.id))
    ann, portal = employ(world, "ann"), employ(world, "root", managed=False)
    sales = unit(world, "Sales")
    with pytest.raises(Duplicate, match="Sales"):
        unit(world, " Sales ")
    for name in ("", "a\x00b", "x" * 129):
        with pytest.raises(Invalid, match="128"):
            unit(world, name)
    with pytest.raises(Forbidden, match="first unit"):
        join_unit(world, root, ann)
    with pytest.raises(Forbidden, match="leave"):
        leave_unit(world, root, ann)
    with pytest.raises(Forbidden, match="deleted"):
        any_store.write_sync(lambda tx: organizational_units.delete(tx, root, actor=ADMIN, now=world.now))
    with pytest.raises(Invalid, match="Managed Apple Account"):
        join_unit(world, sales, portal)
    with pytest.raises(Invalid, match="role"):
        join_unit(world, sales, ann, "KING")
    with pytest.raises(NotFound):
        leave_unit(world, sales, ann)
    with pytest.raises(NotFound):
        any_store.read_sync(lambda tx: organizational_units.find(tx, world.id, "South"))


def test_a_unit_is_changed_and_deleted(any_store: Store) -> None:
    world = World(any_store)
    ann = employ(world, "ann")
    sales = unit(world, "Sales", ann)
    changed = any_store.write_sync(
        lambda tx: organizational_units.update(
            tx, sales, name="Trade", description="Sells", actor=ADMIN, now=world.tick()
        )
    )
    assert (changed.name, changed.description, changed.updated_at) == ("Trade", "Sells", world.now)
    same = any_store.write_sync(
        lambda tx: organizational_units.update(tx, changed, name="Trade", actor=ADMIN, now=world.now)
    )
    assert same.description == "Sells"
    staff = group(world, "Staff", unit=changed)
    with pytest.raises(InUse, match="Staff"):
        any_store.write_sync(lambda tx: organizational_units.delete(tx, changed, actor=ADMIN, now=world.now))
    any_store.write_sync(lambda tx: user_groups.delete(tx, staff, actor=ADMIN, now=world.now))
    smart = group(world, "Sellers", rule=Rule(unit="Trade"))
    with pytest.raises(InUse, match="Sellers"):
        any_store.write_sync(lambda tx: organizational_units.delete(tx, changed, actor=ADMIN, now=world.now))
    any_store.write_sync(lambda tx: user_groups.delete(tx, smart, actor=ADMIN, now=world.now))
    any_store.write_sync(lambda tx: organizational_units.delete(tx, changed, actor=ADMIN, now=world.now))
    found = any_store.read_sync(lambda tx: organizational_units.roles(tx, [ann]))
    assert found[ann.id] == [("STAFF", world.organization.number)]
    events = any_store.read_sync(lambda tx: audit.about(tx, world.id, "UNIT", sales.uuid))
    assert [event.type for event in events] == [
        "UNIT_DELETED", "UNIT_UPDATED", "UNIT_UPDATED", "UNIT_MEMBER_SET", "UNIT_CREATED",
    ]  # fmt: skip


def test_a_standard_group_has_whom_one_puts_in(any_store: Store) -> None:
    world = World(any_store)
    ann, ben = employ(world, "ann"), employ(world, "ben")
    staff = group(world, "Staff", ben, ann, ann)
    assert members(world, staff) == ["Ann", "Ben"]
    any_store.write_sync(lambda tx: user_groups.remove_member(tx, staff, ann, actor=ADMIN, now=world.tick()))
    assert members(world, staff) == ["Ben"]
    assert reread(world, staff).updated_at == world.now
    with pytest.raises(NotFound):
        any_store.write_sync(lambda tx: user_groups.remove_member(tx, staff, ann, actor=ADMIN, now=world.now))
    with pytest.raises(Invalid, match="Managed"):
        join(world, staff, employ(world, "root", managed=False))
    with pytest.raises(Forbidden, match="STANDARD"):
        any_store.write_sync(
            lambda tx: user_groups.update(tx, staff, rule=Rule(roles=("STAFF",)), actor=ADMIN, now=world.now)
        )
    with pytest.raises(Duplicate):
        group(world, "Staff")
    renamed = any_store.write_sync(
        lambda tx: user_groups.update(tx, staff, name="All", actor=ADMIN, now=world.now)
    )
    assert (renamed.name, renamed.member_count) == ("All", 1)
    any_store.write_sync(lambda tx: user_groups.delete(tx, renamed, actor=ADMIN, now=world.now))
    assert any_store.read_sync(lambda tx: user_groups.of_organization(tx, world.id)) == []
    with pytest.raises(NotFound):
        any_store.read_sync(lambda tx: user_groups.find(tx, world.id, "All"))


def test_a_smart_group_follows_every_change(any_store: Store) -> None:
    world = World(any_store)
    employ(world, "ann", "IT_ADMINISTRATOR")
    ben = employ(world, "ben")
    sales, north = unit(world, "Sales", ben), unit(world, "North")
    admins = group(world, "Admins", rule=Rule(roles=("it administrator",)))
    active = group(world, "Active", rule=Rule(statuses=("active",)))
    sellers = group(world, "Sellers", rule=Rule(unit="Sales"))
    leads = group(
        world, "Leads", rule=Rule(roles=("CONTENT_MANAGER",), statuses=("ACTIVE",), unit=sales.uuid)
    )
    first = group(world, "Root staff", rule=Rule(roles=("STAFF",), unit=world.organization.number))
    assert (admins.kind, reread(world, admins).rule) == ("SMART", Rule(roles=("IT_ADMINISTRATOR",)))

    def everything() -> list[list[str]]:
        return [members(world, each) for each in (admins, active, sellers, leads, first)]

    assert everything() == [["Ann"], ["Ann", "Ben"], ["Ben"], [], ["Ben"]]
    cid = employ(world, "cid")
    employ(world, "root", "IT_ADMINISTRATOR", managed=False)
    assert everything() == [["Ann"], ["Ann", "Ben", "Cid"], ["Ben"], [], ["Ben", "Cid"]]
    join_unit(world, sales, cid, "CONTENT_MANAGER")
    join_unit(world, north, ben, "IT_ADMINISTRATOR")
    assert everything() == [["Ann", "Ben"], ["Ann", "Ben", "Cid"], ["Ben", "Cid"], ["Cid"], ["Ben", "Cid"]]
    set_status(world, cid, Status.LOCKED)
    leave_unit(world, sales, ben)
    assert everything() == [["Ann", "Ben"], ["Ann", "Ben"], ["Cid"], [], ["Ben", "Cid"]]
    any_store.write_sync(lambda tx: organizational_units.delete(tx, north, actor=ADMIN, now=world.tick()))
    assert everything() == [["Ann"], ["Ann", "Ben"], ["Cid"], [], ["Ben", "Cid"]]
    any_store.write_sync(
        lambda tx: user_groups.update(tx, admins, rule=Rule(statuses=("LOCKED",)), actor=ADMIN, now=world.now)
    )
    assert members(world, admins) == ["Cid"]


def test_what_cannot_be_a_rule(any_store: Store) -> None:
    world = World(any_store)
    for rule in (
        Rule(),
        Rule(statuses=("GONE",)),
        Rule(roles=("KING",)),
        Rule(unit="Nowhere"),
    ):
        with pytest.raises(Invalid):
            group(world, "Smart", rule=rule)
    assert any_store.read_sync(lambda tx: user_groups.of_organization(tx, world.id)) == []
    ann = employ(world, "ann")
    smart = group(world, "Smart", rule=Rule(roles=("STAFF",)))
    with pytest.raises(Forbidden, match="rule"):
        join(world, smart, ann)
    with pytest.raises(Forbidden, match="rule"):
        any_store.write_sync(lambda tx: user_groups.remove_member(tx, smart, ann, actor=ADMIN, now=world.now))


def test_groups_and_units_of_two_organisations_are_apart(any_store: Store) -> None:
    one, two = World(any_store, "One"), World(any_store, "Two")
    for world in (one, two):
        employ(world, "ann")
        unit(world, "Sales", employ(world, "ben"))
        group(world, "Staff", rule=Rule(roles=("STAFF",)))
        group(world, "Sellers", rule=Rule(unit="Sales"))
    for world in (one, two):
        staff = any_store.read_sync(lambda tx, id=world.id: user_groups.find(tx, id, "Staff"))  # type: ignore[misc]
        sellers = any_store.read_sync(lambda tx, id=world.id: user_groups.find(tx, id, "Sellers"))  # type: ignore[misc]
        assert (members(world, staff), members(world, sellers)) == (["Ann", "Ben"], ["Ben"])
    theirs = any_store.read_sync(lambda tx: organizational_units.find(tx, two.id, "Sales"))
    with pytest.raises(Invalid):
        group(one, "Foreign", rule=Rule(unit=theirs.uuid))


def test_what_was_read_before_overwrites_nothing(any_store: Store) -> None:
    world = World(any_store)
    sales = unit(world, "Sales")
    any_store.write_sync(
        lambda tx: organizational_units.update(tx, sales, name="Trade", actor=ADMIN, now=world.now)
    )
    changed = any_store.write_sync(
        lambda tx: organizational_units.update(tx, sales, description="Sells", actor=ADMIN, now=world.now)
    )
    assert (changed.name, changed.description) == ("Trade", "Sells")
    any_store.write_sync(lambda tx: organizational_units.delete(tx, sales, actor=ADMIN, now=world.now))
    with pytest.raises(NotFound):
        join_unit(world, sales, employ(world, "ann"))
