"""Steps 1 and 3: suppliers are linked and their software submits orders; devices are invented from the catalogue."""

from collections.abc import Sequence
from typing import Any

from pomona.catalogue.kinds import Kind
from pomona.catalogue.serials import batch
from pomona.cli.demo_console import Stage
from pomona.cli.demo_world import CUSTOMER_NUMBER, MAKER_NUMBER, RESELLER_NUMBER, SHIP_TO, World

_MAKER_DEVICES = 30


def link_suppliers(world: World, stage: Stage) -> None:
    """Two suppliers have accounts here; the organisation lets both in."""
    ask = world.programs.ask
    with stage.bar("linking suppliers"):
        reseller = ask(
            "supplier", "add", "RESELLER", RESELLER_NUMBER, "--name", "Grove Resale", "--ship-to", SHIP_TO
        )
        maker = ask("supplier", "add", "APPLE", MAKER_NUMBER, "--name", "The maker", "--ship-to", SHIP_TO)
        world.reseller_token, world.maker_token = reseller["token"], maker["token"]
        ask("supplier", "link", "RESELLER", RESELLER_NUMBER)
        ask("supplier", "link", "APPLE", CUSTOMER_NUMBER)
    stage.evidence(
        f"Apple Customer Number {CUSTOMER_NUMBER} and Reseller Number {RESELLER_NUMBER} are linked"
    )


def order(world: World, stage: Stage) -> None:
    """The reseller orders devices of all six kinds."""
    with stage.bar(f"the reseller submits an order of {world.devices} devices"):
        done = _submit(
            world, RESELLER_NUMBER, world.reseller_token, world.number, world.devices, world.seed, "PO-1001"
        )
    stage.evidence(
        f"order PO-1001: {done['status']}, {done['complete']} devices complete;"
        f" show-order-details has {done['standing']['PO-1001']}"
    )
    kinds: dict[str, int] = {}
    for each in world.programs.ask("device", "list", "--limit", "500"):
        kinds[each["kind"]] = kinds.get(each["kind"], 0) + 1
    stage.evidence("they are here: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))


def maker_order(world: World, stage: Stage) -> None:
    """The maker's own order, which names the customer number."""
    with stage.bar(f"the maker submits an order of {_MAKER_DEVICES} devices"):
        done = _submit(
            world,
            MAKER_NUMBER,
            world.maker_token,
            CUSTOMER_NUMBER,
            _MAKER_DEVICES,
            world.seed + 100,
            "W-77001",
        )
    stage.evidence(f"order W-77001 of the maker: {done['status']}, {done['complete']} devices complete")


def invented(seed: int, count: int, kinds: Sequence[str]) -> list[tuple[str, str]]:
    """Serials and product types of devices that nobody ordered."""
    made = batch(seed, count, [Kind.from_text(kind) for kind in kinds])
    return [(serial, product.product_type) for serial, product in made]


def _submit(
    world: World, number: str, token: str, customer: str, count: int, seed: int, order_number: str
) -> dict[str, Any]:
    done: dict[str, Any] = world.programs.ask(
        *("supplier", "submit", number, "--customer", customer, "--ship-to", SHIP_TO),
        *("--count", str(count), "--seed", str(seed), "--order-number", order_number),
        *("--url", world.https, "--ca-file", str(world.ca)),
        secrets={"POMONA_SUPPLIER_TOKEN": token},
    )
    world.products.update(done["products"])
    return done
