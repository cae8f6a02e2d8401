import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue.kinds import Kind

SPELLINGS = [
    ("iPhone", Kind.IPHONE),
    ("IPHONE", Kind.IPHONE),
    ("iphones", Kind.IPHONE),
    ("iPad", Kind.IPAD),
    ("Mac", Kind.MAC),
    ("AppleTV", Kind.APPLE_TV),
    ("APPLE_TV", Kind.APPLE_TV),
    ("apple-tv", Kind.APPLE_TV),
    ("Apple TV", Kind.APPLE_TV),
    ("Apple\u00a0TV", Kind.APPLE_TV),
    ("tv", Kind.APPLE_TV),
    ("Watch", Kind.WATCH),
    ("Apple Watch", Kind.WATCH),
    ("Vision", Kind.VISION),
    ("Apple Vision Pro", Kind.VISION),
    ("RealityDevice", Kind.VISION),
    ("  mac\r\n", Kind.MAC),
    ("İPHONE", Kind.IPHONE),
    ("ıPad", Kind.IPAD),
    ("ｉＰａｄ", Kind.IPAD),
]


@pytest.mark.parametrize(("text", "kind"), SPELLINGS)
def test_the_obvious_spellings_are_understood(text: str, kind: Kind) -> None:
    assert Kind.from_text(text) is kind


@given(st.sampled_from(Kind), st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
def test_a_kind_is_understood_by_its_own_names_in_any_case(kind: Kind, case: Callable[[str], str]) -> None:
    assert Kind.from_text(case(kind.name)) is kind
    assert Kind.from_text(case(kind.label)) is kind


@pytest.mark.parametrize("text", ["", " ", "iPod", "mac1", "3", "mac中", "iPhone 16", "\ud800"])
def test_anything_else_is_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(ValueError, match="not a kind of device; expected one of iphone, ipad, mac, apple_tv"):
        Kind.from_text(text)


@given(st.text(max_size=30))
def test_no_text_raises_anything_but_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert Kind.from_text(text) in Kind


def test_the_stored_numbers_and_labels_stay() -> None:
    assert {kind.name: (int(kind), kind.label) for kind in Kind} == {
        "IPHONE": (1, "iPhone"),
        "IPAD": (2, "iPad"),
        "MAC": (3, "Mac"),
        "APPLE_TV": (4, "Apple TV"),
        "WATCH": (5, "Apple Watch"),
        "VISION": (6, "Apple Vision Pro"),
    }
