"""What every call refuses alike, and that two organisations never see each other."""

import json
from typing import Any

import httpx
import pytest

from pomona.device_assignment import renewal
from pomona.device_assignment.routes import HANDLERS
from tests.device_assignment.support import Links
from tests.support.worlds import serials

CALLS = [(method, path) for path, methods in HANDLERS.items() for method in methods]
WITHOUT_BODY = {("DELETE", "/account-driven-enrollment/profile"), ("POST", renewal.PATH)}
BODIES = [call for call in CALLS if call[0] != "GET" and call not in WITHOUT_BODY]


def shape(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "text/plain;charset=UTF8"
    assert answer.headers["content-length"] == str(len(answer.content))
    return answer.status_code, answer.text


def test_unknown_paths_and_methods_are_empty(link: Links) -> None:
    linked = link()
    for path in ("/", "/devices/", "/device", "/profile/device", "/roster/class", "/Account"):
        assert shape(linked.http.get(path)) == (404, "")
    for path, methods in HANDLERS.items():
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - set(methods):
            assert shape(linked.http.request(method, path)) == (405, "")


@pytest.mark.parametrize("agent", [None, ""])
def test_a_client_must_say_its_name(link: Links, agent: str | None) -> None:
    linked = link()
    del linked.http.headers["User-Agent"]
    headers = {"X-ADM-Auth-Session": linked.session} | ({} if agent is None else {"User-Agent": agent})
    for method, path in CALLS:
        answer = linked.http.request(method, path, headers=headers)
        assert shape(answer) == (400, "USER_AGENT_MISSING")
    linked.http.headers["User-Agent"] = "tests/1"


def test_a_client_s_name_can_be_refused(link: Links) -> None:
    linked = link()
    linked.switch(reject_user_agent="^nanodep-godep/")
    assert linked.refused("GET", "/account", User_Agent="nanodep-godep/0") == (400, "USER_AGENT_INVALID")
    assert linked.call("GET", "/account", User_Agent="nanodep-g-o-dep/0").status_code == 200


def test_every_call_needs_a_session(link: Links) -> None:
    linked = link()
    for method, path in CALLS:
        assert shape(linked.http.request(method, path)) == (403, "FORBIDDEN")
        headers = {"X-ADM-Auth-Session": "A" * 70}
        assert shape(linked.http.request(method, path, headers=headers)) == (403, "FORBIDDEN")
    link.runtime.clock.offset = 0
    session = linked.session
    link.runtime.clock.offset = 31 * 60_000
    for method, path in CALLS:
        answer = linked.http.request(method, path, headers={"X-ADM-Auth-Session": session})
        assert shape(answer) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000, b"1e999"]
)
def test_a_body_that_is_not_the_expected_json(link: Links, body: bytes) -> None:
    linked = link()
    headers = {"X-ADM-Auth-Session": linked.session}
    for method, path in BODIES:
        answer = linked.http.request(method, path, content=body, headers=headers)
        assert shape(answer) == (400, "MALFORMED_REQUEST_BODY"), path


def test_a_body_that_is_too_large_is_refused_before_it_is_read_to_its_end(link: Links) -> None:
    linked = link()
    headers = {"X-ADM-Auth-Session": linked.session}
    answer = linked.http.post("/devices", content=b" " * 1_000_001, headers=headers)
    assert shape(answer) == (413, "REQUEST_TOO_LARGE")

    def endless() -> Any:
        for _ in range(50):
            yield b" " * 100_000

    try:
        answer = linked.http.post("/devices", content=endless(), headers=headers)
    except httpx.WriteError:
        return  # the server had heard enough and hung up while we were still writing
    assert shape(answer) == (413, "REQUEST_TOO_LARGE")


def test_a_body_just_within_the_limit(link: Links) -> None:
    linked = link()
    asked = [f"O{n:011X}" for n in range(62_000)]
    body = json.dumps({"devices": asked}, separators=(",", ":")).encode()
    assert 900_000 < len(body) <= 1_000_000
    answer = linked.http.post("/devices", content=body, headers={"X-ADM-Auth-Session": linked.session})
    assert answer.status_code == 200
    assert len(answer.json()["devices"]) == 62_000


def test_two_organisations_learn_nothing_of_each_other(link: Links) -> None:
    ours, theirs = link("Ours"), link("Theirs")
    mine, foreign = serials(2), serials(2, seed=2)
    for linked, owned in ((ours, mine), (theirs, foreign)):
        linked.world.arrive(owned)
        linked.world.activity("ASSIGN_DEVICES", owned, linked.service)
    profile = theirs.ok("POST", "/profile", {"profile_name": "P", "url": "https://m.example/"})[
        "profile_uuid"
    ]
    own = ours.ok("POST", "/profile", {"profile_name": "P", "url": "https://m.example/"})["profile_uuid"]
    before = theirs.fetch()
    unknown = "OUNKNOWN9999"

    def answers(serial: str, uuid: str) -> list[Any]:
        """What every call says of a serial and a profile, without their names."""
        said = [
            ours.call("POST", "/devices", {"devices": [serial]}),
            ours.call("POST", "/devices/disown", {"devices": [serial]}),
            ours.call("POST", "/device/activationlock", {"device": serial}),
            ours.call("GET", f"/device/replacementDetails?device={serial}"),
            ours.call("GET", f"/profile?profile_uuid={uuid}"),
            ours.call("PUT", "/profile/devices", {"profile_uuid": own, "devices": [serial]}),
            ours.call("PUT", "/profile/devices", {"profile_uuid": uuid, "devices": [mine[0]]}),
            ours.call("DELETE", "/profile/devices", {"devices": [serial]}),
            ours.call(
                "POST", "/profile", {"profile_name": "P", "url": "https://m.example/", "devices": [serial]}
            ),
        ]
        texts = [(answer.status_code, answer.text) for answer in said]
        texts[-1] = (said[-1].status_code, str(said[-1].json()["devices"]))
        return [(status, text.replace(serial, "SERIAL")) for status, text in texts]

    assert answers(foreign[0], profile) == answers(unknown, "0" * 32)
    assert theirs.fetch()[0] == before[0]
    assert {record["serial_number"] for record in ours.fetch()[0]} == set(mine)
    cursor = ours.fetch()[1]
    assert theirs.refused("POST", "/devices/sync", {"cursor": cursor}) == (400, "INVALID_CURSOR")
