"""Blueprints and SMART groups against simple models: whatever is done in whatever order, they hold what they should."""

from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.registry import blueprint_contents, blueprint_links, blueprints, people, user_groups
from pomona.registry.blueprint_links import Relation
from pomona.registry.blueprints import Blueprint
from pomona.registry.configuration_profiles import content_of, text_of
from pomona.registry.errors import Invalid, NotFound
from pomona.registry.people import Status
from pomona.registry.smart_groups import Rule
from pomona.store import Store
from tests.support.collections import app, configuration, employ, group, join_unit, leave_unit, package, unit
from tests.support.worlds import ADMIN, World, serials

QUICK = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
SEEN = iter(range(1 << 30))


class Shelf:
    """Three of everything that a blueprint can link, in a world of its own."""

    def __init__(self, store: Store) -> None:
        self.world = world = World(store, f"Shelf {next(SEEN)}")
        self.devices = serials(3, seed=world.id)
        world.arrive(self.devices)
        staff = [employ(world, f"p{n}") for n in range(3)]
        self.groups = [group(world, f"G{n}") for n in range(3)]
        self.ids = {
            Relation.APPS: [app(world, str(n)).adam_id for n in range(3)],
            Relation.CONFIGURATIONS: [configuration(world).uuid for _ in range(3)],
            Relation.PACKAGES: [package(world).uuid for _ in range(3)],
            Relation.ORG_DEVICES: self.devices,
            Relation.USERS: [person.uuid for person in staff],
            Relation.USER_GROUPS: [each.uuid for each in self.groups],
        }

    def make(self) -> Blueprint:
        """A blueprint that names something unknown on both sides."""
        links = {Relation.APPS: ["999"], Relation.USERS: ["nobody"]}
        return self.world.store.write_sync(
            lambda tx: blueprints.create(
                tx, self.world.id, "X", links=links, actor=ADMIN, now=self.world.now, rng=self.world.rng
            )
        )

    def held(self, blueprint: Blueprint) -> dict[Relation, set[str]]:
        """What the registry says that it links."""
        read = partial(self.world.store.read_sync)
        return {
            relation: {
                each.public_id
                for each in read(
                    partial(blueprint_contents.page, blueprint_id=blueprint.id, relation=relation)
                )
            }
            for relation in Relation
        }


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("link", "unlink", "replace", "release", "return", "delete group")),
        st.sampled_from(list(Relation)),
        st.sets(st.integers(0, 2)),
    ),
    max_size=12,
)


@QUICK
@given(steps=STEPS)
def test_a_blueprint_holds_what_a_model_says(
    store: Store, steps: list[tuple[str, Relation, set[int]]]
) -> None:
    shelf = Shelf(store)
    world, made = shelf.world, shelf.make()
    model: dict[Relation, set[str]] = {relation: set() for relation in Relation}
    there = {relation: set(ids) for relation, ids in shelf.ids.items()}
    for what, relation, chosen in steps:
        ids = [shelf.ids[relation][n] for n in sorted(chosen)]
        if what in ("link", "unlink"):
            verb: Any = blueprints.link if what == "link" else blueprints.unlink
            changed = store.write_sync(
                lambda tx, verb=verb, relation=relation, ids=ids: verb(  # type: ignore[misc]
                    tx, made, relation, [*ids, *ids, "unknown"], actor=ADMIN, now=world.tick()
                )
            )
            before = len(model[relation])
            known = set(ids) & there[relation]
            model[relation] = model[relation] | known if what == "link" else model[relation] - known
            assert changed == abs(len(model[relation]) - before)
        elif what == "replace":
            store.write_sync(
                lambda tx, relation=relation, ids=ids: blueprints.update(  # type: ignore[misc]
                    tx, made, links={relation: ids}, actor=ADMIN, now=world.tick()
                )
            )
            model[relation] = set(ids) & there[relation]
        elif what == "release" and chosen:
            gone = [shelf.devices[n] for n in sorted(chosen)]
            world.tick()
            world.activity("RELEASE_DEVICES", gone)
            model[Relation.ORG_DEVICES] -= set(gone)
            there[Relation.ORG_DEVICES] -= set(gone)
        elif what == "return" and chosen:
            back = [shelf.devices[n] for n in sorted(chosen)]
            world.tick()
            world.arrive([serial for serial in back if serial not in there[Relation.ORG_DEVICES]])
            there[Relation.ORG_DEVICES] |= set(back)
        elif what == "delete group":
            for each in [shelf.groups[n] for n in sorted(chosen)]:
                if each.uuid in there[Relation.USER_GROUPS]:
                    store.write_sync(
                        lambda tx, each=each: user_groups.delete(tx, each, actor=ADMIN, now=world.now)  # type: ignore[misc]
                    )
                    there[Relation.USER_GROUPS].discard(each.uuid)
                    model[Relation.USER_GROUPS].discard(each.uuid)
        assert shelf.held(made) == model
        counts = store.read_sync(lambda tx: blueprint_contents.counts(tx, made.id))
        assert list(counts.values()) == [
            len(model[relation]) for relation in blueprint_contents.KINDS.values()
        ]


