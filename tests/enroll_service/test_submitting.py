"""Sending again, sending what belongs to others, and being cut off in the middle."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from pomona.registry import submissions
from pomona.runtime import Runtime
from pomona.store import Store
from pomona.work.orders import OrderWorker
from tests.enroll_service.service import Make, Service, codes, order
from tests.support.supply import counted, owned
from tests.support.worlds import serials


def test_the_same_again_is_no_second_order(service: Service) -> None:
    account = service.account()
    world = service.organization("Example", account.number)
    ours = serials(2)
    request = account.request(order("A", world.organization.number, ours))
    first = account.call("bulk-enroll-devices", request)
    assert account.call("bulk-enroll-devices", request) == first
    account.send(order("Z", world.organization.number, serials(1, seed=9)))
    assert account.call("bulk-enroll-devices", request) == first
    kept = service.runtime.store.read_sync(lambda tx: submissions.newest(tx, account.supplier.id))
    assert [submission.transaction_id for submission in kept] == ["TXN_2", "TXN_1"]


def test_the_same_transaction_id_with_another_body(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    account = service.account()
    world = service.organization("Example", account.number)
    request = account.request(order("A", world.organization.number, serials(2)))
    other = request | {"orders": [order("B", world.organization.number, serials(1, seed=2))]}
    with caplog.at_level("WARNING", "pomona.enroll_service"):
        ids = [
            account.call("bulk-enroll-devices", each)["deviceEnrollmentTransactionId"]
            for each in (request, other)
        ]
    assert ids[0] != ids[1]
    assert caplog.messages == ["transaction id used again with another body"]
    # Two suppliers may use the same ids.
    stranger = service.account("0A0B0C0D")
    foreign = stranger.call("bulk-enroll-devices", request | {"depResellerId": stranger.number})
    assert foreign["deviceEnrollmentTransactionId"] not in ids


def test_sending_the_same_at_once_keeps_one(service: Service) -> None:
    account = service.account()
    world = service.organization("Example", account.number)
    request = account.request(order("A", world.organization.number, serials(3)))
    ids: list[str] = []

    def send() -> None:
        ids.append(account.call("bulk-enroll-devices", request)["deviceEnrollmentTransactionId"])

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6
    assert len(set(ids)) == 1


def test_the_body_is_kept_as_it_came(service: Service) -> None:
    account = service.account()
    world = service.organization("Example", account.number)
    raw = b'\xef\xbb\xbf {"transactionid": "T", "requestContext": {"shipTo":"52010","timeZone":"0","langCode":"EN"},'
    raw += b'"depResellerId":"16fce4a0","orders":[{"orderNumber":"A","orderDate":"2014-08-28T12:10:10+02:00",'
    raw += b'"orderType":"OR","customerId":"%s","deliveries":[{"deliveryNumber":"SELF","shipDate":"2014-08-29T00:00:00Z",'
    raw += b'"devices":[{"deviceId":"%s","productType":"iPhone17,1"}]}]}]}  '
    body = raw % (world.organization.number.encode(), serials(1)[0].encode())
    answer = account.http.post(
        "bulk-enroll-devices", content=body, headers={"Content-Type": "application/json"}
    )
    id = answer.json()["deviceEnrollmentTransactionId"]
    store = service.runtime.store
    kept = store.read_sync(lambda tx: submissions.by_uuid(tx, account.supplier.id, id))
    assert store.read_sync(lambda tx: submissions.body(tx, kept.id)) == body
    assert kept.received_from == "127.0.0.1"
    assert account.details("A")["orders"][0].get("orderDate") in {None, "2014-08-28T10:10:10Z"}


def test_another_suppliers_submissions_and_orders_are_as_if_they_were_not(service: Service) -> None:
    account, other = service.account(), service.account("0A0B0C0D")
    world = service.organization("Example", account.number)
    id = account.enroll(order("A", world.organization.number, serials(1)))["deviceEnrollmentTransactionId"]
    missing = other.status("12345678-1234-4123-8123-123456789012_1413529391461")
    foreign = other.status(id)
    assert codes(foreign) == codes(missing) == ("array", ["DEP-ERR-4004"])
    assert foreign["checkTransactionErrorResponse"] == missing["checkTransactionErrorResponse"]
    unknown, theirs = other.details("nope", "A")["orders"]
    assert theirs == unknown | {"orderNumber": "A"}
    voided = other.send(order("A", world.organization.number, None, "VD"))
    assert voided["orders"][0]["orderPostStatus"] == "DEP-ERR-OR-4109"


def test_two_organisations_and_overlapping_everything(service: Service) -> None:
    account, other = service.account(), service.account("0A0B0C0D")
    mine = service.organization("Example", account.number, other.number)
    theirs = service.organization("Other", account.number, other.number)
    ours, shared = serials(2), serials(1, seed=5)
    account.send(order("A", mine.organization.number, ours))
    other.send(order("A", theirs.organization.number, shared))
    fate = other.send(order("B", theirs.organization.number, [*ours, *shared]))
    words = [device["devicePostStatus"] for device in fate["orders"][0]["deliveries"][0]["devices"]]
    assert words == ["DEP-ERR-DE-4305", "DEP-ERR-DE-4305", "DEP-ERR-DE-4303"]
    assert "Example" not in str(fate)
    assert mine.organization.number not in str(fate)
    assert (owned(mine, ours), owned(theirs, [*ours, *shared])) == (ours, shared)
    assert (account.devices("A"), other.devices("A")) == (sorted(ours), shared)


def test_a_killed_worker_is_followed_by_another(make_service: Make, any_store: Store) -> None:
    service = make_service(working=False)
    account = service.account()
    world = service.organization("Example", account.number)
    target = world.service("Main")
    world.default("IPHONE", target)
    ours = serials(5_000)
    devices = [{"deviceId": id, "productType": "iPhone17,1"} for id in ours]
    parts = [{"deliveryNumber": "D", "shipDate": "2014-10-10T05:10:00Z", "devices": devices}]
    id = account.enroll(order("A", world.organization.number, deliveries=parts))[
        "deviceEnrollmentTransactionId"
    ]
    first = OrderWorker(service.runtime, "first")
    asyncio.run(_once(first))
    assert 0 < len(owned_ids(any_store)) < 5_000
    assert codes(account.status(id)) == ("array", ["DEP-ERR-4003"])
    del first
    second, third = OrderWorker(service.runtime, "second"), OrderWorker(service.runtime, "third")
    asyncio.run(_together(second, third))
    assert account.status(id)["statusCode"] == "COMPLETE"
    assert owned_ids(any_store) == sorted(ours)
    log = any_store.read_sync(
        lambda tx: tx.rows(
            "SELECT seq, device_id FROM operation WHERE service_id = $1 ORDER BY seq", target.id
        )
    )
    assert [seq for seq, _ in log] == list(range(1, 5_001))
    assert len({device for _, device in log}) == 5_000
    counted(any_store)


async def _once(worker: OrderWorker) -> None:
    await worker.look()
    await worker.look()


async def _together(*workers: OrderWorker) -> None:
    async def all_of_it(worker: OrderWorker) -> None:
        while await worker.look():
            pass

    await asyncio.gather(*(all_of_it(worker) for worker in workers))


def owned_ids(store: Store) -> list[str]:
    return [
        row[0]
        for row in store.read_sync(lambda tx: tx.rows("SELECT serial FROM serial_owner ORDER BY serial"))
    ]


def test_what_cannot_be_worked_on_is_given_up_and_the_next_one_done(
    make_service: Make, any_store: Store
) -> None:
    service = make_service(working=False)
    account = service.account()
    world = service.organization("Example", account.number)
    broken = account.enroll(order("A", world.organization.number, serials(1)))[
        "deviceEnrollmentTransactionId"
    ]
    any_store.write_sync(lambda tx: tx.execute("UPDATE submission_chunk SET devices = 'damaged'"))
    fine = account.enroll(order("B", world.organization.number, serials(1)))["deviceEnrollmentTransactionId"]
    service.work()
    assert codes(account.status(broken)) == ("array", ["DEP-ERR-4005"])
    assert account.status(fine)["statusCode"] == "COMPLETE"
    assert owned(world, serials(1)) == serials(1)


def test_two_resellers_race_for_the_same_devices(runtime: Runtime, serve: Callable[..., str]) -> None:
    service = Service(runtime, serve, working=False)
    one, two = service.account(), service.account("0A0B0C0D")
    worlds = [service.organization("One", one.number), service.organization("Two", two.number)]
    ours = serials(500)
    ids = [
        account.enroll(order("A", world.organization.number, ours))["deviceEnrollmentTransactionId"]
        for account, world in zip((one, two), worlds, strict=True)
    ]
    asyncio.run(_together(OrderWorker(runtime, "a"), OrderWorker(runtime, "b")))
    words = [account.status(id)["statusCode"] for account, id in zip((one, two), ids, strict=True)]
    assert sorted(words) == ["COMPLETE", "ERROR"]
    assert sorted(len(owned(world, ours)) for world in worlds) == [0, 500]
    for account in (one, two):
        account.http.close()


def test_a_look_with_nothing_to_do(runtime: Runtime) -> None:
    assert asyncio.run(OrderWorker(runtime, "idle").look()) is False
