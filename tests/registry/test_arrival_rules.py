"""Rules for arriving devices: the first that matches decides, as a model that shares no code with the registry says."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.catalogue.products import all_products, find
from pomona.registry import (
    arrival_matching,
    arrival_rules,
    arrival_words,
    arrivals,
    audit,
    by_hand,
    organizational_units,
    services,
    supplier_units,
)
from pomona.registry.arrival_conditions import Coming, Conditions
from pomona.registry.arrival_matching import Matcher
from pomona.registry.arrival_rules import Rule, Target
from pomona.registry.arrivals import Arrival, Origin
from pomona.registry.by_hand import Asked
from pomona.registry.errors import Duplicate, Invalid, LimitExceeded, NotFound
from pomona.registry.services import Service
from pomona.store import Store, Tx, open_store
from tests.support.stores import PROJECTIONS
from tests.support.supply import Reseller, device, document, link
from tests.support.worlds import ADMIN, World, serials


def make(world: World, name: str, target: Target, place: int | None = None, **asked: Any) -> Rule:
    return world.store.write_sync(
        lambda tx: arrival_rules.create(
            tx,
            world.id,
            name,
            Conditions(**asked),
            target,
            place=place,
            actor=ADMIN,
            now=world.now,
            rng=world.rng,
        )
    )


def change(world: World, rule: Rule, **changes: Any) -> Rule:
    return world.store.write_sync(
        lambda tx: arrival_rules.update(tx, rule, actor=ADMIN, now=world.tick(), **changes)
    )


def names(world: World) -> list[str]:
    rules = world.store.read_sync(lambda tx: arrival_rules.of_organization(tx, world.id))
    assert [rule.place for rule in rules] == list(range(1, len(rules) + 1))
    return [rule.name for rule in rules]


def caught(world: World) -> list[tuple[str | None, int, int, int]]:
    def work(tx: Tx) -> list[tuple[str | None, int, int, int]]:
        rules = arrival_rules.of_organization(tx, world.id)
        found = arrival_matching.caught(tx, world.id, rules, world.now - 30 * 86_400_000)
        return [(each.rule.name if each.rule else None, each.here, each.recent, each.there) for each in found]

    return world.store.scan_sync(work)


def test_the_first_that_matches_decides_and_else_the_default(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    link(world, "16FCE4A0")
    a, b, c = world.service("A"), world.service("B"), world.service("C")
    world.default("IPHONE", c)
    world.default("MAC", c)
    make(world, "sales order", a, order="sales-")
    make(world, "new phones", b, product_type="iPhone17")
    make(world, "macs stay", "unassigned", kind=int(Kind.MAC))
    phone, old, mac, ipad, sold = serials(5)
    reseller.send(
        document("B-1", world.organization.number, [phone, old, mac, ipad],
                 products=["iPhone17,1", "iPhone14,5", "Mac16,12", "iPad16,3"]),
        document("SALES-7", world.organization.number, [sold], products=["Mac16,12"]),
    )  # fmt: skip
    assert [device(world, serial).service_id for serial in (phone, old, mac, ipad, sold)] == [
        b.id, c.id, None, None, a.id,
    ]  # fmt: skip
    assert [world.reread(each).device_count for each in (a, b, c)] == [1, 1, 1]


def test_where_it_comes_from(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    make(world, "by hand", a, source="MANUALLY_ADDED")
    make(world, "this reseller", b, source="RESELLER", supplier="16FCE4A0")
    make(world, "our number", a, source="APPLE", supplier="0012345")
    one, two, three, four, five = serials(5)

    def work(tx: Tx) -> None:
        by_hand.add(tx, world.id, [Asked(one)], where="default", actor=ADMIN, now=world.now, rng=world.rng)
        by_hand.add(tx, world.id, [Asked(two)], where="none", actor=ADMIN, now=world.now, rng=world.rng)
        arrivals.arrive(tx, Origin(world.id, "RESELLER", "16FCE4A0"), [Arrival(infer(three))], now=world.now)
        arrivals.arrive(tx, Origin(world.id, "RESELLER", "OTHER"), [Arrival(infer(four))], now=world.now)
        arrivals.arrive(tx, Origin(world.id, "APPLE", "12345"), [Arrival(infer(five))], now=world.now)

    any_store.write_sync(work)
    assert [device(world, serial).service_id for serial in (one, two, three, four, five)] == [
        a.id, None, b.id, None, a.id,
    ]  # fmt: skip


def test_the_unit_that_a_supplier_delivers_to(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("Berlin's server")
    link(world, "16FCE4A0")
    unit = any_store.write_sync(
        lambda tx: organizational_units.create(
            tx, world.id, "Berlin", actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    make(world, "Berlin", service, unit=unit.uuid)
    before, during, after = serials(3)
    world.arrive([before])

    def choose(chosen: organizational_units.Unit | None) -> None:
        any_store.write_sync(
            lambda tx: supplier_units.choose(
                tx, world.id, "RESELLER", "16fce4a0", chosen, actor=ADMIN, now=world.now
            )
        )

    choose(unit)
    world.arrive([during])
    assert caught(world)[0] == ("Berlin", 2, 2, 1)
    [rule] = any_store.read_sync(lambda tx: arrival_rules.of_organization(tx, world.id))
    words = any_store.read_sync(lambda tx: arrival_words.conditions(tx, world.id, rule.conditions))
    assert words == ["for the unit Berlin"]
    choose(None)
    world.arrive([after])
    assert [device(world, serial).service_id for serial in (before, during, after)] == [
        None,
        service.id,
        None,
    ]
    choose(unit)
    any_store.write_sync(lambda tx: organizational_units.delete(tx, unit, actor=ADMIN, now=world.now))
    assert caught(world)[0][1] == 0
    with pytest.raises(NotFound):
        any_store.write_sync(
            lambda tx: supplier_units.choose(
                tx, world.id, "RESELLER", "OTHER", None, actor=ADMIN, now=world.now
            )
        )


def test_they_are_kept_in_order(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("A")
    for name in ("one", "two", "three"):
        make(world, name, service)
    make(world, "first", service, place=1)
    assert names(world) == ["first", "one", "two", "three"]
    three = any_store.read_sync(lambda tx: arrival_rules.get(tx, world.id, "three"))

    def move(place: int) -> None:
        any_store.write_sync(lambda tx: arrival_rules.move(tx, three, place, actor=ADMIN, now=world.now))

    move(2)
    assert names(world) == ["first", "three", "one", "two"]
    move(99)
    assert names(world) == ["first", "one", "two", "three"]
    move(0)
    assert names(world) == ["three", "first", "one", "two"]
    any_store.write_sync(lambda tx: arrival_rules.remove(tx, three, actor=ADMIN, now=world.now))
    assert names(world) == ["first", "one", "two"]
    events = Counter(event.type for event in any_store.read_sync(lambda tx: audit.newest(tx, world.id)))
    assert events["ARRIVAL_RULE_CREATED"] == 4
    assert events["ARRIVAL_RULE_MOVED"] == 3
    assert events["ARRIVAL_RULE_DELETED"] == 1


def test_what_cannot_be_is_refused(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(any_store)
    service = world.service("A")
    rule = make(world, "one", service)
    placeholder = any_store.write_sync(
        lambda tx: services.configurator(tx, world.id, now=world.now, rng=world.rng)
    )
    with pytest.raises(Duplicate, match="'one' exists"):
        make(world, " one ", service)
    with pytest.raises(Invalid, match="1 to 128"):
        make(world, "", service)
    with pytest.raises(Invalid, match="placeholder"):
        make(world, "two", placeholder)
    for asked in ({"source": "THEFT"}, {"kind": 9}, {"order": "x" * 101}, {"supplier": "a\nb"}):
        with pytest.raises(Invalid):
            make(world, "two", service, **asked)
    with pytest.raises(NotFound, match="no rule"):
        any_store.read_sync(lambda tx: arrival_rules.get(tx, World(any_store, "Other").id, rule.uuid))
    monkeypatch.setattr(arrival_rules, "MOST", 1)
    with pytest.raises(LimitExceeded, match="may have 1"):
        make(world, "two", service)
    assert names(world) == ["one"]


def test_a_disabled_rule_and_one_whose_service_is_gone_decide_nothing(any_store: Store) -> None:
    world = World(any_store)
    a, b = world.service("A"), world.service("B")
    rule = make(world, "all", a)
    change(world, rule, enabled=False)
    one, two, three, four = serials(4)
    world.arrive([one])
    rule = change(world, rule, enabled=True)
    world.arrive([two])
    world.activity("UNASSIGN_DEVICES", [two])
    any_store.write_sync(lambda tx: services.delete(tx, world.reread(a), actor=ADMIN, now=world.tick()))
    world.arrive([three])
    [gone] = any_store.read_sync(lambda tx: arrival_rules.of_organization(tx, world.id))
    assert (gone.works, gone.enabled, gone.service_id) == (False, False, None)
    with pytest.raises(Invalid, match="is gone"):
        change(world, gone, enabled=True)
    change(world, gone, target=b, enabled=True)
    world.arrive([four])
    assert [device(world, serial).service_id for serial in (one, three, four)] == [None, None, b.id]


def test_what_each_would_have_caught_and_sending_it_there(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    a, b = world.service("A"), world.service("B")
    long_ago, macs, phones = serials(2), serials(3, seed=2), serials(4, seed=3)
    world.arrive(long_ago, Kind.MAC)
    world.tick(40 * 86_400_000)
    world.arrive(macs, Kind.MAC)
    world.arrive(phones)
    other.arrive(serials(2, seed=4), Kind.MAC)
    world.activity("ASSIGN_DEVICES", [macs[0]], b)
    world.activity("ASSIGN_DEVICES", [macs[1]], a)
    world.activity("RELEASE_DEVICES", [phones[0]])
    rule = make(world, "macs", a, kind=int(Kind.MAC))
    every = make(world, "all", "unassigned")
    assert caught(world) == [("macs", 5, 3, 1), ("all", 3, 3, 3), (None, 0, 0, 0)]

    def of(wanted: Rule, *, only_waiting: bool = False) -> list[str]:
        return any_store.scan_sync(
            lambda tx: arrival_matching.serials(
                tx, world.id, [rule, every], wanted, only_waiting=only_waiting
            )
        )

    assert of(rule) == [*long_ago, *macs]
    assert of(rule, only_waiting=True) == [*long_ago, macs[2]]
    assert sorted(of(every)) == sorted(phones[1:])
    done = world.activity("ASSIGN_DEVICES", of(rule, only_waiting=True), a)
    assert (done.succeeded, done.failed) == (3, 0)
    assert caught(world)[0] == ("macs", 5, 3, 4)
    make(world, "nothing", a, supplier="NOBODY", place=1)
    assert caught(world)[0] == ("nothing", 0, 0, 0)
    nothing = any_store.read_sync(lambda tx: arrival_rules.get(tx, world.id, "nothing"))
    assert any_store.scan_sync(
        lambda tx: arrival_matching.serials(tx, world.id, [nothing, rule], nothing, only_waiting=False)
    ) == []  # fmt: skip


def test_every_change_is_told_with_what_was_before(any_store: Store) -> None:
    world = World(any_store)
    a = world.service("A")
    rule = make(world, "one", "unassigned", order="X")
    change(world, rule, name="two", target=a, conditions=Conditions(kind=1))
    about = any_store.read_sync(lambda tx: audit.about(tx, world.id, "ARRIVAL_RULE", rule.uuid))
    assert [event.type for event in about] == ["ARRIVAL_RULE_UPDATED", "ARRIVAL_RULE_CREATED"]
    assert about[0].before == {
        "name": "one", "place": 1, "enabled": True, "conditions": {"order": "X"}, "service": "unassigned",
    }  # fmt: skip
    assert (about[0].after["name"], about[0].after["service"], about[0].after["conditions"]) == (
        "two",
        "A",
        {"kind": "iPhone"},
    )
    assert names(world) == ["two"]


# The model: a rule is a dictionary, a device is a dictionary, and matching is spelt out once more.

_TYPES = sorted({product.product_type for product in all_products()})
_PRODUCTS = {kind: next(t for t in _TYPES if find(t).kind is kind) for kind in Kind}
_prefix = st.sampled_from(["", "i", "IPHONE", "iPhone1", "Mac", "mac16", "iPad", "Watch", "zzz"])
_asked = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["APPLE", "RESELLER", "MANUALLY_ADDED"]),
        "supplier": st.sampled_from(["16FCE4A0", "12345", "CONFIGURATOR"]),
        "order": st.sampled_from(["po-", "PO-1", "X"]),
        "product_type": _prefix.filter(bool),
        "kind": st.sampled_from([int(kind) for kind in Kind]),
    },
)
_rules = st.lists(st.tuples(_asked, st.booleans(), st.sampled_from(["A", "B", "-"])), max_size=6)
_devices = st.lists(
    st.tuples(
        st.sampled_from([("APPLE", "12345"), ("RESELLER", "16FCE4A0"), ("MANUALLY_ADDED", "CONFIGURATOR")]),
        st.sampled_from(["", "PO-1", "PO-22", "x-9"]),
        st.sampled_from(list(Kind)),
    ),
    min_size=1,
    max_size=8,
)


def expected(
    rules: list[tuple[dict[str, Any], bool, str]], came: tuple[tuple[str, str], str, Kind]
) -> str | None:
    (source, number), order, kind = came
    for asked, enabled, to in rules:
        if (
            enabled
            and asked.get("source", source) == source
            and asked.get("supplier", number) == number
            and order.lower().startswith(asked.get("order", "").lower())
            and asked.get("kind", int(kind)) == int(kind)
            and _PRODUCTS[kind].lower().startswith(asked.get("product_type", "").lower())
        ):
            return to
    return None


@given(_rules, _devices)
@settings(max_examples=25)
def test_it_is_as_the_model_says(
    rules: list[tuple[dict[str, Any], bool, str]],
    came: list[tuple[tuple[str, str], str, Kind]],
) -> None:
    made = [
        Rule(n, 1, str(n), n, str(n), enabled, Conditions(**asked).checked(), to == "-", 7, 0, 0)
        for n, (asked, enabled, to) in enumerate(rules, 1)
    ]
    working = [rule for rule in made if rule.works]
    for one in came:
        (source, number), order, kind = one
        rule = Matcher(working, Coming(source, number, order)).rule(int(kind), _PRODUCTS[kind])
        assert (None if rule is None else rules[rule.id - 1][2]) == expected(rules, one)


@given(_rules, _devices)
@settings(max_examples=12, deadline=None)
def test_devices_go_where_the_model_says(
    tmp_path_factory: pytest.TempPathFactory,
    rules: list[tuple[dict[str, Any], bool, str]],
    came: list[tuple[tuple[str, str], str, Kind]],
) -> None:
    store = open_store(tmp_path_factory.mktemp("rules") / "pomona.db", PROJECTIONS)
    try:
        check(store, rules, came)
    finally:
        store.close()


def test_the_same_on_both_engines(any_store: Store) -> None:
    rules: list[tuple[dict[str, Any], bool, str]] = [
        ({"order": "PO-1"}, True, "A"), ({"product_type": "iPhone1"}, False, "B"), ({"source": "APPLE"}, True, "-"),
        ({"kind": int(Kind.MAC)}, True, "B"), ({"product_type": "iP"}, True, "A"),
    ]  # fmt: skip
    sources = [("APPLE", "12345"), ("RESELLER", "16FCE4A0"), ("MANUALLY_ADDED", "CONFIGURATOR")]
    check(any_store, rules, [(s, o, k) for s in sources for o in ("", "PO-1", "x-9") for k in Kind])


def check(
    store: Store,
    rules: list[tuple[dict[str, Any], bool, str]],
    came: list[tuple[tuple[str, str], str, Kind]],
) -> None:
    world = World(store)
    to: dict[str, Service] = {"A": world.service("A"), "B": world.service("B")}
    default = world.service("Default")
    for family in ("IPHONE", "MAC"):
        world.default(family, default)
    for n, (asked, enabled, target) in enumerate(rules, 1):
        rule = make(world, str(n), to.get(target, "unassigned"), **asked)
        if not enabled:
            change(world, rule, enabled=False)
    known = serials(len(came))
    for serial, ((source, number), order, kind) in zip(known, came, strict=True):
        origin = Origin(world.id, source, number, order_number=order)  # type: ignore[arg-type]
        new = [Arrival(infer(serial, find(_PRODUCTS[kind])))]
        store.write_sync(partial(arrivals.arrive, origin=origin, arrivals=new, now=world.now))
    wanted = [expected(rules, one) for one in came]
    for serial, aim, (_, _, kind) in zip(known, wanted, came, strict=True):
        usual = default.id if kind in (Kind.IPHONE, Kind.MAC) else None
        service = usual if aim is None else to[aim].id if aim in to else None
        assert device(world, serial).service_id == service