ROLES, STATES = ("STAFF", "PEOPLE_MANAGER"), ("ACTIVE", "LOCKED")
RULES = st.builds(
    lambda roles, statuses, unit: Rule(tuple(roles), tuple(statuses), unit),
    st.sets(st.sampled_from(ROLES)),
    st.sets(st.sampled_from(STATES)),
    st.sampled_from(("", "Sales", "root")),
).filter(lambda rule: rule != Rule())
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("employ"), st.sampled_from(ROLES), st.booleans()),
        st.tuples(st.sampled_from(("join", "leave", "status")), st.integers(0, 5), st.sampled_from((0, 1))),
    ),
    max_size=12,
)


@QUICK
@given(rule=RULES, changes=CHANGES)
def test_a_smart_group_has_whom_a_model_says(store: Store, rule: Rule, changes: list[Any]) -> None:
    world = World(store, f"Smart {next(SEEN)}")
    sales = unit(world, "Sales")
    root = world.organization.number
    made = group(
        world, "Smart", rule=Rule(rule.roles, rule.statuses, root if rule.unit == "root" else rule.unit)
    )
    everybody: list[dict[str, Any]] = []
    for n, (what, one, other) in enumerate(changes):
        if what == "employ":
            person = employ(world, f"p{n}", one, managed=other)
            everybody.append({"person": person, "roles": {"root": one}, "status": "ACTIVE"})
            continue
        if one >= len(everybody) or not everybody[one]["person"].managed:
            continue
        told = everybody[one]
        if what == "join":
            join_unit(world, sales, told["person"], ROLES[other])
            told["roles"]["Sales"] = ROLES[other]
        elif what == "leave" and told["roles"].pop("Sales", None):
            leave_unit(world, sales, told["person"])
        elif what == "status":
            status, person = Status(STATES[other]), told["person"]
            store.write_sync(
                lambda tx, person=person, status=status: people.set_status(  # type: ignore[misc]
                    tx, person, status, actor=ADMIN, now=world.tick()
                )
            )
            told["status"] = STATES[other]
    expected = [
        told["person"].id
        for told in everybody
        if told["person"].managed
        and (not rule.statuses or told["status"] in rule.statuses)
        and any(
            (not rule.unit or rule.unit == where) and (not rule.roles or role in rule.roles)
            for where, role in told["roles"].items()
        )
    ]
    found = store.read_sync(lambda tx: user_groups.members(tx, made))
    assert [person.id for person in found] == expected
    assert store.read_sync(lambda tx: user_groups.get(tx, world.id, made.uuid)).member_count == len(expected)


def test_what_cannot_be_a_blueprint(any_store: Store) -> None:
    shelf = Shelf(any_store)
    one = {Relation.APPS: ["1"]}
    for name, links in (
        ("X", one),
        ("X", {Relation.USERS: ["1"]}),
        ("X", {}),
        ("", one | {Relation.USERS: ["1"]}),
    ):
        with pytest.raises(Invalid):
            any_store.write_sync(
                lambda tx, name=name, links=links: blueprints.create(  # type: ignore[misc]
                    tx,
                    shelf.world.id,
                    name,
                    links=links,
                    actor=ADMIN,
                    now=shelf.world.now,
                    rng=shelf.world.rng,
                )
            )
    made = shelf.make()
    assert any_store.read_sync(lambda tx: blueprints.of_organization(tx, shelf.world.id)) == [made]
    any_store.write_sync(lambda tx: blueprints.delete(tx, made, actor=ADMIN, now=shelf.world.now))
    for verb in (blueprints.link, blueprints.unlink):
        with pytest.raises(NotFound):
            any_store.write_sync(
                lambda tx, verb=verb: verb(tx, made, Relation.APPS, ["1"], actor=ADMIN, now=shelf.world.now)  # type: ignore[misc]
            )


def test_the_next_blueprint_inherits_nothing(any_store: Store) -> None:
    shelf = Shelf(any_store)
    first = shelf.make()
    any_store.write_sync(
        lambda tx: blueprints.link(tx, first, Relation.APPS, ["1"], actor=ADMIN, now=shelf.world.now)
    )
    any_store.write_sync(lambda tx: blueprints.delete(tx, first, actor=ADMIN, now=shelf.world.now))
    second = shelf.make()
    assert second.id != first.id
    assert any_store.read_sync(lambda tx: blueprint_links.targets(tx, second.id, Relation.APPS)) == []


@given(content=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_a_file_is_kept_to_the_byte(content: bytes) -> None:
    assert content_of(text_of(content)) == content
