"""Looking many devices up: what is ours, what was, and nothing of anybody else's."""

import csv
import io

import pytest

from pomona.registry import lookups
from pomona.registry.errors import LimitExceeded
from pomona.registry.lookups import Hit
from pomona.store import Store
from tests.support.supply import device
from tests.support.worlds import World, serials


def look_up(world: World, texts: list[str]) -> list[Hit]:
    asked = list(enumerate(texts, 1))
    return world.store.scan_sync(lambda tx: lookups.look_up(tx, world.id, asked))


def test_each_is_answered_in_the_order_asked(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    service = world.service("Main")
    here, gone, theirs, nobody, back = serials(5)
    world.arrive([here, gone, back])
    other.arrive([theirs])
    world.activity("ASSIGN_DEVICES", [here], service)
    world.activity("RELEASE_DEVICES", [gone, back])
    world.tick()
    world.arrive([back])
    other.arrive([gone])
    mine, foreign = device(world, here).imei[0], device(other, theirs).imei[0]
    texts = [nobody, f" {here.lower()} ", mine, gone, theirs, foreign, "x", back, "", here]
    hits = look_up(world, texts)
    assert [hit.answer.name for hit in hits] == [
        "NOT_OURS", "FOUND", "FOUND", "RELEASED", "NOT_OURS", "NOT_OURS", "MALFORMED", "FOUND", "MALFORMED", "FOUND",
    ]  # fmt: skip
    assert [hit.line for hit in hits] == list(range(1, 11))
    assert [hit.device.serial if hit.device else None for hit in hits[:4]] == [None, here, here, gone]
    assert hits[7].device is not None
    assert hits[7].device.released_at is None
    assert {answer.name: count for answer, count in lookups.counts(hits).items()} == {
        "FOUND": 4, "RELEASED": 1, "NOT_OURS": 3, "MALFORMED": 2,
    }  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(lookups.csv(hits, {service.id: "Main"}).decode())))
    assert (rows[1]["asked"], rows[1]["answer"], rows[1]["service"]) == (texts[1], "FOUND", "Main")
    assert (rows[3]["state"], rows[4]["serial_number"], rows[4]["answer"]) == ("released", "", "NOT_OURS")


def test_a_thousand_and_no_more_than_the_limit(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(any_store)
    ours = world.stock(1_000)
    monkeypatch.setattr(lookups, "_PIECE", 300)
    assert all(hit.device is not None for hit in look_up(world, ours))
    monkeypatch.setattr(lookups, "MOST", 999)
    with pytest.raises(LimitExceeded, match="at most 999"):
        look_up(world, ours)


def test_a_device_is_found_by_each_imei_and_its_meid_but_not_with_a_wrong_check_digit(
    any_store: Store,
) -> None:
    world = World(any_store)
    phones = [device(world, serial) for serial in world.stock(60)]
    two = next(phone for phone in phones if len(phone.imei) == 2)
    wrong = two.imei[0][:14] + str((int(two.imei[0][14]) + 1) % 10)
    hits = look_up(world, [*two.imei, *two.meid, wrong])
    assert [hit.device.serial if hit.device else None for hit in hits] == [two.serial] * 3 + [None]
