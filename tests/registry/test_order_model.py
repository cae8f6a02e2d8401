"""Any sequence of orders, returns, voids, overrides, links, unlinks and releases, against a model that shares no code.

The model is a dictionary of orders and one of serials, written from the rules and not from the registry.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.store import Store
from tests.support.supply import ORDERED, Reseller, counted, document, link, owned, unlink
from tests.support.worlds import World, serials

PLACES = tuple(range(5))

Id = tuple[int, str]


@dataclass
class ModelOrder:
    """`held`: serial to its state, of those the order still consists of."""

    kind: str
    customer: int
    date: int
    held: dict[int, str] = field(default_factory=dict)
    took: dict[int, list[Id]] = field(default_factory=dict)
    touched: bool = False

    @property
    def began(self) -> bool:
        return bool(self.took if self.kind == "RE" else self.held)


class Model:
    """Two customers, two resellers."""

    def __init__(self) -> None:
        self.linked: set[tuple[int, int]] = set()
        self.orders: dict[Id, ModelOrder] = {}
        self.sequence: list[Id] = []

    def holder(self, serial: int) -> Id | None:
        """The order that holds a serial alive."""
        found = [id for id, order in self.orders.items() if order.held.get(serial) == "live"]
        assert len(found) <= 1
        return found[0] if found else None

    def owner(self, serial: int) -> int | None:
        """The customer that has a serial."""
        holder = self.holder(serial)
        return None if holder is None else self.orders[holder].customer

    def claim(self, id: Id, serial: int, *, again: bool = False) -> None:
        """An order wants a device."""
        order = self.orders[id]
        if order.held.get(serial) == "live":
            return
        if (order.customer, id[0]) not in self.linked:
            order.held[serial] = "waiting"
        elif self.holder(serial) is None:
            order.held[serial] = "live"
        elif again or order.held.get(serial) == "waiting":
            order.held.pop(serial, None)

    def submit(
        self, reseller: int, kind: str, number: str, customer: int, date: int, wanted: list[int]
    ) -> None:
        """One order of a submission."""
        id = reseller, number
        standing = self.orders.get(id)
        if kind == "VD":
            if standing is not None and not self.has_returns(standing):
                self.void(id, standing)
        elif kind == "OV":
            if standing is not None and standing.kind != "RE" and not self.has_returns(standing):
                self.override(id, customer, date, wanted)
        elif (standing is not None and standing.began and (standing.kind == "RE") != (kind == "RE")) or (
            standing is not None and standing.began and (standing.customer, standing.date) != (customer, date)
        ):
            return
        else:
            if standing is None or not standing.began:
                self.orders[id] = ModelOrder(kind, customer, date)
            if kind == "OR":
                for serial in dict.fromkeys(wanted):
                    self.claim(id, serial)
            else:
                self.give_back(id, dict.fromkeys(wanted))

    @staticmethod
    def has_returns(order: ModelOrder) -> bool:
        """Whether something of an order is at its reseller's again."""
        return order.kind != "RE" and "returned" in order.held.values()

    def void(self, id: Id, order: ModelOrder) -> None:
        del self.orders[id]
        for serial in sorted(order.took):
            for origin in order.took[serial]:
                if self.orders[origin].held.get(serial) == "returned":
                    del self.orders[origin].held[serial]
                    self.claim(origin, serial)

    def override(self, id: Id, customer: int, date: int, wanted: list[int]) -> None:
        before = self.orders[id]
        self.orders[id] = ModelOrder("OR", customer, date)
        for serial in dict.fromkeys(wanted):
            if before.customer == customer and before.held.get(serial) == "live":
                self.orders[id].held[serial] = "live"
            elif self.holder(serial) is None or (customer, id[0]) not in self.linked:
                self.claim(id, serial)

    def give_back(self, id: Id, wanted: Any) -> None:
        ret = self.orders[id]
        possible: dict[int, list[Id]] = {}
        for serial in wanted:
            if serial in ret.took:
                continue
            possible[serial] = [
                other
                for other, order in self.orders.items()
                if other[0] == id[0]
                and order.customer == ret.customer
                and order.held.get(serial) in {"live", "waiting"}
            ]
        if any(self.orders[other].date > ret.date for others in possible.values() for other in others):
            return
        for serial, others in possible.items():
            for other in others:
                self.orders[other].held[serial] = "returned"
            if others:
                ret.took[serial] = others

    def link(self, customer: int, reseller: int) -> None:
        self.linked.add((customer, reseller))
        for id in self.sequence:
            order = self.orders.get(id)
            if order is not None and id[0] == reseller and order.customer == customer:
                for serial in sorted(serial for serial, state in order.held.items() if state == "waiting"):
                    self.claim(id, serial)

    def release(self, customer: int, serial: int) -> None:
        holder = self.holder(serial)
        if holder is not None and self.orders[holder].customer == customer:
            self.orders[holder].held[serial] = "released"


