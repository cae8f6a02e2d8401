"""Lists of devices as people keep them: every dialect, every heading, and a report of each line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue.tables import RowProblem
from pomona.registry import device_lists
from pomona.registry.by_hand import Answer, Asked, Fate
from pomona.registry.device_lists import COLUMNS, DeviceList, Entry, Outcome
from pomona.registry.errors import Invalid

ONE, TWO = "F2LXO0ABCDEF", "C02XO1GHIJKL"
EXPECTED = [Entry(2, Asked(ONE, "iPhone17,3", "AT-1")), Entry(3, Asked(TWO, "Mac mini"))]


@pytest.mark.parametrize(
    "text",
    [
        f'serial,product,asset_tag\n{ONE},"iPhone17,3",AT-1\n{TWO},Mac mini,\n',
        f"Serial Number;Model;Asset-Tag\r\n{ONE};iPhone17,3;AT-1\r\n{TWO};Mac mini;\r\n",
        f"S/N\tProduct Type\tAsset\n{ONE}\tiPhone17,3\tAT-1\n{TWO}\tMac mini\t\n",
        f"\ufeffSERIAL_NUMBER,ProductType,Asset Tag\r{ONE},iPhone17,3,AT-1\r{TWO},Mac mini,\r",
        f'"Owner";"Seriennummer";"Model";"Inventarnummer"\nme;"{ONE}";"iPhone17,3";AT-1\nyou;{TWO};Mac mini\n',
        f'serial,model,tag,asset tag\n="{ONE}",iPhone17,3,x,AT-1\n\'{TWO},Mac mini,x,\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_dialects_and_headings(text: str, encoding: str) -> None:
    if encoding != "utf-8" and text.startswith("\ufeff"):
        text = text[1:]
    assert device_lists.read(text.encode(encoding)) == DeviceList(EXPECTED, [])


def test_without_a_heading_the_cells_are_device_product_and_tag() -> None:
    found = device_lists.read(f"{ONE}, iPhone17,3, AT-1\n\n{TWO}\n 35 209900 176148 1 ,iPhone 16 Pro\n")
    assert found.entries == [
        Entry(1, Asked(ONE, "iPhone17,3", "AT-1")),
        Entry(3, Asked(TWO)),
        Entry(4, Asked("35 209900 176148 1", "iPhone 16 Pro")),
    ]


def test_the_number_of_a_phone_will_do_where_there_is_no_serial() -> None:
    found = device_lists.read(f"IMEI,MEID,Serial\n1,,{ONE}\n352099001761481,,\n,35209900176148,\n")
    assert [entry.asked.text for entry in found.entries] == [ONE, "352099001761481", "35209900176148"]


def test_older_spreadsheets_write_windows_1252() -> None:
    found = device_lists.read("serial,numéro\nO2345678,né\n".encode("cp1252"))
    assert found.entries == [Entry(2, Asked("O2345678"))]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04\x00\x00", "This is no text file"),
        (b"\xff\xfea", "This is no text file"),
        (b"Model,Asset tag\nx,y\n", "No column holds serial numbers; the first line names Model, Asset tag"),
    ],
)
def test_what_is_no_list_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        device_lists.read(data)


def test_lines_behind_an_open_quote_are_told_and_the_others_read() -> None:
    found = device_lists.read(f'serial\n{ONE}\n"{TWO}\n')
    assert found.entries == [Entry(2, Asked(ONE))]
    [problem] = device_lists.unreadable(found.problems)
    assert (problem.line, problem.result, problem.added) == (3, "UNREADABLE", False)
    assert "quotes closed" in problem.reason


def test_nothing_at_all() -> None:
    assert device_lists.read("\n \r\n") == DeviceList([], [])


def test_the_report_is_csv_that_no_spreadsheet_runs() -> None:
    entries = [Entry(2, Asked("3,52E+14")), Entry(3, Asked("=cmd|' /C calc'!A0")), Entry(5, Asked(TWO))]
    answers = [
        Answer(entries[0].asked, "", Fate.INVALID, "No."),
        Answer(entries[1].asked, "", Fate.INVALID, "It contains ','."),
        Answer(entries[2].asked, TWO, Fate.ADDED, ""),
    ]
    rows = list(
        csv.reader(io.StringIO(device_lists.csv_report(device_lists.outcomes(entries, answers)).decode()))
    )
    assert rows[0] == list(device_lists.REPORT)
    assert rows[1][:4] == ["2", "3,52E+14", "", "INVALID_SERIAL"]
    assert "spreadsheet has shortened" in rows[1][4]
    assert rows[2][1].startswith("'=cmd")
    assert rows[3] == ["5", TWO, TWO, "ADDED", "", ""]
    assert Outcome(5, TWO, TWO, "ADDED", "", "").added


@given(st.binary(max_size=400))
def test_no_file_makes_it_fail(data: bytes) -> None:
    try:
        found = device_lists.read(data)
    except Invalid:
        return
    assert all(entry.line >= 1 for entry in found.entries)
    assert all(isinstance(problem, RowProblem) for problem in found.problems)


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(
    st.lists(st.tuples(st.from_regex("[A-Z0-9]{8,20}", fullmatch=True), _CELL), max_size=20),
    st.sampled_from(",;\t"),
    st.sampled_from(sorted(COLUMNS["serial"])),
)
def test_what_a_program_writes_is_read_back(
    rows: list[tuple[str, str]], separator: str, heading: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow([heading, "Note"])
    writer.writerows(rows)
    found = device_lists.read(out.getvalue().encode())
    assert found.problems == []
    assert [entry.asked.text for entry in found.entries] == [serial for serial, _ in rows]


def test_many_lines_take_little_time() -> None:
    text = "serial,product\n" + "".join(f"{n:012d},Mac mini\n" for n in range(50_000))
    assert len(device_lists.read(text).entries) == 50_000
