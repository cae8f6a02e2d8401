"""The original's oddities, each behind a switch of one service; without it everything is told as one would expect."""

from typing import Any

from pomona.registry import results
from pomona.registry.results import Result
from tests.device_assignment.support import Linked, Links
from tests.support.worlds import serials


def told(linked: Linked, cursor: str) -> list[tuple[str, str, str]]:
    changes, _ = linked.sync(cursor)
    return [(each["serial_number"], each["op_type"], each["profile_status"]) for each in changes]


def pair(link: Links) -> tuple[Linked, Linked, list[str]]:
    """Two services of an organisation and three devices, two of them on the first service."""
    first = link()
    second = link.join(first.world, "Second")
    ours = serials(3)
    first.world.arrive(ours)
    first.world.activity("ASSIGN_DEVICES", ours[:2], first.service)
    return first, second, ours


def test_a_move_is_told_as_modified_to_a_service_that_wants_it_so(link: Links) -> None:
    first, second, ours = pair(link)
    second.switch(move_as_modified=True)
    cursors = first.fetch()[1], second.fetch()[1]
    first.world.activity("ASSIGN_DEVICES", ours, second.service)
    assert told(first, cursors[0]) == [(serial, "deleted", "empty") for serial in ours[:2]]
    assert told(second, cursors[1]) == [
        (ours[2], "added", "empty"),
        (ours[0], "modified", "removed"),
        (ours[1], "modified", "removed"),
    ]
    assert {each["serial_number"] for each in second.fetch()[0]} == set(ours)
    assert second.world.reread(second.service).device_count == 3
    assert first.world.reread(first.service).device_count == 0


def test_a_release_can_be_silent(link: Links) -> None:
    first, second, ours = pair(link)
    first.switch(silent_release=True)
    first.world.activity("ASSIGN_DEVICES", ours[2:], second.service)
    cursors = first.fetch()[1], second.fetch()[1]
    first.world.activity("RELEASE_DEVICES", [ours[0], ours[2]])
    first.world.activity("UNASSIGN_DEVICES", [ours[1]])
    assert told(first, cursors[0]) == [(ours[1], "deleted", "empty")], "only the release is silent"
    assert told(second, cursors[1]) == [(ours[2], "deleted", "empty")], "and only for this service"
    assert first.fetch()[0] == []
    assert first.world.reread(first.service).device_count == 0


def assigned_again(linked: Linked, ours: list[str]) -> tuple[Any, list[Result]]:
    """The activity that assigns devices to the service they are on, and its results."""
    done = linked.world.activity("ASSIGN_DEVICES", ours, linked.service)
    found = linked.runtime.store.read_sync(lambda tx: results.page(tx, done.id))
    return done, [row.result for row in found]


def test_assigning_to_the_same_service_keeps_or_strips_the_profile(link: Links) -> None:
    linked, _, ours = pair(link)
    uuid = linked.ok(
        "POST", "/profile", {"profile_name": "P", "url": "https://m.example/", "devices": ours[:1]}
    )["profile_uuid"]
    _, cursor = linked.fetch()
    done, found = assigned_again(linked, ours[:2])
    assert found == [Result.ALREADY_ASSIGNED, Result.ALREADY_ASSIGNED]
    assert done.sub_status == "COMPLETED_WITH_SUCCESS"
    assert told(linked, cursor) == []
    linked.switch(same_service="apple")
    done, found = assigned_again(linked, ours)
    assert found == [Result.SAME_SERVER, Result.SAME_SERVER, Result.CHANGED]
    assert (done.sub_status, done.succeeded, done.failed) == ("COMPLETED_WITH_ERROR", 1, 2)
    assert found[0].words == ("FAILED", "ALREADY_ASSIGNED")
    assert told(linked, cursor) == [(ours[0], "modified", "removed"), (ours[2], "added", "empty")]
    record = linked.ok("POST", "/devices", {"devices": ours[:1]})["devices"][ours[0]]
    assert record["profile_uuid"] == uuid
