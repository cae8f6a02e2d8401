"""The products that devices can be: one for every product type, capacity and colour.

Product types, model names, capacities and colours are the real ones. Part numbers have the shape of real ones (`MOP1LL/A`
like `MYNH3LL/A`) but are Pomona's own and begin with `MO`: no real one is known to have a letter O. The tables are read at
first use, not at import.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pomona.catalogue.kinds import Kind
from pomona.catalogue.product_table import ProductLine, product_lines
from pomona.catalogue.spelling import folded

_PLACES = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"

# The system a device of the kind leaves the factory with: version and build as the device itself reports them.
_SYSTEMS = {
    Kind.IPHONE: ("26.1", "23B85"),
    Kind.IPAD: ("26.1", "23B85"),
    Kind.MAC: ("26.1", "25B78"),
    Kind.APPLE_TV: ("26.1", "23J582"),
    Kind.WATCH: ("26.1", "23S37"),
    Kind.VISION: ("26.1", "23N49"),
}


class UnknownProduct(ValueError):
    """No product has that part number, product type or model name; the text names what comes close."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product in one capacity and colour.

    `product_type` is what the device reports as `ProductName` (`iPhone17,1`), `model` the name people use, `description`
    the upper-case line of the device assignment service. `color` is upper case; it and `capacity` are `""` where the
    product is sold in only one that has no name. `cellular` is the number of IMEIs (0, 1 or 2), `ethernet` whether there
    is a built-in Ethernet port.
    """

    kind: Kind
    product_type: str
    model: str
    capacity: str
    color: str
    part_number: str
    description: str
    os_version: str
    build: str
    cellular: int
    ethernet: bool


class _Catalogue(NamedTuple):
    products: list[Product]
    part_numbers: dict[str, Product]
    product_types: dict[str, tuple[Product, ...]]
    names: dict[str, Product]
    spread: dict[Kind, tuple[tuple[Product, ...], ...]]


def all_products() -> tuple[Product, ...]:
    """Every product, kind by kind and newest first."""
    return tuple(_catalogue().products)


def by_part_number(part: str) -> Product | None:
    """The one product with that part number (`MOP11LL/A`, in any case), or None."""
    return _catalogue().part_numbers.get(part.strip().upper())


def by_product_type(product_type: str) -> tuple[Product, ...]:
    """Every configuration of a product type (`iPhone17,1`, in any case); empty when there is no such type."""
    return _catalogue().product_types.get(folded(product_type), ())


def find(text: str) -> Product:
    """The product that `text` names: a part number, a product type or a model name, in any case.

    Where several products have the name, the first is taken: the newest generation, the smallest capacity, the first
    colour, Wi-Fi before cellular. The bracket at the end of a model name may be left out: `iPad Air 13-inch`, `Mac mini`.
    Raises UnknownProduct.
    """
    product = _catalogue().names.get(folded(text))
    if product is None:
        raise UnknownProduct(_refusal(text.strip()[:60]))
    return product


def spread(kind: Kind) -> tuple[tuple[Product, ...], ...]:
    """The lines of a kind, each as often as its share, so that taking one at random gives a believable mixture."""
    return _catalogue().spread[kind]


@functools.cache
def _catalogue() -> _Catalogue:
    catalogue = _Catalogue([], {}, {}, {}, {})
    for line in product_lines():
        made = tuple(_configurations(line))
        catalogue.products.extend(made)
        catalogue.part_numbers.update((product.part_number, product) for product in made)
        kind_spread = catalogue.spread.get(line.kind, ())
        catalogue.spread[line.kind] = kind_spread + (made,) * line.share
        key = folded(line.product_type)
        catalogue.product_types[key] = catalogue.product_types.get(key, ()) + made
    _name(catalogue)
    return catalogue


def _name(catalogue: _Catalogue) -> None:
    names = catalogue.names
    names.update((part.casefold(), product) for part, product in catalogue.part_numbers.items())
    firsts = [products[0] for products in catalogue.product_types.values()]
    names.update((folded(product.product_type), product) for product in firsts)
    for product in firsts:
        names.setdefault(folded(product.model), product)
    # Last, so that no short name takes the place of a whole one: "Apple Vision Pro" is not the M5.
    for product in firsts:
        names.setdefault(folded(product.model.partition(" (")[0]), product)


def _configurations(line: ProductLine) -> Iterator[Product]:
    version, build = _SYSTEMS[line.kind]
    choices = ((capacity, color) for color in line.colors for capacity in line.capacities)
    for place, (capacity, color) in enumerate(choices):
        description = line.description.replace("{capacity}", capacity).replace("{color}", color)
        yield Product(
            kind=line.kind,
            product_type=line.product_type,
            model=line.model,
            capacity=capacity,
            color=color,
            part_number=f"MO{line.code}{_PLACES[place]}LL/A",
            description=f"{description}-USA",
            os_version=version,
            build=build,
            cellular=line.imeis,
            ethernet=line.ethernet,
        )


@functools.lru_cache(maxsize=1024)
def _refusal(text: str) -> str:
    import difflib

    spelt = {
        folded(name): name for product in all_products() for name in (product.product_type, product.model)
    }
    close = difflib.get_close_matches(folded(text), spelt, n=3, cutoff=0.6)
    expected = (
        "expected a product type (iPhone17,1), a model name (iPhone 16 Pro) or a part number of the catalogue"
    )
    if not close:
        return f"no product is called {text!r}; {expected}"
    return f"no product is called {text!r}; close to it: {'; '.join(spelt[key] for key in close)}; {expected}"
