"""Finding devices: every filter against a plain comprehension, page after page, on both engines."""

import itertools
from collections.abc import Callable

import pytest

from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.registry import arrivals, device_parts, device_search, device_selection, devices
from pomona.registry.arrivals import Arrival, Origin
from pomona.registry.device_search import DeviceFilter, search
from pomona.registry.devices import Device
from pomona.store import Store
from tests.support.supply import Reseller, document, link
from tests.support.worlds import World, serials


def pages(world: World, wanted: DeviceFilter, limit: int = 7) -> list[str]:
    """The serials of all pages, one after the other."""
    found: list[str] = []
    after: int | None = None
    for _ in range(1_000):
        start = after
        page = world.store.read_sync(lambda tx: search(tx, world.id, wanted, after=start, limit=limit))  # noqa: B023
        assert len(page.devices) == limit or page.partly or page.after is None
        found += [line.serial for line in page.devices]
        after = page.after
        if after is None:
            return found
    raise AssertionError("the pages never end")


def peopled(store: Store) -> tuple[World, dict[str, int]]:
    """A world with devices of all kinds, on two services and none, from an order, by hand, and some released."""
    world, other = World(store), World(store, "Other")
    reseller = Reseller(store)
    link(world, "16FCE4A0")
    other.stock(10, seed=5)
    ours = world.stock(40)
    world.tick(86_400_000)
    reseller.send(document("A-17", world.organization.number, serials(9, seed=3)))
    world.tick(86_400_000)
    world.arrive(serials(6, seed=4), Kind.VISION, source_id="OTHER99")
    main, lab = world.service("Main"), world.service("Lab")
    world.activity("ASSIGN_DEVICES", ours[:20], main)
    world.activity("ASSIGN_DEVICES", ours[20:25], lab)
    world.activity("RELEASE_DEVICES", [ours[3], ours[22], ours[30]])
    return world, {"main": main.id, "lab": lab.id}


def everything(world: World) -> list[Device]:
    """All devices that ever were the world's, the last to arrive first."""
    low, high = devices.first_number(world.id), devices.last_number(world.id)
    ids = world.store.read_sync(
        lambda tx: tx.rows("SELECT id FROM device WHERE id BETWEEN $1 AND $2 ORDER BY id DESC", low, high)
    )
    return [world.store.read_sync(lambda tx: devices.by_id(tx, row[0])) for row in ids]  # noqa: B023


STATES: dict[device_parts.State, Callable[[Device], bool]] = {
    "owned": lambda device: device.released_at is None,
    "assigned": lambda device: device.released_at is None and device.service_id is not None,
    "unassigned": lambda device: device.released_at is None and device.service_id is None,
    "released": lambda device: device.released_at is not None,
}


@pytest.mark.parametrize(("window", "few"), [(3, 0), (3, 5), (20_000, 0), (20_000, 5_000)])
def test_every_filter_finds_what_it_should(
    any_store: Store, monkeypatch: pytest.MonkeyPatch, window: int, few: int
) -> None:
    monkeypatch.setattr(device_selection, "WINDOW", window)
    monkeypatch.setattr(device_parts, "FEW", few)
    world, service = peopled(any_store)
    known = everything(world)
    kinds, homes = (None, Kind.MAC, Kind.VISION), (None, service["main"], service["lab"])
    sources, orders = ("", "OTHER99", "NOBODY"), ("", "A-17", "NONE")
    for state, kind, home, source, order in itertools.product(STATES, kinds, homes, sources, orders):
        wanted = DeviceFilter(state=state, kind=kind, service_id=home, source_id=source, order_number=order)
        expected = [
            device.serial
            for device in known
            if STATES[state](device)
            and kind in (None, device.kind)
            and home in (None, device.service_id)
            and source in ("", device.source_id)
            and order in ("", device.order_number)
        ]
        assert pages(world, wanted) == expected, wanted


