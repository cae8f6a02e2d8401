"""One serial, one owner: who is told what when an order names a device that somebody has."""

from pomona.catalogue.identifiers import imei, is_imei
from pomona.registry import audit, submissions
from pomona.registry.order_documents import OrderDocument, OrderedDelivery
from pomona.store import Store
from tests.support.supply import (
    ORDERED,
    SHIPPED,
    Reseller,
    counted,
    device,
    document,
    link,
    owned,
    problems,
)
from tests.support.worlds import World, serials


class Trade:
    """Two organisations and two resellers, all linked."""

    def __init__(self, store: Store) -> None:
        self.world, self.other = World(store), World(store, "Other")
        self.one, self.two = Reseller(store), Reseller(store, "0A0B0C0D")
        for world in (self.world, self.other):
            link(world, "16FCE4A0")
            link(world, "0A0B0C0D")
        self.ours, self.theirs = self.world.organization.number, self.other.organization.number


def test_precedence(any_store: Store) -> None:
    trade = Trade(any_store)
    ours = serials(3)
    trade.one.send(document("A1", trade.ours, ours))
    (fate,) = trade.one.send(document("A1", trade.ours, [*ours, ours[0]]))
    assert problems([fate]) == {}
    assert problems(trade.one.send(document("A2", trade.ours, ours[:1]))) == {ours[0]: "IN_ANOTHER_ORDER"}
    assert problems(trade.one.send(document("A3", trade.theirs, ours[:1]))) == {ours[0]: "ANOTHER_CUSTOMER"}
    assert problems(trade.two.send(document("B1", trade.ours, ours[:1]))) == {ours[0]: "ANOTHER_SUPPLIER"}
    assert problems(trade.two.send(document("B2", trade.theirs, ours[:1]))) == {ours[0]: "ANOTHER_SUPPLIER"}
    assert owned(trade.world, ours) == ours
    counted(any_store)


def test_a_released_device_has_no_claim_and_may_be_ordered_again(any_store: Store) -> None:
    trade = Trade(any_store)
    ours = serials(3)
    trade.one.send(document("A1", trade.ours, ours, products=["iPhone17,1"] * 3))
    trade.world.now = trade.one.now
    trade.world.activity("RELEASE_DEVICES", ours)
    assert trade.one.states("A1") == dict.fromkeys(ours, "RELEASED")
    counted(any_store)
    assert problems(trade.one.send(document("RE1", trade.ours, ours[:1], "RE"))) == {ours[0]: "NOT_LOCATED"}
    assert problems(trade.two.send(document("B1", trade.theirs, ours[:1]))) == {}
    assert problems(trade.one.send(document("A1", trade.ours, ours[:2]))) == {ours[0]: "ANOTHER_SUPPLIER"}
    assert (owned(trade.world, ours), owned(trade.other, ours)) == ([ours[1]], [ours[0]])
    again = device(trade.world, ours[1])
    assert (again.product_type, again.inferred) == ("iPhone17,1", False)
    assert trade.one.states("A1") == {ours[0]: "RELEASED", ours[1]: "LIVE", ours[2]: "RELEASED"}
    counted(any_store)


def test_a_device_that_was_added_by_hand(any_store: Store) -> None:
    trade = Trade(any_store)
    ours, foreign = serials(2), serials(1, seed=4)
    trade.world.arrive(ours, source_id="by hand")
    trade.other.arrive(foreign)
    sent = trade.one.send(document("A1", trade.ours, [*ours, *foreign]))
    assert problems(sent) == {foreign[0]: "ANOTHER_CUSTOMER"}
    assert trade.one.order("A1").live == 2
    assert device(trade.world, ours[0]).source_id == "by hand"
    trade.one.send(document("A1", trade.ours, type="VD"))
    assert owned(trade.world, ours) == ours
    trade.one.send(document("A2", trade.ours, ours))
    moved = trade.one.send(document("A2", trade.theirs, ours[:1], "OV"))
    assert problems(moved) == {ours[0]: "ANOTHER_CUSTOMER"}
    assert owned(trade.world, ours) == ours
    trade.one.send(document("A3", trade.ours, ours))
    trade.one.send(document("A3RE", trade.ours, ours[:1], "RE"))
    assert owned(trade.world, ours) == ours[1:]
    counted(any_store)


def test_a_voided_return_cannot_bring_back_what_somebody_has_now(any_store: Store) -> None:
    trade = Trade(any_store)
    ours = serials(3)
    trade.one.send(document("A1", trade.ours, ours, delivery="D1"))
    trade.one.send(document("A1RE", trade.ours, ours, "RE", delivery="R1"))
    trade.two.send(document("B1", trade.theirs, ours[:1]))
    trade.one.send(document("A2", trade.ours, ours[1:2]))
    (fate,) = trade.one.send(document("A1RE", trade.ours, type="VD"))
    assert problems([fate]) == {ours[0]: "ANOTHER_SUPPLIER", ours[1]: "IN_ANOTHER_ORDER"}
    assert [(delivery.number, sorted(delivery.ids)) for delivery in fate.deliveries] == [
        ("R1", sorted(ours[:2]))
    ]
    assert trade.one.states("A1") == {ours[0]: "REFUSED", ours[1]: "REFUSED", ours[2]: "LIVE"}
    assert owned(trade.world, ours) == ours[1:]
    counted(any_store)


