"""Orders and activities larger than a chunk are worked on sorted by serial, and an order's supplier cannot tell."""

from functools import partial

from pomona.registry import activities, results, submissions
from pomona.registry.order_documents import CHUNK, OrderDocument, OrderedDelivery, chunks, decode_chunk
from pomona.registry.order_plans import Plans
from pomona.registry.order_problems import Problem
from pomona.store import Store
from tests.support.supply import ORDERED, SHIPPED, Reseller, link
from tests.support.worlds import World, serials

COUNT = CHUNK + 500


def order(customer: str, *deliveries: list[str]) -> OrderDocument:
    parts = [OrderedDelivery(f"D{n}", SHIPPED, ids) for n, ids in enumerate(deliveries)]
    return OrderDocument("LARGE", "OR", customer, "", ORDERED, parts)


def test_work_follows_the_order_of_ids_and_knows_every_place(store: Store) -> None:
    reseller = Reseller(store)
    first, second = serials(COUNT), serials(COUNT, seed=2)
    document = order("1", first, second)
    document.deliveries[0].tags = [f"tag {n}" for n in range(COUNT)]
    reseller.submit(document)
    size = 2 * COUNT
    for plans in (Plans(), Plans()):
        parts = [store.read_sync(partial(plans.chunk, submission_id=1, order_n=0, n=n)) for n in range(3)]
        assert [id for part in parts for id in part.ids] == sorted(first + second)
        assert [len(part.ids) for part in parts] == [CHUNK, CHUNK, size - 2 * CHUNK]
        for part in parts:
            for id, tag, (delivery, place) in zip(part.ids, part.tags, part.places, strict=True):
                assert (first, second)[delivery][place] == id
                assert tag == (f"tag {place}" if delivery == 0 else None)


def test_only_a_few_orders_are_remembered(store: Store) -> None:
    reseller, plans = Reseller(store), Plans()
    for n in range(6):
        reseller.submit(order("1", serials(CHUNK + 1, seed=n)))
        store.read_sync(partial(plans.chunk, submission_id=n + 1, order_n=0, n=0))
    assert len(plans) == 4
    plans.forget(6, 0)
    assert len(plans) == 3


def test_only_acceptable_deliveries_are_kept_to_be_worked_on() -> None:
    document = order("1", ["ZO123456", "AO123456"], ["BO123456"], ["YO123456", "CO123456"])
    document.deliveries[1].problem = Problem.SHIP_DATE_INVALID
    [chunk] = map(decode_chunk, chunks(document))
    assert chunk.ids == ["ZO123456", "AO123456", "YO123456", "CO123456"]
    assert list(chunk.places()) == [(0, 0), (0, 1), (2, 0), (2, 1)]
    document.problem = Problem.CUSTOMER_UNKNOWN
    assert chunks(document) == []


def test_its_status_names_the_devices_as_they_were_written(store: Store) -> None:
    world, reseller = World(store), Reseller(store)
    link(world, reseller.supplier.number)
    first, second = serials(COUNT), [*serials(3, seed=2), "no serial", *serials(2, seed=3)]
    uuid = reseller.submit(order(world.organization.number, first, second))
    reseller.work()
    [fate] = reseller.fate(uuid)
    assert [delivery.ids for delivery in fate.deliveries] == [first, second]
    assert [delivery.troubles.keys() for delivery in fate.deliveries] == [set(), {3}]
    assert fate.deliveries[1].troubles[3].device == "no serial"
    assert reseller.order("LARGE").live == COUNT + 5
    assert store.read_sync(submissions.waiting) == []


def test_a_large_activity_is_done_in_the_order_of_serials_and_a_small_one_as_asked(store: Store) -> None:
    world = World(store)
    service = world.service("A")
    many = activities.CHUNK + 500
    ours = world.stock(many)
    large = world.activity("ASSIGN_DEVICES", ours, service)
    small = world.activity("UNASSIGN_DEVICES", ours[:50])
    assert (large.succeeded, small.succeeded) == (many, 50)
    assert done(store, large.id) == sorted(ours)
    assert done(store, small.id) == ours[:50]


def done(store: Store, activity_id: int) -> list[str]:
    rows = store.read_sync(lambda tx: results.page(tx, activity_id, limit=2 * activities.CHUNK))
    return [row.serial for row in rows]
