"""Manufacturing records: what arrives is what they say, and what is here already is put right."""

import json
from typing import Any

import pytest

from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.catalogue.manufacturing import csv_records
from pomona.catalogue.products import find
from pomona.catalogue.records import Record
from pomona.registry import (
    audit,
    device_facts,
    device_history,
    device_numbers,
    device_records,
    devices,
    manufacturing,
    replacements,
)
from pomona.registry.errors import NotFound
from pomona.registry.manufacturing import Loaded
from pomona.registry.suppliers import INSTALLATION
from pomona.store import Store, Tx
from pomona.store.projections import DeviceRow
from tests.support.stores import PROJECTIONS
from tests.support.supply import Reseller, device, document, link, problems
from tests.support.worlds import ADMIN, NOW, World, serials

IMEI, MEID = "352099001761481", "35209900176148"


def records(text: str) -> list[Record]:
    found = list(csv_records(text))
    assert all(isinstance(each, Record) for each in found), found
    return [each for each in found if isinstance(each, Record)]


def load(store: Store, text: str, now: int = NOW) -> Loaded:
    return store.write_sync(lambda tx: manufacturing.load(tx, records(text), actor=ADMIN, now=now))


def test_records_are_kept_listed_replaced_and_removed(any_store: Store) -> None:
    one, two, three = sorted(serials(3))
    text = f"serial,product,imei\n{one},iPhone17,1,\n{two},Mac16,12,\n".replace("iPhone17,1", '"iPhone17,1"')
    text = text.replace("Mac16,12", '"Mac16,12"')
    assert load(any_store, text) == Loaded(new=2)
    assert load(any_store, text) == Loaded(same=2)
    again = f'serial,product,imei\n{one},"iPhone17,1",{IMEI}\n{three},Mac mini,\n'
    assert load(any_store, again, NOW + 5) == Loaded(new=1, changed=1)
    found = any_store.read_sync(manufacturing.page)
    assert [(stored.record.serial, stored.loaded_at) for stored in found] == [
        (one, NOW + 5), (two, NOW), (three, NOW + 5),
    ]  # fmt: skip
    assert found[0].record.facts().imei == (IMEI,)
    assert found[0].record.facts().meid == (MEID,)
    behind = any_store.read_sync(lambda tx: manufacturing.page(tx, after=one, beginning=two[:6], limit=1))
    assert [stored.record.serial for stored in behind] == [two]
    resolved = any_store.read_sync(lambda tx: manufacturing.resolve(tx, [IMEI, MEID, "490154203237518"]))
    assert resolved == {IMEI: one, MEID: one}

    def remove(tx: Tx) -> int:
        return manufacturing.remove(tx, [one, serials(1, seed=9)[0]], actor=ADMIN, now=NOW)

    assert any_store.write_sync(remove) == 1
    assert any_store.write_sync(remove) == 0
    assert any_store.read_sync(lambda tx: manufacturing.resolve(tx, [IMEI])) == {}
    with pytest.raises(NotFound, match="no manufacturing record"):
        any_store.read_sync(lambda tx: manufacturing.get(tx, one))
    events = any_store.read_sync(lambda tx: audit.newest(tx, INSTALLATION))
    assert [event.type for event in events] == ["CATALOGUE_REMOVED"]


def test_a_new_number_takes_the_place_of_the_one_before(any_store: Store) -> None:
    [ours] = serials(1)
    load(any_store, f"serial,product,imei\n{ours},iPhone 16,{IMEI}\n")
    load(any_store, f"serial,product,imei\n{ours},iPhone 16,490154203237518\n")
    resolved = any_store.read_sync(lambda tx: manufacturing.resolve(tx, [IMEI, "490154203237518"]))
    assert resolved == {"490154203237518": ours}


