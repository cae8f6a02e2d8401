import plistlib
import struct
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pomona.formats import plists
from pomona.formats.plists import MalformedPlist

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\t&<>\"'")
)
DATES = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))
LEAVES = (
    TEXT | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.booleans() | st.binary() | DATES
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=12)
DICTS = st.dictionaries(TEXT, VALUES)


def naive(value: Any) -> Any:
    """The same with dates as plistlib knows them."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, list):
        return [naive(item) for item in value]
    return {key: naive(item) for key, item in value.items()} if isinstance(value, dict) else value


@settings(max_examples=50)
@given(DICTS)
def test_reads_what_plistlib_writes(value: dict[str, Any]) -> None:
    assert plists.loads(plistlib.dumps(naive(value))) == value
    assert plists.loads(plistlib.dumps(naive(value), fmt=plistlib.FMT_BINARY, sort_keys=False)) == value


@settings(max_examples=50)
@given(DICTS)
def test_plistlib_reads_what_we_write(value: dict[str, Any]) -> None:
    written = plists.dumps(value)
    assert plistlib.loads(written) == naive(value)
    assert plists.loads(written) == value
    assert list(plists.loads(written)) == list(value)
    assert plists.dumps(naive(value)) == written


def test_carriage_returns_survive() -> None:
    assert plists.loads(plists.dumps({"a\r": "b\r\nc\r"})) == {"a\r": "b\r\nc\r"}


def test_types_are_exact() -> None:
    read = plists.loads(plists.dumps({"b": True, "i": 1, "f": 1.0, "t": ("x",)}))
    assert [type(value) for value in read.values()] == [bool, int, float, list]


@pytest.mark.parametrize("value", [None, {1: "x"}, object(), {"a": None}])
def test_what_cannot_be_written(value: Any) -> None:
    with pytest.raises(TypeError):
        plists.dumps(value)


@pytest.mark.parametrize("value", ["\0", "\x1b", "\ud800", "\ufffe", 2**64, -(2**63) - 1])
def test_values_xml_cannot_carry(value: Any) -> None:
    with pytest.raises(ValueError, match=r"XML|64 bits"):
        plists.dumps({"k": value})


def xml(body: str, head: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<plist version="1.0">{body}</plist>'.encode()


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("<dict><!-- c --><key>a</key> <string>b<!-- c -->d</string></dict>", {"a": "bd"}),
        ("<dict><key>a</key><data>\n\tAQ I=\n</data></dict>", {"a": b"\1\2"}),
        ("<dict><key>a</key><integer> 0x1F </integer></dict>", {"a": 31}),
        ("<dict><key>a</key><integer>-5</integer></dict>", {"a": -5}),
        ("<dict><key></key><string/></dict>", {"": ""}),
        ("<dict><key>a</key><string><![CDATA[<&>]]></string></dict>", {"a": "<&>"}),
        ("<dict/>", {}),
    ],
)
def test_freedoms_of_other_writers(body: str, value: dict[str, Any]) -> None:
    assert plists.loads(xml(body)) == value


def test_a_bare_dictionary_and_other_encodings() -> None:
    assert plists.loads(b"<dict><key>a</key><true/></dict>") == {"a": True}
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?><plist><dict><key>ä</key><true/></dict></plist>'
    assert plists.loads(latin.encode("latin-1")) == {"ä": True}
    assert plists.loads(b"\xef\xbb\xbf" + xml("<dict/>")) == {}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a property list"),
        (b"not xml", "not a property list"),
        (xml("<dict/>")[:-5], "not a property list"),
        (b'<?xml version="1.0" encoding="nonsense"?><dict/>', "not a property list"),
        (b'<?xml version="1.0" encoding="utf-7"?><dict/>', "not a property list"),
        (xml("<array/>"), "top level is a list"),
        (xml("<dict/><dict/>"), "2 elements"),
        (xml(""), "0 elements"),
        (xml("<dict><string>a</string></dict>"), "<key> was expected"),
        (xml("<dict><key>a</key></dict>"), "'a' has no value"),
        (xml("<dict><key>a</key><strange/></dict>"), "<strange> is not an element"),
        (xml("<dict><key>a</key><string><b/></string></dict>"), "elements inside"),
        (xml("<dict><key><b/></key><string/></dict>"), "elements inside"),
        (xml("<dict><key>a</key><integer>x</integer></dict>"), "<integer> cannot be 'x'"),
        (xml("<dict><key>a</key><integer>18446744073709551616</integer></dict>"), "<integer> cannot be"),
        (xml(f"<dict><key>a</key><integer>{'9' * 10_000}</integer></dict>"), "<integer> cannot be"),
        (xml("<dict><key>a</key><real>x</real></dict>"), "<real> cannot be"),
        (xml("<dict><key>a</key><data>AAA</data></dict>"), "<data> cannot be"),
        (xml("<dict><key>a</key><data>é</data></dict>"), "<data> cannot be"),
        (xml("<dict><key>a</key><date>2026-01-02</date></dict>"), "<date> cannot be"),
        (xml("<dict><key>a</key><date>soon</date></dict>"), "<date> cannot be"),
        (xml("<dict/>", '<!DOCTYPE plist [<!ENTITY a "b">]>'), "entities"),
        (xml("<dict/>", "<!DOCTYPE plist [<!ELEMENT plist ANY>]>"), "internal subset"),
        (xml("<dict/>", '<!DOCTYPE plist SYSTEM "a>b" [<!ATTLIST a b CDATA "c">]>'), "internal subset"),
        (
            xml("<dict/>", "<!-- <!DOCTYPE x> --><!DOCTYPE plist [<!ATTLIST a b CDATA 'c'>]>"),
            "internal subset",
        ),
        (xml("<dict/>", '<!DOCTYPE plist "unclosed'), "not a property list"),
        (b"<!DOCTYPE plist 'unclosed", "internal subset"),
        ('<?xml version="1.0" encoding="UTF-16"?><plist><dict/></plist>'.encode("utf-16"), "NUL"),
        (b"x" * 100_001, "at most 100000"),
    ],
)
def test_refusals_name_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedPlist, match=reason):
        plists.loads(data, max_bytes=100_000)


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_depth_is_bounded(form: plistlib.PlistFormat) -> None:
    value: Any = "x"
    for _ in range(9):
        value = [value]
    data = plistlib.dumps({"a": value}, fmt=form)
    assert plists.loads(data, max_depth=10) == {"a": value}
    with pytest.raises(MalformedPlist, match="deeper than 9"):
        plists.loads(data, max_depth=9)


def test_a_million_open_elements_are_refused_quickly() -> None:
    body = "<array>" * 200_000 + "</array>" * 200_000
    began = time.process_time()
    with pytest.raises(MalformedPlist, match="deeper"):
        plists.loads(xml(f"<dict><key>a</key>{body}</dict>"))
    assert time.process_time() - began < 5


def binary(objects: list[bytes], count: int | None = None, top: int = 0) -> bytes:
    """A binary property list of raw objects with two-byte references and four-byte offsets."""
    data, offsets = b"bplist00", []
    for item in objects:
        offsets.append(len(data))
        data += item
    table = struct.pack(f">{len(offsets)}I", *offsets)
    return data + table + struct.pack(">6xBBQQQ", 4, 2, count or len(objects), top, len(data))


REF = struct.Struct(">H").pack
DICT_OF_1_2 = b"\xd1" + REF(1) + REF(2)


def many(kind: int, count: int, ref: int) -> bytes:
    return bytes([kind << 4 | 0xF]) + b"\x11" + REF(count) + REF(ref) * count


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([b"\xd1" + REF(1) + REF(0), b"\x51a"], "same bytes"),
        ([DICT_OF_1_2, b"\x51a", many(0xA, 2, 2)], "same bytes"),
        ([DICT_OF_1_2, b"\x51a", *(many(0xA, 60000, n) for n in range(3, 9)), b"\x09"], "same bytes"),
        ([DICT_OF_1_2, b"\x09", b"\x09"], "key that is no string"),
        ([DICT_OF_1_2, b"\xa0", b"\x09"], "key that is no string"),
        ([DICT_OF_1_2, b"\x51a", b"\x80\x01"], "object type 80"),
        ([DICT_OF_1_2, b"\x51a", b"\x00"], "object type 00"),
        ([DICT_OF_1_2, b"\x51a", b"\x14" + b"\x01" * 16], "64 bits"),
        ([DICT_OF_1_2, b"\x51a", b"\x4f\x13" + b"\xff" * 8], "damaged"),
        ([DICT_OF_1_2, b"\x51a", b"\x4f\x51a"], "length is no integer"),
        ([DICT_OF_1_2, b"\x51\xff", b"\x09"], "damaged"),
        ([DICT_OF_1_2, b"\x51a", b"\x33" + struct.pack(">d", float("nan"))], "date"),
        ([DICT_OF_1_2, b"\x51a", b"\x33" + struct.pack(">d", 1e300)], "damaged"),
        ([b"\xd1" + REF(1) + REF(900), b"\x51a"], "damaged"),
        ([b"\xdf\x12\xff\xff\xff\xff"], "same bytes"),
    ],
)
def test_hostile_binary_lists(objects: list[bytes], reason: str) -> None:
    began = time.process_time()
    with pytest.raises(MalformedPlist, match=reason):
        plists.loads(binary(objects))
    assert time.process_time() - began < 5


def test_hostile_trailers() -> None:
    for data in (b"bplist00", binary([b"\xd0"], count=2**40), binary([b"\xd0"], top=7)):
        with pytest.raises(MalformedPlist):
            plists.loads(data)
    good = binary([DICT_OF_1_2, b"\x51a", b"\x14" + bytes(8) + b"\xff" * 8])
    assert plists.loads(good) == {"a": 2**64 - 1}


@given(
    st.binary(max_size=200)
    | st.binary(max_size=200).map(lambda tail: b"bplist00" + tail)
    | st.text().map(xml)
)
def test_arbitrary_bytes_raise_only_what_is_declared(data: bytes) -> None:
    try:
        assert isinstance(plists.loads(data), dict)
    except MalformedPlist as error:
        assert str(error)  # noqa: PT017 - either answer is right


SEEDS = [
    plistlib.dumps({"a": [1, b"\0", {"b": datetime(2026, 1, 2)}], "ü": True, "f": 1.5}, fmt=form)  # noqa: DTZ001
    for form in (plistlib.FMT_XML, plistlib.FMT_BINARY)
]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_damage_raises_only_what_is_declared(seed: bytes, changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(seed)
    for at, value in changes:
        mutated[at % len(seed)] = value
    try:
        assert isinstance(plists.loads(bytes(mutated)), dict)
    except MalformedPlist as error:
        assert str(error)  # noqa: PT017 - either answer is right
