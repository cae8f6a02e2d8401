"""The user's own orders: CSV and JSON become wire orders, and a bad row is named while nothing is submitted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue.kinds import Kind
from pomona.simulator.orders import BadOrders, RowProblem, invented, read

NOW = 1_790_000_000_000
GOOD = """order_number,serial,product,delivery_number,ship_date,asset_tag,po_number
A-1,c02o1234567,"iPhone17,1",D1,2026-08-28T10:10:10Z,T1,PO
A-1,C02O1234568,,D1,2026-08-28T10:10:10Z,,PO
A-1,C02O1234569,,D2,,,PO
A-2,C02O1234570,,,,,
"""


def problems(text: str) -> list[RowProblem]:
    with pytest.raises(BadOrders) as caught:
        read(text.encode(), "42", NOW)
    return caught.value.problems


def test_csv_is_grouped_by_order_and_delivery() -> None:
    one, two = read(GOOD.encode(), "42", NOW)
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
    first = one["deliveries"][0]["devices"][0]
    assert first == {"deviceId": "C02O1234567", "productType": "iPhone17,1", "assetTag": "T1"}
    assert two["deliveries"][0]["deliveryNumber"] == "SELF"
    assert two["orderDate"] == "2026-09-21T14:13:20Z"


def test_semicolons_a_byte_order_mark_and_windows_lines_are_fine() -> None:
    text = "\ufeffOrder_Number;Serial\r\nA-1;C02O1234567\r\n\r\nA-1;C02O1234568\r\n"
    (order,) = read(text.encode(), "42", NOW)
    assert len(order["deliveries"][0]["devices"]) == 2


def test_a_void_names_no_device() -> None:
    (order,) = read(b"order_number,serial,order_type,customer_id\nA-1,,VD,7\n", "42", NOW)
    assert order["orderType"] == "VD"
    assert order["customerId"] == "7"
    assert "deliveries" not in order
    assert problems("order_number,serial,order_type\nA-1,C02O1234567,VD\n")[0].column == "serial"


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("order_number,colour\n", 1, "colour", "is no column; expected some of order_number, serial"),
        ("order_number\nA\n", 1, "serial", "is missing"),
        ("order_number,serial,serial\nA,B,C\n", 1, "serial", "stands twice"),
        ("order_number,serial\n", 2, "row", "at least one device"),
        ("order_number,serial\nA-1,C02O1234567\nA-1,x!\n", 3, "serial", "X!"),
        (
            "order_number,serial\nA-1,C02O1234567\n\nA-1,c02o1234567\n",
            4,
            "serial",
            "stands in line 2 already",
        ),
        ("order_number,serial\n,C02O1234567\n", 2, "order_number", "1 to 32 characters"),
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
        ('{"orders": []}', 1, "orders", "array of order objects"),
        ('{"orders": [', 1, "document", "no JSON"),
    ],
)
def test_mistakes_are_named_by_line_and_column(text: str, line: int, column: str, said: str) -> None:
    assert any(
        (each.line, each.column) == (line, column) and said in each.problem for each in problems(text)
    ), problems(text)


def test_all_bad_rows_are_named_at_once() -> None:
    rows = "".join(f"A,bad {n}\n" for n in range(30))
    found = problems(f"order_number,serial\n{rows}")
    assert [each.line for each in found] == list(range(2, 32))
    with pytest.raises(BadOrders, match="and 10 more"):
        read(f"order_number,serial\n{rows}".encode(), "42", NOW)


@pytest.mark.parametrize(
    "wrap", [lambda orders: orders, lambda orders: {"orders": orders, "transactionId": "x"}]
)
def test_json_goes_as_it_is(wrap: Any) -> None:
    order = {"orderNumber": "A-1", "orderType": "OR", "deliveries": [{"devices": [{"deviceId": "X"}]}]}
    (read_back,) = read(json.dumps(wrap([order])).encode(), "42", NOW)
    assert read_back == {"customerId": "42", **order}
    (kept,) = read(json.dumps([{**order, "customerId": "7"}]).encode(), "42", NOW)
    assert kept["customerId"] == "7"


@given(st.binary(max_size=400))
def test_whatever_a_file_holds_is_an_order_or_a_named_problem(data: bytes) -> None:
    try:
        orders = read(data, "42", NOW)
    except BadOrders as refused:
        named = len(refused.problems)
    else:
        named = len(orders)
    assert named > 0


def test_invented_orders_are_repeatable_and_of_all_kinds() -> None:
    order, products = invented("A", 200, 7, "42", NOW)
    again, _ = invented("A", 200, 7, "42", NOW)
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
