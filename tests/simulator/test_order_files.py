"""The user's own orders: CSV and JSON become wire orders, and whatever is wrong is named while nothing is submitted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue.identifiers import imei
from pomona.catalogue.kinds import Kind
from pomona.simulator.orders import BadOrders, RowProblem, dated, invented, read

NOW = 1_790_000_000_000
TODAY = "2026-09-21T14:13:20Z"
GOOD = """order_number,serial,product,delivery_number,ship_date,asset_tag,po_number
A-1,c02o1234567,"iPhone17,1",D1,2026-08-28T12:10:10+02:00,T1,PO
A-1,C02O1234568,,D1,2026-08-28T12:10:10+02:00,,PO
A-1,C02O1234569,,D2,,,PO
A-2,C02O1234570,,,,,
"""
ORDER: dict[str, Any] = {
    "orderNumber": "A-1",
    "orderType": "OR",
    "orderDate": "2026-08-28T10:10:10Z",
    "deliveries": [
        {
            "deliveryNumber": "SELF",
            "shipDate": "2026-08-28T10:10:10Z",
            "devices": [{"deviceId": "C02O1234567"}],
        }
    ],
}


def problems(text: str, customer: str = "42") -> list[RowProblem]:
    with pytest.raises(BadOrders) as caught:
        read(text.encode(), customer)
    return caught.value.problems


def test_csv_is_grouped_by_order_and_delivery() -> None:
    one, two = read(GOOD.encode(), "42")
    assert (one["orderNumber"], one["orderType"], one["customerId"], one["poNumber"]) == (
        "A-1",
        "OR",
        "42",
        "PO",
    )
    assert [(each["deliveryNumber"], len(each["devices"])) for each in one["deliveries"]] == [
        ("D1", 2),
        ("D2", 1),
    ]
    first = one["deliveries"][0]
    assert first["shipDate"] == "2026-08-28T10:10:10Z"
    assert first["devices"][0] == {"deviceId": "C02O1234567", "productType": "iPhone17,1", "assetTag": "T1"}
    assert two["deliveries"][0]["deliveryNumber"] == "SELF"


def test_dates_that_are_left_out_are_filled_in() -> None:
    one, two = dated(read(GOOD.encode(), "42"), {}, NOW)
    assert one["orderDate"] == "2026-08-28T10:10:10Z"
    assert [each["shipDate"] for each in one["deliveries"]] == ["2026-08-28T10:10:10Z", TODAY]
    assert (two["orderDate"], two["deliveries"][0]["shipDate"]) == (TODAY, TODAY)
    (again, _) = dated(read(GOOD.encode(), "42"), {"A-1": "2026-08-01T00:00:00Z"}, NOW)
    assert again["orderDate"] == "2026-08-01T00:00:00Z"
    given_date = b"order_number,serial,order_date\nA,C02O1234567,2027-01-02\n"
    (later,) = dated(read(given_date, "42"), {"A": "2026-08-01T00:00:00Z"}, NOW)
    assert (later["orderDate"], later["deliveries"][0]["shipDate"]) == ("2027-01-02T00:00:00Z",) * 2


def test_semicolons_a_byte_order_mark_and_windows_lines_are_fine() -> None:
    text = "\ufeffOrder_Number;Serial\r\nA-1;C02O1234567\r\n\r\nA-1;C02O1234568\r\n"
    (order,) = read(text.encode(), "42")
    assert len(order["deliveries"][0]["devices"]) == 2


def test_an_imei_stands_for_a_serial() -> None:
    (order,) = read(f"order_number,serial\nA,{imei(7)}\n".encode(), "42")
    assert order["deliveries"][0]["devices"] == [{"deviceId": imei(7)}]


def test_a_void_names_no_device() -> None:
    (order,) = dated(read(b"order_number,serial,order_type,customer_id\nA-1,,vd,7\n", "42"), {}, NOW)
    assert order == {
        "orderNumber": "A-1",
        "orderType": "VD",
        "customerId": "7",
        "poNumber": "",
        "orderDate": TODAY,
    }
    assert problems("order_number,serial,order_type\nA-1,C02O1234567,VD\n")[0].column == "serial"


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("order_number,colour\n", 1, "colour", "is no column; expected some of order_number, serial"),
        ("order_number\nA\n", 1, "serial", "is missing"),
        ("order_number,serial,serial\nA,B,C\n", 1, "serial", "stands twice"),
        ("order_number,serial\n", 2, "row", "at least one device"),
        ("order_number,serial\nA-1,C02O1234567\nA-1,x!\n", 3, "serial", "'X!'"),
        (
            "order_number,serial\nA-1,C02O1234567\n\nA-1,c02o1234567\n",
            4,
            "serial",
            "stands in line 2 already",
        ),
        ("order_number,serial,order_type\nA,,VD\nA,,VD\n", 3, "serial", "the order stands in line 2 already"),
        ("order_number,serial\n,C02O1234567\n", 2, "order_number", "1 to 32 characters"),
        ("order_number,serial\nA,\n", 2, "serial", "is empty"),
        (f"order_number,serial\n{'A' * 33},C02O1234567\n", 2, "order_number", "at most 32"),
        ("order_number,serial,product\nA,C02O1234567,iFone\n", 2, "product", "iFone"),
        ("order_number,serial,product\nA,C02O1234567,iPhone17,1\n", 2, "row", "quote a comma"),
        (
            "order_number,serial,order_type\nA,C02O1234567,XX\n",
            2,
            "order_type",
            "expected one of OR, RE, VD, OV",
        ),
        ("order_number,serial,ship_date\nA,C02O1234567,soon\n", 2, "ship_date", "expected like 2026-08-28"),
        (f"order_number,serial,asset_tag\nA,C02O1234567,{'t' * 129}\n", 2, "asset_tag", "128"),
        (
            "order_number,serial,po_number\nA,C02O1234567,P1\nA,C02O1234568,P2\n",
            3,
            "po_number",
            "'P2' is not 'P1' as in line 2",
        ),
        (
            "order_number,serial,delivery_number,ship_date\nA,C02O1234567,D,2026-01-01\nA,C02O1234568,D,2026-01-02\n",
            3,
            "ship_date",
            "as in line 2 of the same order",
        ),
        (
            "order_number,serial,order_date,ship_date\nA,C02O1234567,2026-01-02,2026-01-01\n",
            2,
            "ship_date",
            "before the order date",
        ),
        ('{"orders": []}', 0, "orders", "array of order objects"),
        ('{"orders": [\n', 2, "document", "no JSON"),
    ],
)
def test_mistakes_are_named_by_line_and_column(text: str, line: int, column: str, said: str) -> None:
    found = problems(text)
    assert any((each.line, each.column) == (line, column) and said in each.problem for each in found), found


def test_a_customer_must_be_named_somewhere() -> None:
    assert problems("order_number,serial\nA,C02O1234567\n", "")[0].column == "customer_id"
    assert problems(json.dumps([ORDER]), "")[0].column == "orders[0].customerId"


def test_all_bad_rows_are_named_at_once() -> None:
    rows = "".join(f"A,bad {n}\n" for n in range(30))
    found = problems(f"order_number,serial\n{rows}")
    assert [each.line for each in found] == list(range(2, 32))
    with pytest.raises(BadOrders, match="and 10 more"):
        read(f"order_number,serial\n{rows}".encode(), "42")


@pytest.mark.parametrize(
    "wrap", [lambda orders: orders, lambda orders: {"Orders": orders, "transactionId": "x"}]
)
def test_json_goes_as_it_is(wrap: Any) -> None:
    (filled,) = read(json.dumps(wrap([ORDER])).encode(), "42")
    assert filled == {"customerId": "42", **ORDER}
    (kept,) = read(json.dumps([{**ORDER, "CustomerID": "7", "note": 1}]).encode(), "42")
    assert kept == {**ORDER, "CustomerID": "7", "note": 1}
    assert dated([filled], {"A-1": "2020-01-01T00:00:00Z"}, NOW) == [filled]


DEVICES = "orders[0].deliveries[0].devices"


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"orderNumber": None}, "orders[0].orderNumber", "missing"),
        ({"orderNumber": 7}, "orders[0].orderNumber", "no text"),
        ({"orderDate": "soon"}, "orders[0].orderDate", "no time"),
        ({"orderType": "XX"}, "orders[0].orderType", "expected one of"),
        ({"orderType": "VD"}, "orders[0].deliveries", "leave them out"),
        ({"deliveries": []}, "orders[0].deliveries", "at least one delivery"),
        ({"deliveries": [7]}, "orders[0].deliveries[0]", "no object"),
        (
            {"deliveries": [{**ORDER["deliveries"][0], "shipDate": ""}]},
            "orders[0].deliveries[0].shipDate",
            "missing",
        ),
        ({"deliveries": [{**ORDER["deliveries"][0], "devices": {}}]}, DEVICES, "at least one device"),
        (
            {
                "deliveries": [
                    {**ORDER["deliveries"][0], "devices": [{"deviceId": "C02O1234567"}, {"deviceid": "X"}]}
                ]
            },
            f"{DEVICES}[1].deviceId",
            "'X' has 1 characters",
        ),
    ],
)
def test_mistakes_in_json_are_named_by_their_path(change: dict[str, Any], path: str, said: str) -> None:
    found = problems(json.dumps([{**ORDER, **change}]))
    assert [each.column for each in found] == [path]
    assert said in str(found[0])
    assert str(found[0]).startswith(path)
    assert problems(json.dumps([7]))[0].column == "orders[0]"


@given(st.binary(max_size=400))
def test_whatever_a_file_holds_is_an_order_or_a_named_problem(data: bytes) -> None:
    try:
        orders = read(data, "42")
    except BadOrders as refused:
        named = len(refused.problems)
    else:
        named = len(orders)
    assert named > 0


def test_deep_nesting_is_a_problem_like_another() -> None:
    assert problems("[" * 100_000)[0].column == "document"


def test_invented_orders_are_repeatable_and_of_all_kinds() -> None:
    order, products = invented("A", 200, 7, "42")
    again, _ = invented("A", 200, 7, "42")
    assert order == again
    devices = order["deliveries"][0]["devices"]
    assert len({each["deviceId"] for each in devices}) == len(products) == 200
    prefixes = {
        Kind.IPHONE: "iPhone",
        Kind.IPAD: "iPad",
        Kind.WATCH: "Watch",
        Kind.APPLE_TV: "AppleTV",
        Kind.VISION: "Reality",
    }
    for prefix in prefixes.values():
        assert any(product.startswith(prefix) for product in products.values())
