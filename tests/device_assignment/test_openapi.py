"""The OpenAPI document is true: it names every call, and whatever it allows is answered as it says."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks as openapi_checks

from pomona.device_assignment.openapi import document
from pomona.device_assignment.routes import HANDLERS, app
from tests.device_assignment.support import Linked
from tests.support.runtimes import lasting_runtime
from tests.support.threads import ServerThread
from tests.support.worlds import World, serials

schema = schemathesis.openapi.from_dict(document("http://127.0.0.1"))


@pytest.fixture(scope="module")
def linked() -> Iterator[Linked]:
    """A service with a few devices and a profile, for all examples together."""
    with lasting_runtime() as runtime:
        world = World(runtime.store)
        world.now = runtime.clock.now()
        thread = ServerThread(app(runtime))
        service = Linked(world, runtime, thread.start(), world.service("Main"))
        world.arrive(serials(5))
        world.activity("ASSIGN_DEVICES", serials(5), service.service)
        yield service
        service.http.close()
        thread.stop()


# A refusal's code is chosen by what is wrong, and some rules no schema can say; wrong methods answer 405 without Allow.
_UNFIT = [
    openapi_checks.positive_data_acceptance,
    openapi_checks.negative_data_rejection,
    openapi_checks.missing_required_header,
    openapi_checks.unsupported_method,
    openapi_checks.ignored_auth,
]


@schema.parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_document_allows_is_answered_as_it_says(
    case: schemathesis.Case[Any], linked: Linked
) -> None:
    headers = {"User-Agent": "schemathesis"}
    if case.path == "/session":
        headers["Authorization"] = linked.authorization()
    else:
        headers["X-ADM-Auth-Session"] = linked.session
    case.call_and_validate(base_url=linked.origin, headers=headers, excluded_checks=_UNFIT)


def test_every_call_is_described_and_no_other() -> None:
    described = {
        (path, method.upper())
        for path, methods in document("https://x.example")["paths"].items()
        for method in methods
    }
    offered = {(path, method) for path, methods in HANDLERS.items() for method in methods}
    assert described == offered | {("/session", "GET")}
