"""How often one address may look accounts up at the alternate."""

import httpx
import msgspec

from pomona.runtime import Runtime
from pomona.service_discovery import routes
from pomona.service_discovery.throttle import LIMITS, WINDOW, Throttle
from tests.support.serving import Serve
from tests.support.sites import Site


def test_too_many_look_ups_have_to_wait_a_minute(quick_site: Site, serve: Serve) -> None:
    """Counted whether or not there is such an account, or waiting would tell."""
    site = quick_site
    settings = msgspec.structs.replace(site.runtime.settings, rate_limits="apple")
    runtime = Runtime(settings, site.runtime.store, site.runtime.keys, site.runtime.clock, site.runtime.rng)
    origin = serve(routes.app(runtime))
    site.account("pat@example.pomona.test")

    def ask(name: str) -> httpx.Response:
        asked = {"user-identifier": f"{name}@example.pomona.test", "model-family": "iPhone"}
        return site.http.get(f"{origin}/mdmBaseURL", params=asked)

    for n in range(LIMITS["apple"]):
        assert ask("pat" if n % 2 else f"nobody{n}").status_code == (302 if n % 2 else 404)
    refused = [ask("pat"), ask("nobody")]
    assert [answer.status_code for answer in refused] == [429, 429]
    assert 1 <= int(refused[0].headers["retry-after"]) <= 61
    runtime.clock.offset += WINDOW
    assert ask("pat").status_code == 302


def test_addresses_are_counted_apart_and_not_for_ever() -> None:
    throttle, start = Throttle(2), 10 * WINDOW
    assert [throttle.wait("a", start), throttle.wait("a", start), throttle.wait("b", start)] == [0, 0, 0]
    assert throttle.wait("a", start + 1000) == WINDOW - 1000
    assert throttle.wait("a", start + WINDOW) == 0
    assert throttle.wait("a", 0) == 0  # the clock was set back
    for n in range(20_000):
        throttle.wait(n, 1)
    assert len(throttle._counts) <= 10_000


def test_without_a_limit_nothing_is_counted() -> None:
    throttle = Throttle(None)
    assert not any(throttle.wait("a", 1000) for _ in range(1000))
