"""A reseller's year: believable, the same for a seed, and at its end the service and the books agree."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from pomona.runtime import Runtime
from pomona.simulator import reseller_calendar
from pomona.simulator.reseller_desk import Desk, Sent
from pomona.simulator.reseller_stories import STORIES, new_order
from pomona.simulator.reseller_year import Year, play
from pomona.simulator.supplier import SupplierAccount, SupplierClient
from tests.enroll_service.service import SHIP_TO, Service
from tests.support.serving import Serve
from tests.support.supply import counted, owned
from tests.support.worlds import World

START = date(2025, 1, 1)


class Trade:
    """A reseller with two customers that have linked it."""

    def __init__(self, runtime: Runtime, serve: Serve) -> None:
        self.service = Service(runtime, serve)
        self.account = self.service.account()
        self.worlds: list[World] = [
            self.service.organization(name, self.account.number) for name in ("Example", "Buyer")
        ]
        self.http = httpx.Client(base_url=self.service.origin, timeout=30)
        self.client = SupplierClient(
            self.http,
            SupplierAccount(self.account.number, SHIP_TO, self.account.token),
            lambda _: time.sleep(0.02),
        )

    def desk(self, seed: int = 1, **more: Any) -> Desk:
        """The order desk of one of its years."""
        return Desk(seed, [world.organization.number for world in self.worlds], **more)

    def play(self, desk: Desk, days: int, seed: int = 1) -> Year:
        """Plays it, hardly waiting between polls."""
        return play(self.client, desk, START, days, seed=seed)


@pytest.fixture
def trade(runtime: Runtime, serve: Serve) -> Iterator[Trade]:
    made = Trade(runtime, serve)
    yield made
    made.http.close()
    made.account.http.close()


def test_a_quarter_ends_as_the_books_say(trade: Trade) -> None:
    desk = trade.desk(orders_a_day=2)
    year = trade.play(desk, 90)
    assert (year.surprises, year.differences) == ([], [])
    assert year.good
    assert year.orders["OR"] > 100
    assert all(year.orders[type] for type in ("RE", "OV", "VD"))
    assert year.devices_refused
    counted(trade.service.runtime.store)
    for world in trade.worlds:
        entries = [each for each in desk.books.entries.values() if each.type in ("OR", "OV")]
        theirs = sorted(
            serial for each in entries if each.customer == world.organization.number for serial in each.lines
        )
        assert owned(world, theirs) == theirs
    assert year.standing == sum(len(each.lines) for each in entries)


def test_played_twice_it_changes_nothing(trade: Trade) -> None:
    first = trade.play(trade.desk(2, orders_a_day=1), 30, seed=2)
    assert first.good
    before = trade.service.runtime.store.read_sync(
        lambda tx: [
            tx.rows(f"SELECT * FROM {table} ORDER BY 1, 2")
            for table in ("submission", "claim", "purchase_order")
        ]
    )
    again = trade.play(trade.desk(2, orders_a_day=1), 30, seed=2)
    assert again.good
    assert (again.transactions, again.standing) == (first.transactions, first.standing)
    after = trade.service.runtime.store.read_sync(
        lambda tx: [
            tx.rows(f"SELECT * FROM {table} ORDER BY 1, 2")
            for table in ("submission", "claim", "purchase_order")
        ]
    )
    assert before == after


def test_what_the_service_got_wrong_is_told(trade: Trade) -> None:
    desk = trade.desk(3, orders_a_day=1)
    year = trade.play(desk, 20, seed=3)
    assert year.good
    number = next(each.number for each in desk.books.entries.values() if each.lines and each.type == "OR")
    lost = desk.books.live(number)[0]
    trade.service.runtime.store.write_sync(
        lambda tx: tx.execute("UPDATE claim SET state = 5 WHERE serial = $1", lost)
    )
    trade.service.runtime.store.write_sync(
        lambda tx: tx.execute("UPDATE purchase_order SET po_number = 'X' WHERE number = $1", number)
    )
    again = trade.play(trade.desk(3, orders_a_day=1), 20, seed=3)
    told = " ".join(again.differences)
    assert not again.good
    assert f"order {number}, devices" in told
    assert f"order {number}, po: the service says X" in told


def alone(seed: int, days: int = 365, **more: Any) -> list[tuple[date, list[Sent]]]:
    """A year without a service."""
    desk = Desk(seed, ["100", "200", "300"], **more)
    sent = [(day, desk.day(day, new_order)) for day in reseller_calendar.working_days(START, days)]
    while (due := desk.next_due) is not None:
        sent.append((due, desk.due(due)))
    return sent


def test_the_same_for_a_seed_and_another_for_another() -> None:
    assert alone(5) == alone(5)
    assert alone(5) != alone(6)


def test_a_year_is_believable() -> None:
    days = alone(7, orders_a_day=5)
    sent = [each for _, each_day in days for each in each_day]
    orders = Counter(each.document["orderType"] for each in sent)
    assert 1_000 < orders["OR"] < 3_000
    assert orders["RE"] > 100
    assert min(orders["OV"], orders["VD"]) > 30
    by_month = Counter(day.month for day, each_day in days for _ in each_day)
    assert by_month[12] > by_month[8]
    assert by_month[9] > by_month[7]
    for day, each_day in days:
        assert reseller_calendar.is_working(day)
        for each in each_day:
            ordered = each.document["orderDate"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", ordered)
            assert all(delivery["shipDate"] >= ordered for delivery in each.document.get("deliveries", []))
            assert len(each.document["orderNumber"]) <= 32
    numbers = {each.document["orderNumber"] for each in sent}
    assert any(number.endswith("RE2") for number in numbers)
    assert any(number.endswith("X") for number in numbers)


def test_every_story_happens_in_a_year() -> None:
    desk = Desk(8, ["100", "200"])
    for day in reseller_calendar.working_days(START, 365):
        desk.day(day, new_order)
    told = {name for name, count in desk.told.items() if count}
    assert {story.__name__ for story in STORIES} | {"return", "wrong_return"} <= told


def test_one_customer_gets_nobody_elses_orders() -> None:
    desk = Desk(9, ["100"])
    for day in reseller_calendar.working_days(START, 365):
        desk.day(day, new_order)
    assert not desk.told["wrong_customer"]
    with pytest.raises(ValueError, match="at least one customer"):
        Desk(1, [])


def test_the_calendar() -> None:
    days = list(reseller_calendar.working_days(START, 365))
    assert len(days) == 254
    assert all(day.weekday() < 5 for day in days)
    assert reseller_calendar.after(date(2025, 12, 23), 1) == date(2026, 1, 2)
    assert reseller_calendar.after(date(2025, 5, 16), 1) == date(2025, 5, 19)
    assert reseller_calendar.after(date(2025, 5, 16), 0) == date(2025, 5, 19)
    ordinary = reseller_calendar.busyness(date(2025, 3, 12))
    assert reseller_calendar.busyness(date(2025, 3, 31)) > 2 * ordinary
    assert reseller_calendar.busyness(date(2025, 8, 13)) < ordinary
    assert all(
        reseller_calendar.is_working(START + timedelta(n)) == ((START + timedelta(n)) in days)
        for n in range(365)
    )
