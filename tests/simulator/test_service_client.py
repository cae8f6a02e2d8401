"""The assignment client and its mirror against a service that behaves as badly as real ones were seen to."""

import time
from typing import Any

import httpx
import pytest

from pomona.formats.oauth1 import parse, verify
from pomona.formats.server_token import ServerToken
from pomona.simulator import mirror
from pomona.simulator.assignment_client import AssignmentClient, AssignmentRefused
from pomona.simulator.mirror import Mirror
from pomona.simulator.randomness import seeded
from pomona.simulator.service import Event, SimulatedService
from pomona.simulator.service_files import Kept

TOKEN = ServerToken("CK_1", "CS_1", "AT_1", "AS_1", "2030-01-01T00:00:00Z")
ORIGIN = "https://assignment.example"


class Odd:
    """Answers from a script: each call takes the next answer; sessions are numbered."""

    def __init__(self, *answers: tuple[int, Any] | tuple[int, Any, dict[str, str]]) -> None:
        self.answers = list(answers)
        self.seen: list[httpx.Request] = []
        self.sessions = 0
        self.at_session: list[tuple[int, str]] = []
        self.waits: list[float] = []
        http = httpx.Client(transport=httpx.MockTransport(self.answer), base_url=ORIGIN)
        self.client = AssignmentClient(http, TOKEN, seeded(1), wait=self.waits.append)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/session":
            if self.at_session:
                status, code = self.at_session.pop(0)
                return httpx.Response(status, text=code)
            signed = parse(request.headers["Authorization"])
            assert verify(signed, "GET", [f"{ORIGIN}/session"], TOKEN.consumer_secret, TOKEN.access_secret)
            assert abs(signed.timestamp - time.time()) < 60
            self.sessions += 1
            return httpx.Response(200, json={"auth_session_token": f"S{self.sessions}"})
        self.seen.append(request)
        status, body, *headers = self.answers.pop(0)
        content = {"text": body} if isinstance(body, str) else {"json": body}
        return httpx.Response(status, headers=headers[0] if headers else None, **content)

    @property
    def shown(self) -> list[str]:
        """The sessions that calls came with."""
        return [request.headers["X-ADM-Auth-Session"] for request in self.seen]


def page(*records: dict[str, Any], cursor: str = "c", more: bool = False) -> dict[str, Any]:
    return {
        "devices": list(records),
        "cursor": cursor,
        "more_to_follow": more,
        "fetched_until": "2026-01-01T00:00:00Z",
    }


def device(serial: str, **more: Any) -> dict[str, Any]:
    return {"serial_number": serial, "profile_status": "empty"} | more


def sets(update: mirror.Update) -> tuple[set[str], set[str], set[str]]:
    return set(update.added), set(update.modified), set(update.deleted)


def op(serial: str, kind: str, second: int) -> dict[str, Any]:
    return device(serial, op_type=kind, op_date=f"2026-01-01T00:00:{second:02}Z")


@pytest.mark.parametrize(
    ("status", "code"), [(401, "UNAUTHORIZED"), (403, "FORBIDDEN"), (401, '"UNAUTHORIZED"')]
)
def test_a_session_that_ended_is_opened_again_once(status: int, code: str) -> None:
    odd = Odd((200, {}), (status, code), (200, {"a": 1}), (status, code), (status, code))
    odd.client.account()
    assert odd.client.account() == {"a": 1}
    assert odd.shown == ["S1", "S1", "S2"]
    with pytest.raises(AssignmentRefused) as refused:
        odd.client.account()
    assert (refused.value.status, refused.value.code) == (status, code.strip('"'))
    assert odd.client.sessions_opened == 3


def test_a_session_that_an_answer_carries_is_used_from_then_on() -> None:
    odd = Odd((200, {}, {"X-ADM-Auth-Session": "R1"}), (200, {}), (200, {}))
    for _ in range(3):
        odd.client.account()
    assert odd.shown == ["S1", "R1", "R1"]


def test_refused_sessions_are_told_apart() -> None:
    odd = Odd()
    odd.at_session = [(403, "T_C_NOT_SIGNED")]
    with pytest.raises(
        AssignmentRefused, match="opening a session was refused: 403 T_C_NOT_SIGNED"
    ) as refused:
        odd.client.account()
    assert refused.value.at_session


def test_it_waits_when_told_to_and_gives_up_in_the_end() -> None:
    slow = (429, "TOO_MANY_REQUESTS", {"Retry-After": "7"})
    odd = Odd(slow, (503, "", {"Retry-After": "soon"}), (200, {"a": 1}), *[slow] * 5)
    assert odd.client.account() == {"a": 1}
    assert odd.waits == [7.0, 1.0]
    with pytest.raises(AssignmentRefused, match="429 TOO_MANY_REQUESTS"):
        odd.client.account()
    assert odd.waits == [7.0, 1.0, 7.0, 7.0, 7.0, 7.0]