def test_a_device_of_an_order_is_what_its_record_says(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    link(world, "16FCE4A0")
    recorded, named, unknown = serials(3)
    load(any_store, f'serial,product,wifi_mac\n{recorded},"iPad16,3",3C:22:FB:00:00:01\n')
    # The supplier calls it something else; the factory knows better.
    reseller.send(
        document(
            "A",
            world.organization.number,
            [recorded, named, unknown],
            products=["Mac mini", "Mac mini", None],
        )
    )
    found = [device(world, serial) for serial in (recorded, named, unknown)]
    assert [(each.product_type, each.inferred) for each in found] == [
        ("iPad16,3", False),
        ("Mac16,10", False),
        (infer(unknown).product.product_type, True),
    ]
    assert found[0].wifi_mac == "3C:22:FB:00:00:01"


def test_a_strict_catalogue_lets_in_what_is_on_record(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    link(world, "16FCE4A0")
    reseller.strict = True
    recorded, unknown = serials(2)
    load(any_store, f"serial,product\n{recorded},Mac mini\n")
    fates = reseller.send(document("A", world.organization.number, [recorded, unknown]))
    assert problems(fates) == {unknown: "NOT_IN_CATALOGUE"}
    assert reseller.contents("A") == [recorded]
    checked = any_store.read_sync(
        lambda tx: device_facts.checked(tx, dict.fromkeys([recorded, unknown], ""), strict=True)
    )
    assert list(checked) == [unknown]


def test_an_order_may_name_a_device_on_record_by_its_imei(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    link(world, "16FCE4A0")
    [ours] = serials(1)
    load(any_store, f"serial,product,imei\n{ours},iPhone 16,{IMEI}\n")
    fates = reseller.send(document("A", world.organization.number, [IMEI]))
    assert problems(fates) == {}
    assert device(world, ours).imei == [IMEI]


def test_devices_that_are_here_are_put_right(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    service = world.service("A")
    world.default("IPHONE", service)
    ours, theirs, right = serials(3)
    world.arrive([ours])
    other.arrive([theirs])
    world.arrive([right], Kind.MAC)
    guessed = device(world, ours)
    assert guessed.inferred
    text = f'serial,product,imei\n{ours},"iPhone17,1",{IMEI}\n{theirs},Mac mini,\n{right},Mac mini,\n'
    log = world.reread(service).last_operation
    assert load(any_store, text, NOW + 60_000).corrected == 3
    found = device(world, ours)
    assert (found.inferred, found.product_type, found.imei) == (False, "iPhone17,1", [IMEI])
    assert (found.service_id, found.revision, found.updated_at) == (
        service.id,
        guessed.revision,
        NOW + 60_000,
    )
    assert (device(other, theirs).kind, device(other, theirs).inferred) == (Kind.MAC, False)
    resolved = any_store.read_sync(lambda tx: devices.resolve(tx, [IMEI, *guessed.imei]))
    assert resolved == {IMEI: ours}
    for organization, expected in ((world, {ours, right}), (other, {theirs})):
        [event] = [
            event
            for event in any_store.read_sync(lambda tx: audit.newest(tx, organization.id))  # noqa: B023
            if event.type == "DEVICE_FACTS_CORRECTED"
        ]
        assert event.after == {"devices": len(expected)}
    assert world.reread(service).last_operation == log + 1
    moments = any_store.read_sync(lambda tx: device_history.of_device(tx, found))
    assert ("DEVICE_FACTS_CORRECTED", ADMIN.name) in {(moment.type, moment.by) for moment in moments}
    # The same once more changes nothing and tells nobody.
    assert load(any_store, text, NOW + 90_000) == Loaded(same=3)
    assert world.reread(service).last_operation == log + 1


def test_what_the_faces_keep_is_as_if_it_had_arrived_so(any_store: Store) -> None:
    world, reseller = World(any_store), Reseller(any_store)
    link(world, "16FCE4A0")
    early, late, unit, old = serials(4)
    reseller.send(document("A", world.organization.number, [early, old], tags=["AT-1", None]))

    def replace(tx: Tx) -> None:
        replacements.replace(tx, world.id, old, infer(unit), actor=ADMIN, now=world.now)

    any_store.write_sync(replace)
    load(any_store, "serial,product\n" + "".join(f'{serial},"iPad16,3"\n' for serial in (early, late, unit)))
    reseller.send(document("A", world.organization.number, [late], tags=["AT-1"]))
    for serial in (early, late, unit):
        assert stored(any_store, world, serial) == encoded(any_store, world, serial)


def stored(store: Store, world: World, serial: str) -> Any:
    id = device(world, serial).id
    return store.read_sync(
        lambda tx: tx.row(
            "SELECT a.tag, a.base, a.facts, b.attributes FROM assignment_record a, business_record b"
            " WHERE a.device_id = $1 AND b.device_id = a.device_id",
            id,
        )
    )


def encoded(store: Store, world: World, serial: str) -> Any:
    held = device(world, serial)
    facts = device_numbers.facts(
        serial, find("iPad16,3"), json.dumps([held.imei, held.meid, held.eid, held.wifi_mac, held.bluetooth_mac,
                                              held.ethernet_mac]), inferred=False,
    )  # fmt: skip
    made = store.read_sync(lambda tx: replacements.of_device(tx, held.id))
    row = DeviceRow(serial, facts.imei, facts.meid, facts.eid, facts.wifi_mac, facts.bluetooth_mac, facts.ethernet_mac,
                    held.asset_tag, held.source, held.source_id, held.order_number or "",
                    held.ordered_at or held.added_at, held.added_at, made is not None)  # fmt: skip
    runs = store.read_sync(
        lambda tx: tx.row("SELECT da_v7, ba FROM product WHERE part_number = $1", held.part_number)
    )
    assert runs is not None
    return tuple(device_records.encode(PROJECTIONS, row, *runs))


def test_one_that_was_released_comes_back_as_its_record_says(any_store: Store) -> None:
    world = World(any_store)
    [ours] = serials(1)
    world.arrive([ours])
    world.activity("RELEASE_DEVICES", [ours])
    assert load(any_store, f"serial,product\n{ours},Mac mini\n") == Loaded(new=1)
    assert device(world, ours).inferred
    facts = any_store.read_sync(lambda tx: device_facts.facts_of(tx, {ours: ""}))
    assert facts == {ours: infer(ours, find("Mac mini"))}
