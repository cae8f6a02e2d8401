"""The four types of order and what undoes each, on both engines."""

from pomona.registry import devices
from pomona.store import Row, Store, Tx
from tests.support.supply import (
    ORDERED,
    Reseller,
    counted,
    device,
    document,
    link,
    owned,
    problems,
)
from tests.support.worlds import World, serials


def linked(store: Store) -> tuple[World, Reseller]:
    world, reseller = World(store), Reseller(store)
    link(world, "16FCE4A0")
    return world, reseller


def test_an_order_brings_its_devices(any_store: Store) -> None:
    world, reseller = linked(any_store)
    service = world.service("Main")
    world.default("IPHONE", service)
    ours = serials(3)
    fates = reseller.send(
        document("A1", world.organization.number, ours, tags=["T1", None, None], products=["iPhone17,1"] * 3)
    )
    assert problems(fates) == {}
    assert [delivery.ids for delivery in fates[0].deliveries] == [ours]
    assert owned(world, ours) == ours
    first = device(world, ours[0])
    assert (first.source, first.source_id, first.order_number, first.ordered_at) == (
        "RESELLER",
        "16FCE4A0",
        "A1",
        ORDERED,
    )
    assert (first.asset_tag, first.product_type, first.inferred) == ("T1", "iPhone17,1", False)
    assert (first.service_id, world.reread(service).device_count) == (service.id, 3)
    order = reseller.order("A1")
    assert (order.state, order.live, order.organization_id) == ("AVAILABLE", 3, world.id)
    assert reseller.contents("A1") == sorted(ours)
    counted(any_store)


def test_a_return_takes_devices_out_and_voiding_it_brings_them_back(any_store: Store) -> None:
    world, reseller = linked(any_store)
    service = world.service("Main")
    world.default("IPHONE", service)
    ours, number = serials(3), world.organization.number
    reseller.send(document("A1", number, ours, products=["iPhone17,1"] * 3))
    fates = reseller.send(document("A1RE", number, ours[:2], "RE", ordered_at=ORDERED + 1000))
    assert problems(fates) == {}
    assert owned(world, ours) == ours[2:]
    gone = device(world, ours[0])
    assert (gone.released_by, gone.service_id, world.reread(service).device_count) == (
        "SUPPLIER:16FCE4A0",
        None,
        1,
    )
    assert reseller.states("A1") == {ours[0]: "RETURNED", ours[1]: "RETURNED", ours[2]: "LIVE"}
    assert (reseller.contents("A1"), reseller.contents("A1RE")) == (ours[2:], sorted(ours[:2]))
    assert reseller.order("A1RE").state == "RETURN"
    counted(any_store)

    assert problems(reseller.send(document("A1RE", number, type="VD"))) == {}
    assert owned(world, ours) == ours
    back = device(world, ours[0])
    assert (back.product_type, back.inferred, back.service_id, back.order_number) == (
        "iPhone17,1",
        False,
        service.id,
        "A1",
    )
    assert (reseller.order("A1RE").state, reseller.contents("A1RE")) == ("VOIDED", [])
    assert reseller.contents("A1") == sorted(ours)
    counted(any_store)


def test_a_void_undoes_an_order(any_store: Store) -> None:
    world, reseller = linked(any_store)
    ours, number = serials(3), world.organization.number
    reseller.send(document("A1", number, ours))
    assert problems(reseller.send(document("A1", number, type="VD"))) == {}
    assert owned(world, ours) == []
    assert (reseller.order("A1").state, reseller.contents("A1")) == ("VOIDED", [])
    counted(any_store)
    assert problems(reseller.send(document("A1", number, type="VD"))) == {"A1": "ORDER_VOIDED"}
    assert problems(reseller.send(document("A9", number, type="VD"))) == {"A9": "ORDER_NOT_FOUND"}
    assert problems(reseller.send(document("A1", number, ours[:1]))) == {}
    assert (reseller.contents("A1"), owned(world, ours)) == (ours[:1], ours[:1])
    counted(any_store)


def test_an_override_rewrites_an_order(any_store: Store) -> None:
    world, reseller = linked(any_store)
    ours, more, number = serials(4), serials(1, seed=7), world.organization.number
    reseller.send(document("A1", number, ours, tags=["one", "two", "three", "four"]))
    stays = device(world, ours[0])
    assigned = world.service("Main")
    world.activity("ASSIGN_DEVICES", ours, assigned)
    fates = reseller.send(
        document("A1", number, [ours[0], *more], "OV", ordered_at=ORDERED + 5000, tags=["uno", None])
    )
    assert problems(fates) == {}
    assert owned(world, [*ours, *more]) == [ours[0], *more]
    now = device(world, ours[0])
    assert (now.id, now.service_id, now.asset_tag, now.ordered_at) == (
        stays.id,
        assigned.id,
        "uno",
        ORDERED + 5000,
    )
    assert reseller.states("A1") == {
        ours[0]: "LIVE",
        more[0]: "LIVE",
        **dict.fromkeys(ours[1:], "OVERRIDDEN"),
    }
    counted(any_store)
    assert reseller.order("A1").type == "OV"
    assert problems(reseller.send(document("A1", number, type="VD"))) == {}
    assert owned(world, [*ours, *more]) == []


def test_an_override_moves_an_order_to_another_organisation(any_store: Store) -> None:
    world, reseller = linked(any_store)
    other = World(any_store, "Other")
    link(other, "16FCE4A0")
    ours = serials(3)
    reseller.send(document("A1", world.organization.number, ours))
    assert problems(reseller.send(document("A1", other.organization.number, ours[:2], "OV"))) == {}
    assert (owned(world, ours), owned(other, ours)) == ([], ours[:2])
    assert reseller.order("A1").organization_id == other.id
    counted(any_store)


def test_what_is_ready_for_a_corrected_device_is_what_a_new_one_has(any_store: Store) -> None:
    world, reseller = linked(any_store)
    (ours,), number = serials(1), world.organization.number
    reseller.send(document("A1", number, [ours], tags=["old"], products=["iPad16,3"]))
    reseller.now += 10_000
    reseller.send(document("A1", number, [ours], "OV", ordered_at=ORDERED + 9000, tags=["new"]))
    corrected, added_at = records(world, ours), device(world, ours).added_at
    reseller.send(document("A1", number, type="VD"))
    reseller.now = added_at - 2_000
    reseller.send(document("A1", number, [ours], ordered_at=ORDERED + 9000, tags=["new"]))
    assert device(world, ours).added_at == added_at
    assert records(world, ours) == corrected


def records(world: World, serial: str) -> list[Row | None]:
    def read(tx: Tx) -> list[Row | None]:
        id = devices.owned_id(tx, world.id, serial)
        return [
            tx.row("SELECT tag, base, facts FROM assignment_record WHERE device_id = $1", id),
            tx.row("SELECT attributes FROM business_record WHERE device_id = $1", id),
        ]

    return world.store.read_sync(read)
