import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue.facts import Facts, infer
from pomona.catalogue.manufacturing import COLUMNS, MAX_PROBLEMS, RowProblem, read_csv, read_json
from pomona.catalogue.products import all_products, find
from pomona.catalogue.serials import batch

FULL = {
    "serial": "c02x1234abcd",
    "product": "iphone17,1",
    "imei": "35 209900 176148 1",
    "imei2": "49-015420-323751-8",
    "meid": "35209900176148",
    "eid": "89049032123451234512345678901235",
    "wifi_mac": "3c-22-fb-00-00-01",
    "bluetooth_mac": "3c22.fb00.0002",
    "ethernet_mac": "3C:22:FB:00:00:03",
}
FULL_FACTS = Facts(
    serial="C02X1234ABCD",
    product=find("iPhone17,1"),
    imei=("352099001761481", "490154203237518"),
    meid=("35209900176148",),
    eid="89049032123451234512345678901235",
    wifi_mac="3C:22:FB:00:00:01",
    bluetooth_mac="3C:22:FB:00:00:02",
    ethernet_mac=("3C:22:FB:00:00:03",),
    inferred=False,
)


def problem_of(row: dict[str, str]) -> RowProblem:
    facts, problems = read_json(json.dumps([row]).encode())
    assert facts == []
    assert len(problems) == 1
    return problems[0]


def test_a_full_record_is_read_the_same_from_both_formats() -> None:
    text = f"{';'.join(FULL)}\n{';'.join(FULL.values())}\n"
    assert read_csv(text) == ([FULL_FACTS], [])
    assert read_json(json.dumps([FULL]).encode()) == ([FULL_FACTS], [])


def test_what_is_left_out_is_derived_from_the_serial() -> None:
    facts, problems = read_csv("serial,product\nC02X1234ABCD,Mac mini\n")
    assert problems == []
    assert facts == [infer("C02X1234ABCD", find("Mac mini"))]
    assert not facts[0].inferred


