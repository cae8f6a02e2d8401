"""Rate limits: off in the laboratory, generous elsewhere, or at about Apple's pace."""

import msgspec
import pytest

from pomona.business_api.errors import ApiError
from pomona.business_api.limits import Limits
from pomona.runtime import Runtime, Settings
from tests.business_api.support import Connect, refused, start
from tests.support.serving import Serve
from tests.support.worlds import World


def test_a_bucket_fills_again() -> None:
    limits = Limits("apple")
    assert [limits.wait(1, "read", 0) for _ in range(21)] == [0] * 20 + [3]
    assert limits.wait(2, "read", 0) == 0
    assert limits.wait(1, "read", 2_000) == 1
    assert limits.wait(1, "read", 3_000) == 0
    assert limits.wait(1, "read", 3_000) == 3
    assert [limits.wait(1, "write", 0) for _ in range(11)] == [0] * 10 + [360]
    assert [limits.wait(1, "read", 60_000_000) for _ in range(21)] == [0] * 20 + [3]
    # A clock that was set back takes nothing away and gives nothing.
    assert limits.wait(1, "read", 0) == 3


def test_off_is_off() -> None:
    limits = Limits("off")
    assert not any(limits.wait(1, "token", 0) for _ in range(1_000))
    limits.spend(1, "GET", 0)


def test_a_refusal_says_when_to_come_again() -> None:
    limits = Limits("apple")
    for _ in range(10):
        limits.spend(1, "POST", 0)
    with pytest.raises(ApiError) as problem:
        limits.spend(1, "DELETE", 0)
    assert problem.value.headers == ((b"retry-after", b"360"),)


def test_the_setting_decides_by_the_address() -> None:
    assert Settings().rate_profile == "off"
    assert Settings(host="0.0.0.0").rate_profile == "polite"
    assert Settings(host="0.0.0.0", rate_limits="off").rate_profile == "off"
    assert Settings(rate_limits="apple").rate_profile == "apple"


def test_over_the_wire(world: World, runtime: Runtime, serve: Serve, connect: Connect) -> None:
    settings = msgspec.structs.replace(runtime.settings, rate_limits="apple")
    paced = Runtime(settings, runtime.store, runtime.keys, runtime.clock, runtime.rng, runtime.origins)
    origin = start(paced, serve, working=False)
    client, other = connect(world, origin), connect(world, origin)
    for _ in range(20):
        assert client.get("orgDevices").status_code == 200
    answer = client.get("orgDevices")
    refused(answer, 429, "RATE_LIMIT_EXCEEDED")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert other.get("orgDevices").status_code == 200
    for _ in range(19):
        assert client.http.post("/auth/oauth2/token", data=client.form()).status_code == 200
    answer = client.http.post("/auth/oauth2/token", data=client.form())
    assert answer.status_code == 429
    assert answer.json() == {"error": "invalid_request", "error_description": "Too many requests"}
    assert int(answer.headers["retry-after"]) >= 1
