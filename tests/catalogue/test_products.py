import contextlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue.kinds import Kind
from pomona.catalogue.product_table import product_lines
from pomona.catalogue.products import (
    Product,
    UnknownProduct,
    all_products,
    by_part_number,
    by_product_type,
    find,
    spread,
)

PREFIXES = {
    Kind.IPHONE: ("iPhone",),
    Kind.IPAD: ("iPad",),
    Kind.MAC: ("Mac", "iMac"),
    Kind.APPLE_TV: ("AppleTV",),
    Kind.WATCH: ("Watch",),
    Kind.VISION: ("RealityDevice",),
}

PRODUCTS = st.sampled_from(all_products())


def test_there_are_several_hundred_products_of_every_kind_that_has_so_many() -> None:
    types = {kind: {p.product_type for p in all_products() if p.kind is kind} for kind in Kind}
    assert len(all_products()) > 500
    assert {kind.name: len(types[kind]) for kind in Kind} == {
        "IPHONE": 26,
        "IPAD": 36,
        "MAC": 51,
        "APPLE_TV": 4,
        "WATCH": 27,
        "VISION": 2,
    }


def test_part_numbers_name_one_configuration_and_look_real_but_cannot_be() -> None:
    parts = Counter(product.part_number for product in all_products())
    assert set(parts.values()) == {1}
    assert all(re.fullmatch("MO[1-9A-HJ-NP-Z]{3}LL/A", part) for part in parts)


def test_every_configuration_is_there_once() -> None:
    described = Counter((product.product_type, product.description) for product in all_products())
    assert set(described.values()) == {1}


@given(PRODUCTS)
def test_a_product_is_well_formed(product: Product) -> None:
    assert product.product_type.startswith(PREFIXES[product.kind])
    assert re.fullmatch("[A-Za-z]+[0-9]+,[0-9]+", product.product_type)
    assert re.fullmatch(r"[0-9]+(GB|TB)", product.capacity)
    assert product.color == product.color.upper().strip()
    assert product.description == product.description.upper()
    assert re.fullmatch(r"[A-Z0-9+/. -]+-USA", product.description)
    assert product.kind is Kind.WATCH or product.capacity in product.description
    assert product.color in product.description or product.kind is Kind.APPLE_TV
    assert re.fullmatch(r"\d\d\.\d", product.os_version)
    assert re.fullmatch(r"\d\d[A-Z]\d+", product.build)


def test_only_what_has_a_modem_is_cellular_and_only_desks_have_ethernet() -> None:
    for product in all_products():
        if product.kind is Kind.IPHONE:
            assert product.cellular == 2
        elif product.kind in {Kind.IPAD, Kind.WATCH}:
            named = "CELL" in product.description
            assert product.cellular == int(named)
        else:
            assert product.cellular == 0
    kinds = {product.kind for product in all_products() if product.ethernet}
    assert kinds == {Kind.MAC, Kind.APPLE_TV}
    assert not any(product.ethernet for product in all_products() if product.model.startswith("MacBook"))


def test_a_product_type_has_one_model_name_and_one_kind() -> None:
    for product in all_products():
        same = by_product_type(product.product_type)
        assert {(other.model, other.kind) for other in same} == {(product.model, product.kind)}


def test_known_products() -> None:
    names = {
        "iPhone17,1": "iPhone 16 Pro",
        "iPhone14,6": "iPhone SE (3rd generation)",
        "iPad16,3": "iPad Pro 11-inch (M4)",
        "Mac15,12": "MacBook Air (13-inch, M3, 2024)",
        "AppleTV14,1": "Apple TV 4K (3rd generation)",
        "Watch7,5": "Apple Watch Ultra 2",
        "RealityDevice14,1": "Apple Vision Pro",
    }
    assert {key: by_product_type(key)[0].model for key in names} == names
    assert find("iPhone17,1") == Product(
        kind=Kind.IPHONE,
        product_type="iPhone17,1",
        model="iPhone 16 Pro",
        capacity="128GB",
        color="BLACK TITANIUM",
        part_number="MOP71LL/A",
        description="IPHONE 16 PRO BLACK TITANIUM 128GB-USA",
        os_version="26.1",
        build="23B85",
        cellular=2,
        ethernet=False,
    )