ORDERS, RETURNS = ("N1", "N2"), ("R1", "R2")
reseller_ids = st.sampled_from([0, 0, 0, 1])
customers = st.sampled_from([0, 0, 0, 1])
some_places = st.lists(st.sampled_from(PLACES), min_size=1, max_size=4)


def submission(kind: str, numbers: Sequence[str], dates: Sequence[int]) -> st.SearchStrategy[Any]:
    """Mostly what makes sense, so that sequences get somewhere."""
    return st.tuples(
        st.just("submit"),
        reseller_ids,
        st.just(kind),
        st.sampled_from(numbers),
        customers,
        st.sampled_from(dates),
        some_places,
    )


moves = st.one_of(
    submission("OR", (*ORDERS, *ORDERS, *ORDERS, "R1"), (0, 0, 0, 0, 1000)),
    submission("OR", ORDERS, (0,)),
    submission("OV", ORDERS, (0,)),
    submission("RE", (*RETURNS, *RETURNS, *RETURNS, "N1"), (1000, 1000, 1000, 0)),
    submission("OV", (*ORDERS, *ORDERS, *ORDERS, "R1"), (0, 0, 1000)),
    submission("VD", (*ORDERS, *RETURNS), (0,)),
    st.tuples(st.just("link"), customers, reseller_ids),
    st.tuples(st.just("unlink"), customers, reseller_ids),
    st.tuples(st.just("release"), customers, st.sampled_from(PLACES)),
)


class Both:
    """The registry and the model, moved together. Each play has names and serials of its own, so a store serves many."""

    def __init__(self, store: Store, play: int) -> None:
        self.store = store
        self.model = Model()
        self.serials = serials(len(PLACES), seed=play)
        self.numbers = (f"A{play}", f"B{play}")
        self.worlds = [World(store, f"One {play}"), World(store, f"Two {play}")]
        self.resellers = [Reseller(store, number) for number in self.numbers]

    def move(self, move: Any) -> None:
        getattr(self, move[0])(*move[1:])
        self.compare()

    def submit(
        self, reseller: int, kind: str, number: str, customer: int, date: int, wanted: list[int]
    ) -> None:
        ids = [] if kind == "VD" else [self.serials[place] for place in wanted]
        organization = self.worlds[customer].organization.number
        self.resellers[reseller].send(document(number, organization, ids, kind, ordered_at=ORDERED + date))
        before = self.model.orders.get((reseller, number))
        self.model.submit(reseller, kind, number, customer, date, wanted)
        after = self.model.orders.get((reseller, number))
        if after is not None and before is None:
            # Waiting orders flow in by age; a number that is used again is a new order.
            self.model.sequence = [id for id in self.model.sequence if id != (reseller, number)]
            self.model.sequence.append((reseller, number))

    def link(self, customer: int, reseller: int) -> None:
        if (customer, reseller) not in self.model.linked:
            link(self.worlds[customer], self.numbers[reseller])
            self.model.link(customer, reseller)

    def unlink(self, customer: int, reseller: int) -> None:
        if (customer, reseller) in self.model.linked:
            unlink(self.worlds[customer], self.numbers[reseller])
            self.model.linked.remove((customer, reseller))

    def release(self, customer: int, place: int) -> None:
        world = self.worlds[customer]
        world.now = max(*(each.now for each in self.worlds), *(each.now for each in self.resellers)) + 1
        world.activity("RELEASE_DEVICES", [self.serials[place]])
        self.model.release(customer, place)

    def compare(self) -> None:
        counted(self.store)
        for customer, world in enumerate(self.worlds):
            expected = [place for place in PLACES if self.model.owner(place) == customer]
            assert owned(world, self.serials) == self.named(expected)
        for (reseller, number), order in self.model.orders.items():
            held = (place for place, state in order.held.items() if state != "returned")
            shown = order.took if order.kind == "RE" else held
            assert self.resellers[reseller].contents(number) == sorted(self.named(shown))

    def named(self, places: Iterable[int]) -> list[str]:
        return [self.serials[place] for place in places]


_played = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), st.lists(moves, min_size=18, max_size=24))
def test_any_sequence(any_store: Store, linked: bool, sequence: list[Any]) -> None:
    both = Both(any_store, next(_played))
    for customer, reseller in itertools.product((0, 1), (0, 1)) if linked else ():
        both.link(customer, reseller)
    for move in sequence:
        both.move(move)
