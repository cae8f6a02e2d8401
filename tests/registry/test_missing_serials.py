"""A device that is not there: each reason, and that none of them tells more of others than that they are."""

from collections.abc import Callable

import pytest

from pomona.catalogue.identifiers import imei
from pomona.registry import missing_serials
from pomona.registry.missing_serials import Explanation, Why
from pomona.registry.order_problems import Problem
from pomona.registry.orders import ClaimState
from pomona.store import Store
from tests.support.supply import Reseller, document, link, unlink
from tests.support.worlds import World, serials

A, B, C, D = serials(4)


class Scene:
    """Ours has linked OURS01; theirs OURS01 and OTHER1."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ours, self.theirs = World(store, "Ours"), World(store, "Secret Buyer")
        self.linked, self.other = Reseller(store, "LINKED01"), Reseller(store, "OTHER001")
        self.maker = Reseller(store, "MAKER", "APPLE")
        for world, number in ((self.ours, "LINKED01"), (self.theirs, "LINKED01"), (self.theirs, "OTHER001")):
            link(world, number)

    @property
    def id(self) -> str:
        """Our Organisation ID."""
        return self.ours.organization.number

    @property
    def their_id(self) -> str:
        """The other organisation's."""
        return self.theirs.organization.number

    def why(self, text: str) -> Explanation:
        """What we are told."""
        return self.store.scan_sync(lambda tx: missing_serials.explain(tx, self.ours.id, text))

    def whys(self, text: str) -> list[Why]:
        """The reasons alone."""
        return [reason.why for reason in self.why(text).reasons]


@pytest.fixture
def scene(any_store: Store) -> Scene:
    return Scene(any_store)


def returned(scene: Scene) -> None:
    scene.linked.send(document("X1", scene.id, [A]))
    scene.linked.send(document("X1RE", scene.id, [A], "RE", ordered_at=scene.linked.now))


def voided(scene: Scene) -> None:
    scene.linked.send(document("X1", scene.id, [A]))
    scene.linked.send(document("X1", scene.id, type="VD"))


def overridden(scene: Scene) -> None:
    scene.linked.send(document("X1", scene.id, [A, B]))
    scene.linked.send(document("X1", scene.id, [B], "OV"))


def taken_out(scene: Scene) -> None:
    scene.linked.send(document("X1", scene.id, [A]))
    scene.linked.send(document("X1", scene.their_id, [A], "OV"))


def released(scene: Scene) -> None:
    scene.linked.send(document("X1", scene.id, [A]))
    scene.ours.activity("RELEASE_DEVICES", [A])


def released_by_hand(scene: Scene) -> None:
    scene.ours.arrive([A])
    scene.ours.activity("RELEASE_DEVICES", [A])


def misaddressed(scene: Scene) -> None:
    scene.linked.send(document("X1", scene.their_id, [A]))


def waits_for_another(scene: Scene) -> None:
    unlink(scene.theirs, "LINKED01")
    misaddressed(scene)


def refused_as_theirs(scene: Scene) -> None:
    scene.other.send(document("THEIRS", scene.their_id, [A]))
    scene.linked.send(document("X1", scene.id, [A]))


def refused_as_a_whole(scene: Scene) -> None:
    scene.linked.send(document("X1", scene.id, [B], po="one"))
    scene.linked.send(document("X1", scene.id, [A], po="two"))


