"""Full fetches and changes, over real HTTP on both engines."""

from typing import Any

import pytest

from pomona.device_assignment.cursors import Cursor, Cursors
from tests.device_assignment.support import Links
from tests.support.worlds import serials

DAY = 86_400_000


def names(records: list[dict[str, Any]]) -> list[str]:
    return [record["serial_number"] for record in records]


def test_a_fetch_pages_through_and_ends_with_a_cursor_to_sync_from(link: Links) -> None:
    linked = link()
    ours = serials(5)
    linked.world.arrive(ours)
    linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    first = linked.ok("POST", "/server/devices", {"limit": 2})
    assert (len(first["devices"]), first["more_to_follow"]) == (2, True)
    assert not {"op_type", "op_date"} & first["devices"][0].keys()
    second = linked.ok("POST", "/server/devices", {"limit": 2, "cursor": first["cursor"]})
    third = linked.ok("POST", "/server/devices", {"limit": 2, "cursor": second["cursor"]})
    assert names(first["devices"] + second["devices"] + third["devices"]) == ours
    assert third["more_to_follow"] is False
    assert linked.refused("POST", "/server/devices", {"cursor": third["cursor"]}) == (400, "EXHAUSTED_CURSOR")
    nothing = linked.ok("POST", "/devices/sync", {"cursor": third["cursor"]})
    assert (nothing["devices"], nothing["more_to_follow"]) == ([], False)


def test_a_page_that_is_just_full_is_the_last(link: Links) -> None:
    linked = link()
    ours = serials(4)
    linked.world.arrive(ours)
    linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    devices, _ = linked.fetch(limit=2)
    assert names(devices) == ours
    assert linked.ok("POST", "/server/devices", {"limit": 4})["more_to_follow"] is False


def test_what_happens_during_a_fetch_is_told_afterwards(link: Links) -> None:
    linked = link()
    ours = serials(6)
    linked.world.arrive(ours)
    linked.world.activity("ASSIGN_DEVICES", ours[1:5], linked.service)
    page = linked.ok("POST", "/server/devices", {"limit": 3})
    linked.world.activity("ASSIGN_DEVICES", [ours[0], ours[5]], linked.service)
    linked.world.activity("UNASSIGN_DEVICES", [ours[1], ours[4]], linked.service)
    rest = linked.ok("POST", "/server/devices", {"limit": 3, "cursor": page["cursor"]})
    assert names(page["devices"] + rest["devices"]) == [*ours[1:4], ours[5]]
    changes, _ = linked.sync(rest["cursor"])
    assert [(record["serial_number"], record["op_type"]) for record in changes] == [
        (ours[0], "added"),
        (ours[5], "added"),
        (ours[1], "deleted"),
        (ours[4], "deleted"),
    ]
    assert linked.sync(page["cursor"])[0] == changes, "a cursor of the fetch stands for its beginning"


def test_sync_pages_in_order_and_a_cursor_may_be_used_again(link: Links) -> None:
    linked = link()
    ours = serials(5)
    linked.world.arrive(ours)
    _, cursor = linked.fetch()
    linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    linked.world.activity("UNASSIGN_DEVICES", ours[:2], linked.service)
    whole, _ = linked.sync(cursor)
    in_pairs, last = linked.sync(cursor, limit=2)
    assert whole == in_pairs
    assert len(whole) == 7
    assert linked.sync(last)[0] == []
    dates = [record["op_date"] for record in whole if record["serial_number"] == ours[0]]
    assert dates == sorted(set(dates))


