"""What serials were made as: from a manufacturing record, the product named with them, an earlier tenure, or derived."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from pomona.catalogue.facts import Facts, infer
from pomona.catalogue.products import Product, UnknownProduct, by_part_number, find
from pomona.registry import device_numbers, manufacturing
from pomona.registry.order_problems import Problem
from pomona.store import Tx


class Unmade(NamedTuple):
    """Why there are no facts of a serial."""

    problem: Problem
    detail: str


def facts_of(tx: Tx, wanted: Mapping[str, str], *, strict: bool = False) -> dict[str, Facts | Unmade]:
    """The facts of canonical serials; `wanted` names the product of each, empty for none.

    A manufacturing record says best what a device is. Else it is the product that is named, else what it was when it was
    here before. With `strict` a serial of which nobody ever told what it is has no facts.
    """
    recorded = manufacturing.known(tx, list(wanted))
    unnamed = [serial for serial, name in wanted.items() if not name and serial not in recorded]
    earlier = _earlier(tx, unnamed) if unnamed else {}
    products = {name: _product(name) for name in set(wanted.values()) if name}
    found: dict[str, Facts | Unmade] = {}
    for serial, name in wanted.items():
        if (told := recorded.get(serial)) is not None:
            found[serial] = told
        elif name:
            product = products[name]
            found[serial] = product if isinstance(product, Unmade) else infer(serial, product)
        elif (known := earlier.get(serial)) is not None and not (strict and known.inferred):
            found[serial] = known
        else:
            found[serial] = Unmade(Problem.NOT_IN_CATALOGUE, "") if strict else infer(serial)
    return found


def checked(tx: Tx, wanted: Mapping[str, str], *, strict: bool) -> dict[str, Unmade]:
    """Those of `facts_of` that have none, without deriving the others."""
    products = {name: _product(name) for name in set(wanted.values()) if name}
    unknown = {name: product for name, product in products.items() if isinstance(product, Unmade)}
    wrong = {serial: unknown[name] for serial, name in wanted.items() if name in unknown} if unknown else {}
    if strict:
        unnamed = [serial for serial, name in wanted.items() if not name]
        told = {serial for serial, known in _earlier(tx, unnamed).items() if not known.inferred}
        told |= manufacturing.recorded(tx, unnamed)
        wrong.update(
            (serial, Unmade(Problem.NOT_IN_CATALOGUE, "")) for serial in unnamed if serial not in told
        )
    return wrong


@lru_cache(maxsize=4096)
def _product(name: str) -> Product | Unmade:
    try:
        return find(name)
    except UnknownProduct as problem:
        return Unmade(Problem.PRODUCT_UNKNOWN, str(problem))


def _earlier(tx: Tx, serials: Iterable[str]) -> dict[str, Facts]:
    rows = tx.rows(
        f"SELECT d.serial, p.part_number, d.identifiers, d.inferred FROM {tx.each('$1')} e"
        " JOIN device d ON d.serial = e.v AND d.released_at IS NOT NULL JOIN product p ON p.id = d.product_id"
        " ORDER BY d.released_at, d.id",
        tx.pack(list(serials)),
    )
    found: dict[str, Facts] = {}
    for serial, part_number, identifiers, inferred in rows:
        product = by_part_number(part_number)
        if product is not None:
            found[serial] = device_numbers.facts(serial, product, identifiers, inferred=bool(inferred))
    return found
