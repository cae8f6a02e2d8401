"""Calls in a flood are held back, each service and each address by itself."""

import dataclasses

import msgspec

from pomona.device_assignment.errors import Refused
from pomona.device_assignment.limits import RATES, Limits
from pomona.runtime import Runtime
from tests.device_assignment.support import Links
from tests.support.serving import Serve


def calls(limits: Limits, whom: int | str, now: int, most: int = 5_000) -> int:
    """How many calls go through at once."""
    for count in range(most):
        try:
            limits.spend(whom, now)
        except Refused as refused:
            assert (refused.status, refused.code) == (429, "TOO_MANY_REQUESTS")  # noqa: PT017
            assert refused.seconds == 1  # noqa: PT017
            return count
    return most


def test_buckets_fill_again_and_are_apart() -> None:
    limits = Limits("apple")
    assert calls(limits, 1, 0) == 100
    assert calls(limits, 1, 50) == 0
    assert calls(limits, 1, 1_000) == 10
    assert calls(limits, 2, 1_000) == calls(limits, "127.0.0.1", 1_000) == 100
    assert calls(limits, 1, 10**9) == 100
    assert calls(limits, 1, 0) == 0, "a clock that jumps back gives nothing away"
    assert calls(Limits("polite"), 1, 0) == 2_000
    assert calls(Limits("off"), 1, 0) == 5_000
    assert set(RATES) == {"off", "polite", "apple"}


def test_a_flood_is_told_when_to_come_back(runtime: Runtime, serve: Serve) -> None:
    limited = msgspec.structs.replace(runtime.settings, rate_limits="apple")
    links = Links(dataclasses.replace(runtime, settings=limited), serve)
    linked = links()
    try:
        answers = [linked.call("GET", "/account") for _ in range(130)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert {answer.text for answer in refused} == {"TOO_MANY_REQUESTS"}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert linked.open().status_code == 200, "sessions are counted apart"
        assert 429 in {linked.open().status_code for _ in range(130)}
    finally:
        links.close()
