import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue.facts import infer
from pomona.catalogue.identifiers import is_serial
from pomona.catalogue.kinds import Kind
from pomona.catalogue.making import SHARES, marked_kind
from pomona.catalogue.serials import InvalidSerial, batch, canonical, generate

SERIALS = st.from_regex("[A-Za-z0-9]{8,20}", fullmatch=True)


@given(SERIALS, st.sampled_from(["", " ", "\t", "\r\n", "\u00a0"]))
def test_case_and_blanks_around_a_serial_do_not_matter(serial: str, blank: str) -> None:
    assert canonical(f"{blank}{serial}{blank}") == serial.upper()
    assert canonical(canonical(serial)) == canonical(serial)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the serial number is empty"),
        ("   ", "the serial number is empty"),
        ("ABC", "'ABC' has 3 characters"),
        ("A" * 21, "has 21 characters"),
        ("C02X-1234-AB", "contains '-'"),
        ("C02X 1234", "contains ' '"),
        ("STRAßE1234", "contains 'ß'"),
        ("ABCDEFGHıJ", "contains 'ı'"),
        ("ABCDEFGHﬁ", "contains 'ﬁ'"),
        ("１２３４５６７８", "contains '１' '２' '３' '４' '５';"),
        ("\ud800ABCDEFGH", r"contains '\\ud800'"),
    ],
)
def test_a_wrong_serial_is_refused_with_what_is_wrong_and_expected(text: str, said: str) -> None:
    with pytest.raises(InvalidSerial, match=said) as refused:
        canonical(text)
    assert str(refused.value).endswith("expected 8 to 20 letters A to Z and digits")
    assert isinstance(refused.value, ValueError)


@given(st.text(max_size=30))
def test_a_text_is_made_canonical_or_refused(text: str) -> None:
    try:
        assert is_serial(canonical(text))
    except InvalidSerial:
        assert not is_serial(text.strip())


@given(st.integers(), st.sampled_from(Kind))
def test_an_invented_serial_cannot_be_real_and_tells_its_kind(seed: int, kind: Kind) -> None:
    serial = generate(random.Random(seed), kind)
    assert re.fullmatch("[A-Z1-9]{10}|[A-Z1-9]{12}", serial)
    assert serial.count("O") == 1
    assert "I" not in serial
    assert canonical(serial) == serial
    assert marked_kind(serial) is kind
    assert infer(serial).product.kind is kind


def test_invented_serials_have_both_lengths_and_use_every_letter() -> None:
    rng = random.Random(1)
    serials = [generate(rng, Kind.MAC) for _ in range(4000)]
    lengths = Counter(map(len, serials))
    assert lengths[10] > 2 * lengths[12] > 0
    for at in range(10):
        assert len({serial[at] for serial in serials}) == (1 if at == Kind.MAC else 33)


@pytest.mark.parametrize(
    "serial", ["OABCDEFGHJ", "ABCDEFGOHJ", "AOBCDEFGHO", "AOBCDEFGH0", "AOBCDEFGHI", "AOBCDEFGHJK"]
)
def test_other_serials_with_an_o_are_not_taken_for_invented_ones(serial: str) -> None:
    assert marked_kind(serial) is None


def test_a_batch_is_the_same_for_the_same_seed() -> None:
    assert batch(42, 300) == batch(42, 300)
    assert batch(42, 300)[:100] == batch(42, 100)
    assert not {serial for serial, _ in batch(42, 300)} & {serial for serial, _ in batch(43, 300)}


def test_a_batch_stays_what_it_was_in_earlier_versions() -> None:
    assert [(serial, product.part_number) for serial, product in batch(7, 8)] == PINNED_BATCH


def test_a_batch_has_no_serial_twice_and_the_products_that_infer_finds() -> None:
    devices = batch(5, 20_000)
    assert len({serial for serial, _ in devices}) == 20_000
    assert all(infer(serial).product is product for serial, product in devices[::50])


def test_a_batch_begins_with_every_kind_and_goes_on_believably() -> None:
    devices = batch(6, 20_000)
    assert [product.kind for _, product in devices[:6]] == list(Kind)
    counted = Counter(product.kind for _, product in devices)
    for kind, share in SHARES.items():
        assert counted[kind] == pytest.approx(20_000 * share / 100, rel=0.15)
    assert sum(SHARES.values()) == 100
    types = {product.product_type for _, product in devices}
    assert len(types) > 130


def test_kinds_are_dealt_in_turn() -> None:
    kinds = [Kind.MAC, Kind.MAC, Kind.VISION]
    assert [product.kind for _, product in batch(1, 7, kinds)] == [*kinds, *kinds, Kind.MAC]


def test_impossible_batches_are_refused() -> None:
    with pytest.raises(ValueError, match="-1 devices cannot be made; expected a count of 0 or more"):
        batch(1, -1)
    with pytest.raises(ValueError, match="expected at least one, or None for all"):
        batch(1, 5, [])
    assert batch(1, 0) == []


PINNED_BATCH = [
    ("FOWCUUXWU5H3", "MOPRELL/A"),
    ("MLO3KPEAQH", "MODM8LL/A"),
    ("L53OJC68ZPED", "MOM18LL/A"),
    ("9SJ4O8J73J", "MOT21LL/A"),
    ("FWME6OZ298", "MOWS1LL/A"),
    ("CXLSG7OCUT6T", "MOV23LL/A"),
    ("9XJONHXFFTAX", "MONA1LL/A"),
    ("Y23O485R6EUT", "MOM81LL/A"),
]
