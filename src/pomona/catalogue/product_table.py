"""Reading the product tables, one text file for each kind of device.

A line is a product as the factory makes it: one product type, sold in some capacities and colours. Its columns are parted
by `|`. The *code* is two characters that no other line has; together with the place of a capacity and a colour in their
lists it makes the part number, so a published line only ever grows at the end of its list of colours. The *share* says
how often devices of unknown make are taken for this product, compared with the others of its kind. Newer products stand
first: a name that several products share (`iPad`, `Mac mini`) means the first of them.
"""

import pkgutil
from collections.abc import Iterator
from typing import NamedTuple

from pomona.catalogue.kinds import Kind


class ProductLine(NamedTuple):
    """One line of a product table."""

    kind: Kind
    code: str
    share: int
    product_type: str
    model: str
    imeis: int
    ethernet: bool
    capacities: tuple[str, ...]
    colors: tuple[str, ...]
    description: str


def product_lines() -> Iterator[ProductLine]:
    """Every line of every table, kind by kind, in the order of the files."""
    for kind in Kind:
        table = pkgutil.get_data("pomona.catalogue", f"tables/{kind.name.lower()}.txt")
        if table is None:
            raise FileNotFoundError(f"the table of {kind.label} products is missing from this installation")
        for line in table.decode().splitlines()[1:]:
            yield _parsed(kind, line)


def _parsed(kind: Kind, line: str) -> ProductLine:
    code, share, product_type, model, imeis, ethernet, capacities, colors, description = (
        column.strip() for column in line.split("|")
    )
    return ProductLine(
        kind,
        code,
        int(share),
        product_type,
        model,
        int(imeis),
        ethernet == "yes",
        tuple(capacities.split(", ")),
        tuple(colors.split(", ")),
        description,
    )
