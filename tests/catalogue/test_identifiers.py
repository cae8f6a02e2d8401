import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue import identifiers

DIGITS = st.text("0123456789", max_size=40)


def luhn_sum(text: str) -> int:
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(text))]
    return sum(number // 10 + number % 10 for number in doubled)


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("7992739871", "3"),
        ("49015420323751", "8"),
        ("35209900176148", "1"),
        ("", "0"),
        ("0", "0"),
        ("1", "8"),
    ],
)
def test_luhn_digits_known_from_elsewhere(body: str, digit: str) -> None:
    assert identifiers.luhn_check_digit(body) == digit


@given(DIGITS)
def test_the_check_digit_makes_the_luhn_sum_a_multiple_of_ten(body: str) -> None:
    assert luhn_sum(body + identifiers.luhn_check_digit(body)) % 10 == 0


@given(st.integers(0, 10**11 - 1))
def test_an_imei_is_valid_and_of_test_equipment(number: int) -> None:
    imei = identifiers.imei(number)
    assert identifiers.is_imei(imei)
    assert imei.startswith("001")
    assert int(imei[3:14]) == number
    meid = identifiers.meid(imei)
    assert identifiers.is_meid(meid)
    assert imei.startswith(meid)


@given(st.integers(0, 10**11 - 1), st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_spoils_an_imei(number: int, at: int, by: int) -> None:
    imei = identifiers.imei(number)
    wrong = imei[:at] + str((int(imei[at]) + by) % 10) + imei[at + 1 :]
    assert not identifiers.is_imei(wrong)


@given(st.integers(0, 10**25 - 1))
def test_an_eid_leaves_one_modulo_97_and_cannot_be_real(number: int) -> None:
    eid = identifiers.eid(number)
    assert identifiers.is_eid(eid)
    assert len(eid) == 32
    assert int(eid) % 97 == 1
    assert eid.startswith("89000")


def test_an_eid_of_a_real_card_is_recognised() -> None:
    assert identifiers.is_eid("89049032123451234512345678901235")
    assert not identifiers.is_eid("89049032123451234512345678901236")
    assert not identifiers.is_eid("12" + "0" * 30)


@given(st.integers(0, 2**64 - 1))
def test_a_mac_is_unicast_locally_administered_and_upper_case(number: int) -> None:
    mac = identifiers.mac(number)
    assert re.fullmatch("[0-9A-F]{2}(:[0-9A-F]{2}){5}", mac)
    assert identifiers.is_mac(mac)
    assert int(mac[:2], 16) & 3 == 2
    assert int(mac[3:].replace(":", ""), 16) == number & 0xFFFFFFFFFF


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("490154203237518", "imei"),
        ("490154203237519", "serial"),
        ("49015420323751", "meid"),
        ("A0000012345678", "meid"),
        ("FFFFFFFFFFFFFF", "meid"),
        ("90000012345678", "meid"),
        ("9A000012345678", "serial"),
        ("A000001234567G", "serial"),
        ("C02XOABCDEF1", "serial"),
        ("1234567890", "serial"),
        ("", "serial"),
        ("٤٩٠١٥٤٢٠٣٢٣٧٥١٨", "serial"),
    ],
)
def test_a_device_id_is_told_apart(text: str, what: str) -> None:
    assert identifiers.classify(text) == what


@pytest.mark.parametrize("text", ["ABCDEFG", "a" * 10, "A" * 21, "ABCD EFGH", "ABCDEFGÖ", "ABCDEFGH\n", ""])
def test_what_is_no_canonical_serial(text: str) -> None:
    assert not identifiers.is_serial(text)


@pytest.mark.parametrize(
    "text", ["02:00:5e:10:00:01", "02-00-5E-10-00-01", "02:00:5E:10:00", "02005E100001", ""]
)
def test_what_is_no_mac_as_it_is_written_here(text: str) -> None:
    assert not identifiers.is_mac(text)


@given(st.text(max_size=40))
def test_no_text_upsets_a_validator(text: str) -> None:
    answers = [
        identifiers.is_serial(text),
        identifiers.is_imei(text),
        identifiers.is_meid(text),
        identifiers.is_eid(text),
        identifiers.is_mac(text),
    ]
    assert all(isinstance(answer, bool) for answer in answers)
    assert identifiers.classify(text) in {"serial", "imei", "meid"}