def test_an_imei_and_an_meid_complete_each_other() -> None:
    common = {"serial": "C02X1234ABCD", "product": "iPhone 16 Pro"}
    rows = [
        {**common, "imei": "352099001761481"},
        {**common, "serial": "C02X1234ABCE", "meid": "49015420323751"},
        {**common, "serial": "C02X1234ABCF", "meid": "a0000012345678"},
    ]
    facts, problems = read_json(json.dumps(rows).encode())
    assert problems == []
    assert [(made.imei, made.meid) for made in facts] == [
        (("352099001761481",), ("35209900176148",)),
        (("490154203237518",), ("49015420323751",)),
        ((), ("A0000012345678",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffserial;product\r\nC02X1234ABCD;Mac mini\r\n",
        "SERIAL\tProduct\nC02X1234ABCD\tMac mini",
        "\n\nserial,product,,\n\n C02X1234ABCD , Mac mini ,,\n,,,\n",
        '"serial","product"\r"C02X1234ABCD","Mac mini"\r',
        "product;SERİAL\nMac mini;C02X1234ABCD\n",
        "serial,product,wifi-mac,Bluetooth MAC\nC02X1234ABCD,Mac mini\n",
    ],
)
def test_the_dialects_of_spreadsheets_are_understood(text: str) -> None:
    facts, problems = read_csv(text)
    assert problems == []
    assert facts == [infer("C02X1234ABCD", find("Mac mini"))]


def test_a_comma_in_a_model_name_is_quoted_or_parted_by_semicolons() -> None:
    name = "MacBook Air (13-inch, M4, 2025)"
    many = "the line has 4 cells; expected 2, as in the first line, and a value with a comma in quotes"
    for text in (
        f'serial,product\nC02X1234ABCD,"{name}"\n',
        f"serial;product\nC02X1234ABCD;{name}\n",
    ):
        facts, problems = read_csv(text)
        assert problems == []
        assert facts[0].product.model == name
    _, problems = read_csv(f"serial,product\nC02X1234ABCD,{name}\n")
    assert problems == [
        RowProblem(2, "", many),
    ]


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ({"serial": ""}, "serial", "the serial number is empty; expected 8 to 20"),
        ({"serial": "SHORT"}, "serial", "'SHORT' has 5 characters; expected 8 to 20"),
        ({"product": " "}, "product", "the product is empty; expected a product type"),
        ({"product": "iPhone 61 Pro"}, "product", "close to it: iPhone 17 Pro; iPhone 16 Pro"),
        ({"imei": "352099001761482"}, "imei", "the last is the check digit, here 1"),
        ({"imei": "35209900176148"}, "imei", "the last is the check digit, here 1"),
        ({"imei": "3,52099E+14"}, "imei", "a spreadsheet has shortened it"),
        (
            {"imei": "x"},
            "imei",
            "'x' is not an IMEI; expected 15 digits of which the last is the check digit",
        ),
        ({"imei": ""}, "imei", "it is empty beside an imei2"),
        ({"imei2": "352099001761481"}, "imei2", "is in the column imei already"),
        ({"meid": "9A000012345678"}, "meid", "is not an MEID; expected the first 14 digits of the IMEI"),
        ({"eid": "89049032123451234512345678901234"}, "eid", "is not an EID; expected 32 digits"),
        ({"wifi_mac": "3C:22:FB:00:00"}, "wifi_mac", "is not a MAC address; expected six octets like"),
        ({"ethernet_mac": "3C:22:FB:00:00:0G"}, "ethernet_mac", "is not a MAC address"),
        ({"bluetooth_mac": "3c22fb000001"}, "bluetooth_mac", "is in the column wifi_mac already"),
        (
            {"meid": "", "eid": "", "imei2": "", "product": "iPad16,3"},
            "imei",
            "iPad Pro 11-inch (M4) (iPad16,3) has no",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_column_and_what_is_expected(
    change: dict[str, str], column: str, said: str
) -> None:
    problem = problem_of({**FULL, **change})
    assert problem.line == 1
    assert problem.column == column
    assert said in problem.problem


def test_every_mistake_of_a_line_is_reported_and_the_other_lines_are_read() -> None:
    text = "serial,product,imei\nC02X1234ABCD,Mac mini,\nx,toaster,12\nC02X1234ABCE,iPhone 16,\n"
    facts, problems = read_csv(text)
    assert [made.serial for made in facts] == ["C02X1234ABCD", "C02X1234ABCE"]
    assert [(problem.line, problem.column) for problem in problems] == [
        (3, "serial"),
        (3, "product"),
        (3, "imei"),
    ]


def test_numbers_that_come_twice_are_reported_with_the_first_line() -> None:
    text = (
        "serial,product,imei\n"
        "C02X1234ABCD,iPhone 16,352099001761481\n"
        '"c02x1234abcd","iPhone 16",\n'
        "C02X1234ABCE,iPhone 16,352099001761481\n"
    )
    facts, problems = read_csv(text)
    assert len(facts) == 1
    assert problems == [
        RowProblem(3, "serial", "C02X1234ABCD is on line 2 already; expected every number once"),
        RowProblem(4, "imei", "352099001761481 is on line 2 already; expected every number once"),
    ]


def test_a_line_is_that_of_the_file_also_after_a_cell_of_several_lines() -> None:
    _, problems = read_csv('serial,product\n\n"C02X1234ABCD\n","Mac\nmini"\nbad,Mac mini\n')
    assert [(problem.line, problem.column) for problem in problems] == [(6, "serial")]


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", 1, "", "the file is empty; expected serial and product"),
        ("\ufeff\r\n \r\n", 1, "", "the file is empty"),
        ("product\nMac mini", 1, "serial", "the column serial is missing; expected serial and product"),
        ("\n\nserial\nC02X1234ABCD", 3, "product", "the column product is missing"),
        ("serial,product,imie\n", 1, "imie", "'imie' is not a column; expected serial and product"),
        ("serial,product,\ud800\n", 1, "\\ud800", "'\\ud800' is not a column"),
        ("serial,product,,imei\n", 1, "", "'' is not a column"),
        ("serial,product,Serial\n", 1, "serial", "the column serial is named 2 times; expected it once"),
        ('serial,"product\n', 1, "", "cannot be read from here on: unexpected end of data"),
        (
            'serial,product\nC02X1234ABCD,"Mac mini\n\n',
            2,
            "",
            "unexpected end of data; expected CSV with its",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, line: int, column: str, said: str) -> None:
    facts, problems = read_csv(text)
    assert facts == []
    assert (problems[0].line, problems[0].column) == (line, column)
    assert said in problems[0].problem
    assert len(problems) == 1


def test_a_heading_of_dashes_names_no_column() -> None:
    _, problems = read_csv("-,--\nA,B\n")
    assert [problem.column for problem in problems] == ["serial", "product"]


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (b"", 1, "this is not JSON"),
        (b'[\n{"serial":\n', 3, "this is not JSON: Expecting value; expected an array of objects"),
        (b"\xff\xff\xff", 1, "cannot be read as JSON in UTF-8"),
        (b"[" * 100_000, 1, "cannot be read as JSON"),
        (b"[" + b"1" * 5000 + b"]", 1, "cannot be read as JSON"),
        (b'{"serial": "C02X1234ABCD"}', 1, "the file is not an array"),
        (b"[7]", 1, "the record is not an object; expected serial and product"),
        (b'[{"serial": "C02X1234ABCD", "product": 1.5}]', 1, "the value is not text; expected a string"),
        (b'[{"serial": "C02X1234ABCD", "product": true}]', 1, "the value is not text"),
        (b'[{"serial": "C02X1234ABCD", "product": "Mac mini", "Serial": "X"}]', 1, "serial is there twice"),
        (b'[{"serial": "C02X1234ABCD", "product": "Mac mini", "model": ""}]', 1, "'model' is not a column"),
    ],
)
def test_json_that_cannot_be_read_says_why(data: bytes, line: int, said: str) -> None:
    facts, problems = read_json(data)
    assert facts == []
    assert len(problems) == 1
    assert problems[0].line == line
    assert said in problems[0].problem