CASES: dict[str, tuple[Callable[[Scene], object], list[Why]]] = {
    "nothing": (lambda scene: None, [Why.UNKNOWN]),
    "here": (lambda scene: scene.linked.send(document("X1", scene.id, [A])), [Why.HERE]),
    "not linked": (lambda scene: scene.other.send(document("X1", scene.id, [A])), [Why.NOT_LINKED]),
    "not worked off": (
        lambda scene: scene.linked.submit(document("X1", scene.id, [A.lower()])),
        [Why.NOT_PROCESSED],
    ),
    "another id": (misaddressed, [Why.OTHER_ORGANIZATION_ID, Why.OWNED_ELSEWHERE]),
    "nobody's id": (lambda scene: scene.linked.send(document("X1", "1", [A])), [Why.OTHER_ORGANIZATION_ID]),
    "another's": (lambda scene: scene.other.send(document("T", scene.their_id, [A])), [Why.OWNED_ELSEWHERE]),
    "waits for another": (waits_for_another, [Why.OTHER_ORGANIZATION_ID]),
    "nobody's customer number": (
        lambda scene: scene.maker.send(document("X1", "77", [A])),
        [Why.CUSTOMER_NUMBER_NOT_LINKED],
    ),
    "returned": (returned, [Why.RETURNED]),
    "voided": (voided, [Why.VOIDED]),
    "overridden": (overridden, [Why.OVERRIDDEN]),
    "overridden for another": (taken_out, [Why.TAKEN_OUT, Why.OTHER_ORGANIZATION_ID, Why.OWNED_ELSEWHERE]),
    "released": (released, [Why.RELEASED]),
    "released by hand": (released_by_hand, [Why.RELEASED]),
    "refused": (refused_as_theirs, [Why.REFUSED, Why.OWNED_ELSEWHERE]),
    "refused as a whole": (refused_as_a_whole, [Why.REFUSED]),
    "a tag that is too long": (
        lambda scene: scene.linked.send(document("X1", scene.id, [A], tags=["T" * 129])),
        [Why.REFUSED],
    ),
    "another supplier's customer": (
        lambda scene: scene.other.submit(document("T", scene.their_id, [A])),
        [Why.UNKNOWN],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_reason(scene: Scene, case: str) -> None:
    make, expected = CASES[case]
    make(scene)
    found = scene.why(f" {A.lower()} ")
    assert [reason.why for reason in found.reasons] == expected
    assert found.asked == A
    assert found.here == (expected == [Why.HERE])
    for reason in found.reasons:
        assert reason.sentence.endswith(".")
        assert "{" not in reason.sentence
        if reason.order_number:
            assert reason.order_number == "X1"
            assert ("X1" in reason.sentence) == (reason.why is not Why.RELEASED)
            assert reason.supplier is not None
    told = " ".join(reason.sentence for reason in found.reasons) + repr(found)
    for secret in (scene.their_id, "Secret", "THEIRS", "'T'"):
        assert secret not in told
    if case in ("another id", "another's", "waits for another", "nobody's id"):
        assert "X1" not in told
    if case in ("another's", "refused"):
        assert "OTHER001" not in told


def test_every_reason_is_provoked() -> None:
    found = {why for _, whys in CASES.values() for why in whys}
    assert found | {Why.MALFORMED, Why.ARRIVING} == set(Why)


@pytest.mark.parametrize(
    "text", ["", "SHORT", "C02 O123", "C02O12345678901234567890", "straße12", "'; DROP", "%%%%%%%%"]
)
def test_what_is_no_serial_number(scene: Scene, text: str) -> None:
    assert scene.whys(text) == [Why.MALFORMED]


def test_imei(scene: Scene) -> None:
    number = imei(12345)
    assert scene.whys(number) == [Why.UNKNOWN]
    scene.linked.send(document("X1", scene.id, [A], products=["iPhone17,3"]))
    (own,) = scene.store.read_sync(
        lambda tx: tx.rows(
            "SELECT value FROM device_identifier WHERE device_id = (SELECT max(id) FROM device) LIMIT 1"
        )
    )
    assert scene.whys(own[0]) == [Why.HERE]
    scene.ours.activity("RELEASE_DEVICES", [A])
    found = scene.why(own[0])
    assert (found.asked, found.reasons[0].why) == (own[0], Why.RELEASED)


def test_while_a_waiting_order_flows_in(scene: Scene) -> None:
    scene.other.send(document("X1", scene.id, [A]))
    scene.store.write_sync(lambda tx: tx.execute("UPDATE purchase_order SET flow_from = ''"))
    assert scene.whys(A) == [Why.ARRIVING]


def test_when_and_what_came_last(scene: Scene) -> None:
    returned(scene)
    (reason,) = scene.why(A).reasons
    assert reason.at == scene.linked.now
    assert reason.supplier == ("RESELLER", "LINKED01", "Supplier LINKED01")
    # Sold again to somebody else: we are told of our own past, and that it has an owner.
    scene.other.send(document("AGAIN", scene.their_id, [A]))
    assert scene.whys(A) == [Why.RETURNED, Why.OWNED_ELSEWHERE]
    assert "AGAIN" not in repr(scene.why(A))


def test_the_problem_is_named(scene: Scene) -> None:
    refused_as_theirs(scene)
    reason = scene.why(A).reasons[0]
    assert reason.problem is Problem.ANOTHER_SUPPLIER
    assert "Another supplier has it in an order" in reason.sentence
    assert scene.linked.lines("X1")[A].state is ClaimState.REFUSED


def test_refused_again_and_again_is_told_once(scene: Scene) -> None:
    refused_as_a_whole(scene)
    scene.linked.send(document("X1", scene.id, [A], po="three"))
    assert scene.whys(A) == [Why.REFUSED]


def test_the_makers_customer_number_with_zeros(scene: Scene) -> None:
    link(scene.ours, "77", "APPLE")
    scene.maker.send(document("X1", "0077", [B], po="one"))
    scene.maker.send(document("X1", "0077", [A], po="two"))
    assert scene.whys(A) == [Why.REFUSED]
    scene.maker.submit(document("X2", "0077", [C]))
    assert scene.whys(C) == [Why.NOT_PROCESSED]


def test_where_the_order_came_by_a_link_that_is_gone(scene: Scene) -> None:
    scene.linked.send(document("X1", scene.id, [A]))
    unlink(scene.ours, "LINKED01")
    scene.linked.send(document("X1", scene.id, [D]))
    assert scene.whys(A) == [Why.HERE]
    assert scene.whys(D) == [Why.NOT_LINKED]