def test_those_that_came_lately(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = peopled(any_store)
    known = everything(world)
    middle = known[10].added_at
    expected = [device.serial for device in known if device.released_at is None and device.added_at >= middle]
    assert 0 < len(expected) < len(known)
    for window, few in ((3, 0), (3, 5), (20_000, 0), (20_000, 5_000)):
        monkeypatch.setattr(device_selection, "WINDOW", window)
        monkeypatch.setattr(device_parts, "FEW", few)
        assert pages(world, DeviceFilter(added_since=middle)) == expected


def test_text_finds_serials_by_their_beginning_and_numbers_whole(any_store: Store) -> None:
    world, _ = peopled(any_store)
    phone = next(device for device in everything(world) if device.imei and device.released_at is None)
    gone = next(device for device in everything(world) if device.released_at is not None)
    other = World(any_store, "Third").stock(1, seed=8)[0]

    def found(text: str, **more: object) -> list[str]:
        return pages(world, DeviceFilter(text=text, **more))  # type: ignore[arg-type]

    assert found(phone.serial.lower()) == [phone.serial]
    assert phone.serial in found(phone.serial[:3])
    assert [found(number) for number in phone.imei] == [[phone.serial]] * len(phone.imei)
    assert found(phone.imei[0][:14] + str((int(phone.imei[0][14]) + 1) % 10)) == []
    assert found(f" {phone.meid[0]} ") == [phone.serial]
    assert sorted(found("A-17")) == sorted(serials(9, seed=3))
    assert found(phone.serial, kind=Kind.APPLE_TV) == []
    assert (found(gone.serial), found(gone.serial, state="released")) == ([], [gone.serial])
    assert found(other) == found("no such thing") == found("%") == []


def test_a_line_says_what_a_list_shows(any_store: Store) -> None:
    world, _ = peopled(any_store)
    known = {device.serial: device for device in everything(world)}
    page = any_store.read_sync(lambda tx: search(tx, world.id, DeviceFilter(), limit=1_000))
    assert (page.after, page.partly) == (None, False)
    for line in page.devices:
        device = known[line.serial]
        assert (line.kind, line.model, line.inferred, line.service_id) == (
            device.kind,
            device.model,
            device.inferred,
            device.service_id,
        )
        assert (line.order_number or None, line.source, line.source_id) == (
            device.order_number,
            device.source,
            device.source_id,
        )
        assert (line.added_at, line.profile_status) == (device.added_at, device.profile_status)


def test_the_few_that_left_or_came_by_hand_are_found_at_once(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_selection, "WINDOW", 10)
    world = World(any_store)
    [by_hand, released, *_] = stock = serials(60)
    origin = Origin(world.id, "MANUALLY_ADDED", "CONFIGURATOR")
    world.store.write_sync(lambda tx: arrivals.arrive(tx, origin, [Arrival(infer(by_hand))], now=world.now))
    world.arrive(stock[1:])
    world.activity("RELEASE_DEVICES", [released])
    for wanted, serial in (
        (DeviceFilter(source="MANUALLY_ADDED"), by_hand),
        (DeviceFilter(state="released"), released),
    ):
        found = world.store.read_sync(lambda tx: device_search.search(tx, world.id, wanted))  # noqa: B023
        assert ([device.serial for device in found.devices], found.after) == ([serial], None)


def test_a_product_is_found_however_far_apart_its_devices_arrived(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    ours: list[int] = []
    for seed in range(4):
        ours += [outcome.device_id for outcome in world.arrive(serials(2, seed), Kind.VISION).values()]
        world.arrive(serials(3, 10 + seed), Kind.MAC)
        other.arrive(serials(2, 20 + seed), Kind.VISION)
        world.store.write_sync(
            lambda tx: tx.execute("UPDATE organization SET last_device = last_device + 60000")
        )
    assert ours[-1] - ours[0] > 150_000
    types = ["RealityDevice14,1", "RealityDevice17,1"]
    for part in (device_parts.OfKinds([Kind.VISION]), device_parts.OfProductTypes(types)):
        few = any_store.read_sync(lambda tx: part.few(tx, world.id))  # noqa: B023
        assert few is not None
        assert sorted(few) == ours
    empty = World(any_store, "Empty")
    assert any_store.read_sync(lambda tx: device_parts.OfKinds([Kind.VISION]).few(tx, empty.id)) == []