def test_json_numbers_and_null_are_taken_as_text() -> None:
    data = (
        b'\xef\xbb\xbf[{"Serial": 1234567890, "product": "iPhone 16", "IMEI": 352099001761481, "eid": null}]'
    )
    facts, problems = read_json(data)
    assert problems == []
    assert facts[0].serial == "1234567890"
    assert facts[0].imei == ("352099001761481",)
    assert facts[0].eid == infer("1234567890", find("iPhone 16")).eid


@pytest.mark.parametrize("row", ["x,y", "C02X1234ABCD,Mac mini,3"])
def test_reading_stops_when_nearly_everything_is_wrong(row: str) -> None:
    facts, problems = read_csv("serial,product\n" + f"{row}\n" * 2000)
    assert facts == []
    assert len(problems) == MAX_PROBLEMS + 1
    assert (
        problems[-1].problem
        == f"reading stopped here after {MAX_PROBLEMS} problems; correct these and try again"
    )


@given(st.integers(0, 10**6), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_out_is_read_back(seed: int, separator: str, end: str) -> None:
    made = [infer(serial, product) for serial, product in batch(seed, 12)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    writer.writerow(COLUMNS)
    for fact in made:
        imei = (*fact.imei, "", "")[:2]
        macs = (fact.wifi_mac, fact.bluetooth_mac, "".join(fact.ethernet_mac))
        writer.writerow([fact.serial, fact.product.part_number, *imei, "".join(fact.meid), fact.eid, *macs])
    assert read_csv(out.getvalue()) == (made, [])


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([product.part_number for product in all_products()[::100]]),
    st.sampled_from(["C02X1234ABCD", "352099001761481", "02:00:5E:10:00:01", '"', ""]),
)


@given(st.lists(st.lists(CELLS, max_size=11), max_size=8), st.sampled_from(",;\t"))
def test_no_file_upsets_the_reader(rows: list[list[str]], separator: str) -> None:
    heading = separator.join(COLUMNS)
    facts, problems = read_csv("\n".join([heading, *(separator.join(row) for row in rows)]))
    assert len({made.serial for made in facts}) == len(facts)
    assert all("expected" in problem.problem for problem in problems)


@given(st.text(max_size=200))
def test_no_text_upsets_the_reader(text: str) -> None:
    facts, problems = read_csv(text)
    assert facts == []
    assert problems


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.one_of(st.sampled_from(COLUMNS), st.text(max_size=5)), inner, max_size=6),
        ),
        max_leaves=20,
    )
)
def test_no_json_upsets_the_reader(value: object) -> None:
    _, problems = read_json(json.dumps(value).encode())
    assert all("expected" in problem.problem for problem in problems)