def test_a_full_fetch_then_changes() -> None:
    kept = Mirror()
    odd = Odd((200, page(device("A"), cursor="1", more=True)), (200, page(device("B"), cursor="2")))
    assert mirror.update(kept, odd.client).added == {"A", "B"}
    odd.answers = [
        (200, page(op("C", "added", 1), op("A", "deleted", 2), cursor="3", more=True)),
        (200, page(op("B", "modified", 3), op("C", "deleted", 4), cursor="4")),
    ]
    update = mirror.update(kept, odd.client)
    assert sets(update) == (set(), {"B"}, {"A"})
    assert (sorted(kept.devices), kept.cursor) == (["B"], "4")


def test_what_is_older_than_what_is_known_changes_nothing() -> None:
    kept = Mirror(cursor="1")
    kept.apply([op("A", "added", 1), op("A", "deleted", 5), op("B", "added", 5)])
    kept.apply([op("A", "added", 4), op("B", "deleted", 4), op("B", "modified", 5)])
    assert sorted(kept.devices) == ["B"]


@pytest.mark.parametrize("code", ["EXPIRED_CURSOR", "INVALID_CURSOR", "CURSOR_REQUIRED"])
def test_a_cursor_of_no_use_leads_to_a_full_fetch(code: str) -> None:
    kept = Mirror({"A": device("A"), "B": device("B")}, "old")
    odd = Odd((400, code), (200, page(device("B"), device("C"))))
    update = mirror.update(kept, odd.client)
    assert update.fetched
    assert sets(update) == ({"C"}, set(), {"A"})
    assert "cursor" not in odd.seen[1].read().decode()


def test_other_refusals_and_endless_trouble_are_told() -> None:
    odd = Odd((400, "ODD"))
    with pytest.raises(AssignmentRefused, match="400 ODD"):
        mirror.update(Mirror(cursor="1"), odd.client)
    odd = Odd(*[(400, "INVALID_CURSOR")] * 4)
    with pytest.raises(AssignmentRefused, match="INVALID_CURSOR"):
        mirror.update(Mirror(), odd.client)


def test_a_fetch_that_is_exhausted_already_goes_on_by_sync() -> None:
    odd = Odd((200, page(device("A"), cursor="1", more=True)), (400, "EXHAUSTED_CURSOR"))
    assert mirror.read_all(odd.client) == ([device("A")], "1")


def test_more_with_the_same_cursor_is_not_asked_for_for_ever() -> None:
    odd = Odd((200, page(op("A", "added", 1), cursor="1", more=True)))
    kept = Mirror(cursor="1")
    with pytest.raises(AssignmentRefused, match="same cursor again"):
        mirror.update(kept, odd.client)
    assert "A" in kept.devices


def test_differences_are_named() -> None:
    kept = Mirror({"A": device("A"), "B": device("B"), "C": device("C")})
    there = [device("B"), device("C", color="RED"), device("D")]
    assert mirror.differences(kept, there) == [("A", "not there"), ("C", "different"), ("D", "missing here")]


@pytest.fixture
def events() -> list[Event]:
    return []


def test_a_profile_goes_to_devices_without_it_and_is_defined_once(events: list[Event]) -> None:
    odd = Odd(
        (200, {"server_name": "S"}),
        (200, {"profile_uuid": "P1"}),
        (200, page(device("A"), device("B", profile_status="assigned", profile_uuid="P1"),
                   device("C", profile_status="pushed", profile_uuid="P0"))),
        (200, {"devices": {"A": "SUCCESS", "C": "THROTTLED"}}),
        (200, page(cursor="2")),
        (200, {"devices": {"C": "SUCCESS"}}),
    )  # fmt: skip
    profile = {"profile_name": "S", "url": "https://s.example/"}
    kept = Kept()
    service = SimulatedService(odd.client, kept, profile, events.append)
    service.link()
    service.round()
    service.round()
    assert [event.detail for event in events if event.step == "assigned"] == [
        {"SUCCESS": 1, "THROTTLED": 1},
        {"SUCCESS": 1},
    ]
    assert odd.answers == []
    odd.answers = [(200, {"server_name": "S"})]
    SimulatedService(odd.client, kept, profile).link()
    assert odd.answers == [], "the same profile is not defined again"
    state = service.state()
    assert sorted(state["devices"]) == ["A", "B", "C"]
    assert (state["profile_uuid"], state["cursor"]) == ("P1", "2")
    assert (service.expects("A"), service.expects("D")) == (True, False)


def test_verification_looks_again_while_devices_still_move(events: list[Event]) -> None:
    odd = Odd(
        (200, page()), (200, page(device("A"))), (200, page(op("A", "added", 1))), (200, page(device("A")))
    )
    service = SimulatedService(odd.client, Kept(mirror=Mirror(cursor="1")), None, events.append)
    assert service.verify() == []
    assert events[-1] == Event("verified", {"equal": True, "devices": 1, "different": 0})
    odd.answers = [(200, page()), (200, page())] * 5
    assert service.verify() == [("A", "not there")]
