"""Choosing few devices among many never looks at all of them: SQLite says by which index it goes."""

from collections.abc import Sequence
from typing import Any

import pytest

from pomona.catalogue.kinds import Kind
from pomona.registry import device_parts, device_selection
from pomona.registry.device_parts import (
    AddedSince,
    FromSources,
    InState,
    OfKinds,
    OfOrders,
    OfProductTypes,
    OnServices,
    Part,
    UpdatedSince,
    WithSerials,
)
from pomona.registry.device_words import MeantBy
from pomona.store import Store, Tx
from tests.support.supply import Reseller, document, link
from tests.support.worlds import World, serials

PARTS: tuple[Part, ...] = (
    WithSerials(["OABCDEFGHIJ1"]), InState("assigned"), InState("unassigned"), InState("released"), OfKinds([Kind.MAC]),
    OfProductTypes(["Mac15,3"]), OnServices([1, 2]), OfOrders([1, 2]), FromSources(["APPLE"]), FromSources(["RESELLER"]),
    FromSources(["MANUALLY_ADDED"]), AddedSince(5), UpdatedSince(5), MeantBy("OABC"), MeantBy("blue iphone"),
)  # fmt: skip


def plan(tx: Tx, parts: Sequence[Part], organization_id: int) -> list[str]:
    """What SQLite would do for a choice, without the statements that look into small tables first."""
    said: list[str] = []
    rows = tx.rows

    def explain(sql: str, *params: Any) -> list[Any]:
        said.extend(row[3] for row in rows(f"EXPLAIN QUERY PLAN {sql}", *params))
        return rows(sql, *params)

    tx.rows = explain  # type: ignore[method-assign]
    device_selection.choose(tx, organization_id, parts, after=None, limit=10)
    return said


@pytest.mark.parametrize("part", PARTS, ids=repr)
def test_few_are_found_by_an_index(store: Store, part: Part) -> None:
    world = World(store)
    world.stock(30)
    said = store.read_sync(lambda tx: plan(tx, [part, InState("owned")], world.id))
    touched = [line for line in said if line.startswith(("SCAN", "SEARCH"))]
    assert touched
    whole = ("SCAN device", "SCAN d", "SCAN s", "SCAN o", "SCAN serial_owner", "SCAN purchase_order")
    assert not [line for line in touched if line.split(" USING")[0] in whole], touched


def test_the_part_that_leaves_fewest_decides(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(store)
    stock = world.stock(60)
    world.activity("ASSIGN_DEVICES", stock[:2], world.service("Main"))
    monkeypatch.setattr(device_parts, "FEW", 5)
    monkeypatch.setattr(device_selection, "WINDOW", 3)
    parts = [InState("unassigned"), FromSources(["RESELLER"]), WithSerials(stock[50:52]), InState("owned")]
    found = store.read_sync(lambda tx: device_selection.choose(tx, world.id, parts, after=None, limit=10))
    assert (len(found.ids), found.after, found.partly) == (2, None, False)


def test_devices_of_an_order_that_went_to_another_organisation_are_not_its(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    reseller = Reseller(any_store)
    link(world, "16FCE4A0")
    reseller.send(document("A-17", world.organization.number, serials(3)))
    any_store.write_sync(lambda tx: tx.execute("UPDATE purchase_order SET organization_id = $1", other.id))
    for part in (OfOrders([reseller.order("A-17").id]), MeantBy("A-17"), FromSources(["RESELLER"])):
        found = any_store.read_sync(
            lambda tx: device_selection.choose(tx, other.id, [part], after=None, limit=10)  # noqa: B023
        )
        assert found.ids == [], part