def test_published_part_numbers_keep_their_meaning() -> None:
    described = {
        "MOP72LL/A": "IPHONE 16 PRO BLACK TITANIUM 256GB-USA",
        "MOE3GLL/A": None,
        "MOD24LL/A": "IPAD 11 A16 WI-FI + CELL 128GB BLUE-USA",
        "MOM17LL/A": "MBA 13.6 MIDNIGHT/10C CPU/8C GPU/16GB/256GB-USA",
        "MOT11LL/A": "APPLE TV 4K WI-FI + ETHERNET 128GB-USA",
        "MOW17LL/A": None,
        "MOW37LL/A": "APPLE WATCH SERIES 11 42MM SLATE TITANIUM GPS + CELL-USA",
        "MOV23LL/A": "APPLE VISION PRO 1TB-USA",
    }
    found = {part: by_part_number(part) for part in described}
    assert {part: product and product.description for part, product in found.items()} == described


@given(PRODUCTS, st.sampled_from([str.upper, str.lower, str.swapcase, " {} ".format]))
def test_every_product_is_found_by_each_of_its_names(product: Product, case: Callable[[str], str]) -> None:
    assert find(case(product.part_number)) is product
    assert by_part_number(case(product.part_number)) is product
    assert product in by_product_type(case(product.product_type))
    assert find(case(product.product_type)) is by_product_type(product.product_type)[0]
    assert find(case(product.model)).model == product.model


@pytest.mark.parametrize(
    ("text", "product_type"),
    [
        ("mac mini", "Mac16,10"),
        ("iPad", "iPad15,7"),
        ("IPAD PRO 11‑INCH", "iPad17,1"),
        ("iphone\u00a016  pro", "iPhone17,1"),
        ("ıphone 16 pro", "iPhone17,1"),
        ("Apple Vision Pro", "RealityDevice14,1"),
        ("MacBook Air", "Mac16,12"),
        ("Apple TV 4K", "AppleTV14,1"),
    ],
)
def test_a_name_that_many_have_means_the_newest(text: str, product_type: str) -> None:
    assert find(text).product_type == product_type


def test_an_unknown_name_is_refused_with_close_ones() -> None:
    with pytest.raises(UnknownProduct, match=r"'iPhone 16 Prp'; close to it: iPhone 16 Pro; .*; expected a"):
        find("iPhone 16 Prp")
    with pytest.raises(UnknownProduct, match=r"'Mac1,612'; close to it: Mac16,12"):
        find("Mac1,612")
    with pytest.raises(UnknownProduct, match="no product is called 'toaster'; expected a product type"):
        find("toaster")
    assert by_part_number("MYNH3ZZ/A") is None
    assert by_product_type("iPhone99,1") == ()


@given(st.text(max_size=80))
def test_no_name_raises_anything_but_unknown_product(text: str) -> None:
    with contextlib.suppress(UnknownProduct):
        assert find(text) in all_products()


def test_the_table_lines_have_codes_of_their_own_and_shares_that_count() -> None:
    lines = list(product_lines())
    assert {len(line.code) for line in lines} == {2}
    assert len({line.code for line in lines}) == len(lines)
    assert all(line.share > 0 for line in lines)
    for kind in Kind:
        of_kind = [line for line in lines if line.kind is kind]
        assert len(spread(kind)) == sum(line.share for line in of_kind)
        assert {product.product_type for made in spread(kind) for product in made} == {
            line.product_type for line in of_kind
        }


def test_importing_the_catalogue_reads_no_table() -> None:
    program = (
        "import pomona.catalogue.manufacturing, pomona.catalogue.products as products\n"
        "assert products._catalogue.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
