"""A supplier's order software against the real service, and against answers that only others give."""

from collections.abc import Iterator

import httpx
import pytest

from pomona.runtime import Runtime
from pomona.simulator.orders import dated, invented, read
from pomona.simulator.supplier import SupplierAccount, SupplierClient, SupplierRefused
from tests.enroll_service.service import SHIP_TO, Account, Service
from tests.support.serving import Serve
from tests.support.supply import owned
from tests.support.worlds import NOW, World


class Trade:
    """A linked reseller with its software."""

    def __init__(self, runtime: Runtime, serve: Serve) -> None:
        self.service = Service(runtime, serve)
        self.account: Account = self.service.account()
        self.world: World = self.service.organization("Example", self.account.number)
        self.http = httpx.Client(base_url=self.service.origin, timeout=20)

    @property
    def customer(self) -> str:
        """The buyer's Organisation ID."""
        return self.world.organization.number

    def client(self, token: str | None = None) -> SupplierClient:
        """The software, with the account's token or another."""
        account = SupplierAccount(self.account.number, SHIP_TO, token or self.account.token)
        return SupplierClient(self.http, account)


@pytest.fixture
def trade(runtime: Runtime, serve: Serve) -> Iterator[Trade]:
    made = Trade(runtime, serve)
    yield made
    made.http.close()
    made.account.http.close()


def test_an_invented_order_of_all_kinds(trade: Trade) -> None:
    order, products = invented("PO-1", 200, 7, trade.customer)
    client = trade.client()
    fate = client.follow(client.submit("T1", dated([order], {}, NOW)))
    assert (fate.status, fate.orders, len(fate.devices)) == ("COMPLETE", [("PO-1", "COMPLETE", "")], 200)
    assert {each.code for each in fate.devices} == {"COMPLETE"}
    (shown,) = client.details(["PO-1"])
    assert {each["deviceId"] for each in shown["deliveries"][0]["devices"]} == products.keys()
    assert len(owned(trade.world, list(products))) == 200


def test_a_file_with_all_four_types(trade: Trade) -> None:
    client = trade.client()
    first = "order_number,serial,asset_tag\nA,C02O1234567,T1\nA,C02O1234568,\nB,C02O1234569,\n"
    second = "order_number,serial,order_type\nARE,C02O1234567,RE\nB,,VD\nA,C02O1234568,OV\n"
    fates = []
    for n, text in enumerate((first, second)):
        orders = dated(read(text.encode(), trade.customer), {}, NOW + n * 1000)
        fates.append(client.follow(client.submit(f"T{n}", orders)))
    assert fates[0].status == "COMPLETE"
    # A return stands in the way of the override, as it would at the original.
    assert [code for _, code, _ in fates[1].orders] == ["COMPLETE", "COMPLETE", "DEP-ERR-OR-4114"]
    assert owned(trade.world, ["C02O1234567", "C02O1234568", "C02O1234569"]) == ["C02O1234568"]


def test_devices_that_are_refused_are_named(trade: Trade) -> None:
    client = trade.client()
    orders = dated(read(b"order_number,serial\nA,C02O1234567\nB,C02O1234567\n", trade.customer), {}, NOW)
    fate = client.follow(client.submit("T", orders))
    assert fate.status == "COMPLETE_WITH_ERRORS"
    (bad,) = [each for each in fate.devices if each.code != "COMPLETE"]
    assert (bad.order, bad.device, bad.code) == ("B", "C02O1234567", "DEP-ERR-DE-4303")
    assert "another order of yours" in bad.message


def test_refusals_carry_code_and_sentence(trade: Trade) -> None:
    with pytest.raises(SupplierRefused, match="GRX-50038: The credential") as caught:
        trade.client("wrong").submit("T", [])
    assert trade.account.token not in str(caught.value)
    with pytest.raises(SupplierRefused, match=r"DEP-ERR-3003.*DEP-ERR-3002"):
        trade.client().submit("T" * 65, [])
    with pytest.raises(SupplierRefused, match="DEP-ERR-4004"):
        trade.client().status("nothing")
    with pytest.raises(SupplierRefused, match="DEP-ERR-5001"):
        trade.client().details([])
    assert trade.account.token not in repr(SupplierAccount("A", SHIP_TO, trade.account.token))


def answering(*answers: httpx.Response) -> httpx.Client:
    waiting = list(answers)
    return httpx.Client(base_url="http://supplier", transport=httpx.MockTransport(lambda _: waiting.pop(0)))


def test_it_waits_longer_and_longer() -> None:
    busy = {"checkTransactionErrorResponse": {"errorCode": "DEP-ERR-4003", "errorMessage": "later"}}
    done = {"statusCode": "COMPLETE", "orders": [{"orderNumber": "V", "orderPostStatus": "COMPLETE"}]}
    waited: list[float] = []
    with answering(*[httpx.Response(200, json=busy)] * 20, httpx.Response(200, json=done)) as http:
        client = SupplierClient(http, SupplierAccount("A", SHIP_TO, "t"), waited.append)
        fate = client.follow("id")
    assert (fate.status, fate.devices) == ("COMPLETE", [])
    assert waited == sorted(waited)
    assert (waited[0], waited[-1]) == (0.1, 2.0)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(502, text="bad gateway"), "502 without a document"),
        (httpx.Response(200, json=[1]), "no object"),
        (httpx.Response(200, json={"errorCode": "GRX-1", "errorMessage": "flat"}), "GRX-1: flat"),
    ],
)
def test_answers_of_something_else(answer: httpx.Response, said: str) -> None:
    with answering(answer) as http, pytest.raises(SupplierRefused, match=said):
        SupplierClient(http, SupplierAccount("A", SHIP_TO, "t")).status("id")
