"""A submission is tried: the answer is the one that it gets afterwards, and nothing at all is kept."""

import random
from typing import Any

import pytest

from pomona.enroll_service.routes import VALIDATE
from pomona.store import Store, Tx
from tests.enroll_service.service import CONTEXT, Account, Make, Service, codes, order
from tests.enroll_service.test_limits import limited
from tests.support.supply import link, owned, unlink
from tests.support.worlds import serials

OURS = ("orderState", "orderStateMessage", "devicesAvailable", "devicesPending", "devicesReturned")


def validate(account: Account, *orders: Any, **more: Any) -> Any:
    """The answer to a trial."""
    response = account.http.post(
        str(account.http.base_url.join(VALIDATE)), json=account.request(*orders, **more)
    )
    assert response.status_code == 200
    return response.json()


def everything(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""

    def read(tx: Tx) -> dict[str, list[Any]]:
        names = (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
            if tx.postgresql
            else "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        tables = sorted(str(row[0]) for row in tx.rows(names))
        return {table: sorted(map(repr, tx.rows(f"SELECT * FROM {table}"))) for table in tables}

    return store.read_sync(read)


def plain(answer: Any) -> tuple[str, list[Any]]:
    """What a trial and a status have in common."""
    orders = [{key: value for key, value in each.items() if key not in OURS} for each in answer["orders"]]
    return answer["statusCode"], orders


def test_the_same_answer_as_afterwards_and_nothing_is_kept(service: Service) -> None:
    account, other = service.account(), service.account("0A0B0C0D")
    world = service.organization("Example", account.number, other.number)
    stranger = service.organization("Buyer", other.number)
    a, b, theirs = serials(4), serials(3, seed=2), serials(2, seed=3)
    other.send(order("B", world.organization.number, theirs))
    ours = world.organization.number
    submissions: list[list[Any]] = [
        [order("A", ours, a), order("A2", ours, [a[0], *b]), order("N", "1", b)],
        [order("C", stranger.organization.number, serials(2, seed=9))],
        [order("A", ours, theirs), order("A", ours, ["BAD", b[0]]), order("VD1", ours, type="VD")],
        [order("ARE", ours, a[:2], "RE", orderDate="2014-09-01T00:00:00Z"), order("A", ours, type="VD")],
        [order("ARE", ours, type="VD", orderDate="2014-09-01T00:00:00Z"), order("A", ours, a[2:], "OV")],
        [order("A", ours, type="VD"), order("A", ours, a)],
    ]
    for submission in submissions:
        before = everything(service.runtime.store)
        tried = validate(account, *submission)
        assert everything(service.runtime.store) == before
        assert plain(tried) == plain(account.send(*submission)), submission


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_submissions(service: Service, seed: int) -> None:
    rng = random.Random(seed)
    accounts = [service.account(), service.account("0A0B0C0D")]
    worlds = [
        service.organization(name, *(each.number for each in accounts)) for name in ("Example", "Buyer")
    ]
    stock = serials(8, seed=seed)
    for _ in range(25):
        account = rng.choice(accounts)
        orders = []
        for _ in range(rng.randint(1, 3)):
            type = rng.choice(["OR", "OR", "OR", "RE", "OV", "VD"])
            ids = None if type == "VD" else rng.sample(stock, rng.randint(1, 4))
            number = f"{rng.choice('ABC')}{'RE' if type == 'RE' or rng.random() < 0.2 else ''}"
            orders.append(order(number, rng.choice(worlds).organization.number, ids, type))
        before = everything(service.runtime.store)
        tried = validate(account, *orders)
        assert everything(service.runtime.store) == before
        assert plain(tried) == plain(account.send(*orders))


def test_what_would_wait_is_said(service: Service) -> None:
    account = service.account()
    world = service.organization("Example")
    three = order("A", world.organization.number, serials(3))
    tried = validate(account, three)
    assert tried["statusCode"] == "COMPLETE"
    (shown,) = tried["orders"]
    assert (shown["orderState"], shown["devicesPending"], shown["devicesAvailable"]) == ("PENDING", 3, 0)
    assert "16FCE4A0 is not linked" in shown["orderStateMessage"]
    link(world, account.number)
    (shown,) = validate(account, three)["orders"]
    assert (shown["orderState"], shown["devicesAvailable"]) == ("AVAILABLE", 3)
    assert "orderStateMessage" not in shown
    unlink(world, account.number)
    account.send(three)
    (shown,) = validate(account, order("A", world.organization.number, type="VD"))["orders"]
    assert shown["orderState"] == "VOIDED"
    (refused,) = validate(account, order("A", "1", serials(1)))["orders"]
    assert refused["orderPostStatus"] == "DEP-ERR-OR-4102"


def test_what_is_not_worked_off_yet_is_passed_over_and_said(make_service: Make) -> None:
    service = make_service(working=False)
    account = service.account()
    world = service.organization("Example", account.number)
    first = order("A", world.organization.number, serials(2))
    account.enroll(first)
    assert validate(account, first)["transactionsInProgress"] == 1
    service.work()
    assert validate(account, first)["transactionsInProgress"] == 0
    assert len(owned(world, serials(2))) == 2


def test_a_transaction_id_that_was_used_is_tried_all_the_same(service: Service) -> None:
    account = service.account()
    world = service.organization("Example", account.number)
    request = account.request(order("A", world.organization.number, serials(2)))
    accepted = account.call("bulk-enroll-devices", request)
    while "statusCode" not in account.status(accepted["deviceEnrollmentTransactionId"]):
        pass
    response = account.http.post(str(account.http.base_url.join(VALIDATE)), json=request)
    assert response.json()["statusCode"] == "COMPLETE"
    assert response.json()["transactionId"] == request["transactionId"]


def test_refusals_are_those_of_a_submission(service: Service) -> None:
    limited(service, order_trial_limit=3)
    account = service.account()
    world = service.organization("Example", account.number)
    five = order("A", world.organization.number, serials(5))
    assert codes(validate(account, five)) == ("object", ["DEP-ERR-3005"])
    assert codes(validate(account)) == ("object", ["DEP-ERR-3003"])
    assert codes(validate(account, order("A", "1", []), depResellerId="OTHER")) == ("flat", ["GRX-90004"])
    assert codes(validate(account, requestContext=CONTEXT | {"timeZone": "x"})) == ("flat", ["GRX-50022"])
    url = str(account.http.base_url.join(VALIDATE))
    assert account.http.get(url).status_code == 405
    assert codes(account.http.post(url, json={}, headers={"Authorization": ""}).json()) == (
        "flat",
        ["GRX-50038"],
    )


def test_a_large_one_of_several_steps(service: Service) -> None:
    account = service.account()
    world = service.organization("Example", account.number)
    many = order("A", world.organization.number, serials(5_000))
    before = everything(service.runtime.store)
    (shown,) = validate(account, many)["orders"]
    assert (shown["orderPostStatus"], shown["devicesAvailable"]) == ("COMPLETE", 5_000)
    assert everything(service.runtime.store) == before