def test_a_return_twice_and_beyond(any_store: Store) -> None:
    trade = Trade(any_store)
    ours = serials(3)
    trade.one.send(document("A1", trade.ours, ours))
    trade.one.send(document("R", trade.ours, ours[:1], "RE"))
    assert problems(trade.one.send(document("R", trade.ours, ours[:2], "RE"))) == {}
    assert problems(trade.one.send(document("S", trade.ours, ours[:1], "RE"))) == {ours[0]: "NOT_LOCATED"}
    assert trade.one.contents("R") == sorted(ours[:2])
    assert problems(trade.one.send(document("A1", trade.ours, type="VD"))) == {"A1": "HAS_RETURNS"}
    trade.one.send(document("R", trade.ours, type="VD"))
    assert problems(trade.one.send(document("A1", trade.ours, type="VD"))) == {}
    assert owned(trade.world, ours) == []
    counted(any_store)


def test_the_refused_devices_of_an_override_stay_as_they_are(any_store: Store) -> None:
    trade = Trade(any_store)
    ours = serials(3)
    trade.one.send(document("A1", trade.ours, ours, tags=["a", "b", "c"]))
    sent = trade.one.send(document("A1", trade.ours, ours[:2], "OV", tags=["x" * 129, "new"]))
    assert problems(sent) == {ours[0]: "ASSET_TAG_TOO_LONG"}
    assert owned(trade.world, ours) == ours[:2]
    assert [device(trade.world, serial).asset_tag for serial in ours[:2]] == ["a", "new"]


def test_an_order_that_never_took_effect_may_be_corrected(any_store: Store) -> None:
    trade = Trade(any_store)
    ours = serials(1)
    trade.two.send(document("B1", trade.theirs, ours))
    trade.one.send(document("A1", trade.ours, ours, po="wrong"))
    assert trade.one.order("A1").state == "REFUSED"
    assert problems(trade.one.send(document("A1", trade.theirs, serials(1, seed=2), po="right"))) == {}
    assert (trade.one.order("A1").customer, trade.one.order("A1").live) == (trade.theirs, 1)
    counted(any_store)


def test_imei_and_meid_stand_for_the_serial(any_store: Store) -> None:
    trade = Trade(any_store)
    ours = serials(2)
    trade.world.arrive(ours, source_id="by hand")
    phones = [device(trade.world, serial) for serial in ours]
    assert is_imei(phones[0].imei[0])
    ids = [phones[0].imei[-1], phones[1].meid[0]]
    assert problems(trade.one.send(document("A1", trade.ours, ids))) == {}
    assert trade.one.contents("A1") == sorted(ours)
    unknown = imei(5)
    assert problems(trade.one.send(document("A1", trade.ours, [unknown, ours[0]]))) == {
        unknown: "NOT_LOCATED"
    }


def test_several_orders_in_one_submission_for_several_organisations(any_store: Store) -> None:
    trade = Trade(any_store)
    groups = [serials(2, seed=n) for n in range(6)]
    # Descending and mixed, so that locks cannot simply be taken as they come.
    customers = [trade.theirs, trade.ours, trade.theirs, trade.ours, "0", trade.ours]
    documents = [document(f"A{n}", customer, groups[n]) for n, customer in enumerate(customers)]
    assert problems(trade.one.send(*documents)) == {"A4": "CUSTOMER_UNKNOWN"}
    assert owned(trade.world, [*groups[1], *groups[3], *groups[5]]) == [*groups[1], *groups[3], *groups[5]]
    assert owned(trade.other, [*groups[0], *groups[2]]) == [*groups[0], *groups[2]]
    events = any_store.read_sync(lambda tx: audit.newest(tx, trade.world.id))
    told = ("ORDER_AVAILABLE", "DEVICE_ADDED_TO_ORG", "ORDER_RECEIVED")
    assert [(event.type, event.subject.name, event.actor.id) for event in events[:9]] == [
        (type, number, "16FCE4A0") for number in ("A5", "A3", "A1") for type in told
    ]


def test_every_submission_about_an_order_is_in_its_history(any_store: Store) -> None:
    from pomona.registry import orders

    trade = Trade(any_store)
    ours = serials(2)
    trade.one.send(document("A1", trade.ours, ours[:1]))
    trade.one.send(document("A1", trade.ours, ours, po="other"))
    trade.one.send(document("A1", trade.ours, ours, "OV", po="other"))
    trade.one.send(document("A1", trade.ours, type="VD"))
    order = trade.one.order("A1")
    history = any_store.read_sync(lambda tx: orders.history(tx, order.id))
    assert [(entry.type, entry.problem) for entry in history] == [
        ("OR", None),
        ("OR", "HEADER_DIFFERS"),
        ("OV", None),
        ("VD", None),
    ]
    trade.one.send(document("A1", trade.ours, ours[:1]))
    assert trade.one.order("A1").id != order.id
    kept = any_store.read_sync(lambda tx: submissions.newest(tx, trade.one.id))
    assert [submission.transaction_id for submission in kept] == ["T5", "T4", "T3", "T2", "T1"]


def test_deliveries_are_summed_up(any_store: Store) -> None:
    from pomona.registry import orders
    from pomona.registry.orders import ClaimState

    trade = Trade(any_store)
    ours = serials(3)
    parts = [OrderedDelivery("D1", SHIPPED, ours[:2]), OrderedDelivery("D2", SHIPPED + 1, ours[2:])]
    trade.one.send(OrderDocument("A1", "OR", trade.ours, "", ORDERED, parts))
    trade.one.send(document("R", trade.ours, ours[:1], "RE"))
    order = trade.one.order("A1")
    assert any_store.read_sync(lambda tx: orders.deliveries(tx, order.id)) == [
        ("D1", SHIPPED, {ClaimState.LIVE: 1, ClaimState.RETURNED: 1}),
        ("D2", SHIPPED + 1, {ClaimState.LIVE: 1}),
    ]
    assert [
        found.number for found in any_store.read_sync(lambda tx: orders.find(tx, trade.world.id, "A1"))
    ] == ["A1"]
    assert any_store.read_sync(lambda tx: orders.find(tx, trade.other.id, "A1")) == []