def test_a_device_that_left_shows_what_it_is_and_nothing_of_where_it_went(link: Links) -> None:
    linked = link()
    other = link.join(linked.world, "Other")
    ours = serials(1)
    linked.world.arrive(ours)
    _, cursor = linked.fetch()
    linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    linked.world.activity("ASSIGN_DEVICES", ours, other.service)
    profile = other.ok(
        "POST", "/profile", {"profile_name": "P", "url": "https://mdm.example/", "devices": ours}
    )
    changes, _ = linked.sync(cursor)
    assert [record["op_type"] for record in changes] == ["added", "deleted"]
    for record in changes:
        assert record["profile_status"] == "empty"
        assert record["model"]
        assert record["device_family"] == "iPhone"
        assert not {"profile_uuid", "device_assigned_by", "device_assigned_date"} & record.keys()
    assert other.fetch()[0][0]["profile_uuid"] == profile["profile_uuid"]


def test_cursors_expire_after_seven_days_and_never_before(link: Links) -> None:
    linked = link()
    _, cursor = linked.fetch()
    link.runtime.clock.offset = 7 * DAY - 60_000
    linked.use(linked.issued)
    assert linked.sync(cursor)[0] == []
    link.runtime.clock.offset = 7 * DAY + 60_000
    linked.use(linked.issued)
    assert linked.refused("POST", "/devices/sync", {"cursor": cursor}) == (400, "EXPIRED_CURSOR")
    assert linked.refused("POST", "/server/devices", {"cursor": cursor}) == (400, "EXHAUSTED_CURSOR")
    assert linked.sync(linked.fetch()[1])[0] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "CURSOR_REQUIRED"),
        ({"cursor": ""}, "CURSOR_REQUIRED"),
        ({"cursor": None}, "CURSOR_REQUIRED"),
        ({"cursor": "nonsense"}, "INVALID_CURSOR"),
        ({"cursor": "é" * 60}, "INVALID_CURSOR"),
        ({"cursor": 5}, "MALFORMED_REQUEST_BODY"),
        ({"cursor": "x", "limit": "all"}, "MALFORMED_REQUEST_BODY"),
        ([], "MALFORMED_REQUEST_BODY"),
    ],
)
def test_what_is_no_cursor_is_refused(link: Links, body: Any, code: str) -> None:
    linked = link()
    assert linked.refused("POST", "/devices/sync", body) == (400, code)


def test_limits_are_kept_between_one_and_a_thousand(link: Links) -> None:
    linked = link()
    ours = linked.world.stock(1_001)
    linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    sizes = {
        limit: len(linked.ok("POST", "/server/devices", {"limit": limit})["devices"])
        for limit in (None, 0, -5, 1, 1000, 1001, 10**30)
    }
    assert sizes == {None: 1000, 0: 1, -5: 1, 1: 1, 1000: 1000, 1001: 1000, 10**30: 1000}


def test_a_cursor_belongs_to_the_service_and_not_to_its_token(link: Links) -> None:
    linked = link()
    other = link.join(linked.world, "Other")
    stranger = link(name="Stranger")
    _, cursor = linked.fetch()
    assert len(cursor) <= 128
    for foreign in (other, stranger):
        assert foreign.refused("POST", "/devices/sync", {"cursor": cursor}) == (400, "INVALID_CURSOR")
        assert foreign.refused("POST", "/server/devices", {"cursor": cursor}) == (400, "INVALID_CURSOR")
    linked.use(linked.renew())
    assert linked.sync(cursor)[0] == []


def test_a_cursor_from_after_a_restored_backup_makes_the_client_fetch_anew(link: Links) -> None:
    linked = link()
    cursors = Cursors(link.runtime.keys)
    ahead = Cursor("sync", linked.service.id, 99, 0, link.runtime.clock.now())
    text = cursors.encode(ahead)
    assert linked.refused("POST", "/devices/sync", {"cursor": text}) == (400, "EXPIRED_CURSOR")
    text = cursors.encode(ahead._replace(kind="fetch"))
    assert linked.refused("POST", "/server/devices", {"cursor": text}) == (400, "INVALID_CURSOR")


def test_null_and_missing_cursor_begin_a_fetch(link: Links) -> None:
    linked = link()
    for body in ({}, {"cursor": None}, {"cursor": ""}, {"cursor": None, "limit": None}):
        assert linked.ok("POST", "/server/devices", body)["devices"] == []
