"""The OpenAPI document is true: it names every operation, and whatever it allows is answered as it says."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks as openapi_checks

from pomona.business_api import token_endpoint
from pomona.business_api.endpoints import ENDPOINTS, EXTENSIONS, OWN
from pomona.business_api.openapi import PATH, document
from pomona.business_api.openapi_operations import APPLES, OURS
from pomona.business_api.routes import app
from tests.business_api.support import Client
from tests.business_api.test_apple_care import covered
from tests.business_api.test_enrolled import enrol
from tests.business_api.test_servers import new
from tests.business_api.test_users import employ
from tests.support.runtimes import lasting_runtime
from tests.support.threads import ServerThread
from tests.support.worlds import World

schema = schemathesis.openapi.from_dict(document("http://127.0.0.1"))


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """An account of an organisation that has something of most kinds, for all examples together."""
    with lasting_runtime() as runtime:
        world = World(runtime.store)
        world.now = runtime.clock.now()
        thread = ServerThread(app(runtime))
        client = Client(world, thread.start())
        new(client, "Main")
        serial, *stock = world.stock(5)
        world.activity("ASSIGN_DEVICES", stock, world.service("Other"))
        covered(world, serial)
        enrol(world, serial)
        employ(world, "ann")
        yield client
        client.http.close()
        thread.stop()


# Codes are chosen by what is wrong, and some rules no schema can say: a name that is taken, an id that is not there. A method
# that is not offered is 403 here, as at Apple. An answer never depends on whether a header is doubled or misspelt.
_UNFIT = [
    openapi_checks.positive_data_acceptance,
    openapi_checks.negative_data_rejection,
    openapi_checks.missing_required_header,
    openapi_checks.unsupported_method,
]


@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_document_allows_is_answered_as_it_says(
    case: schemathesis.Case[Any], client: Client
) -> None:
    given = case.path_parameters.get("id") if case.path_parameters else None
    if isinstance(given, str) and len(given) % 2:
        # Made up ids are seldom there: half of the time it is one that is.
        case.path_parameters["id"] = real_id(client, case.path)
    headers = {} if case.path in token_endpoint.PATHS else {"Authorization": f"Bearer {client.token}"}
    case.call_and_validate(base_url=client.origin, headers=headers, excluded_checks=_UNFIT)


def real_id(client: Client, path: str) -> str:
    """The id of something that a path may be about, as its list says it; one that never was where nothing is there."""
    base, _, rest = path.partition("{id}")[0].rpartition("/")[0].rpartition("/")
    name = {"devices": "orgDevices", "serials": "orgDevices"}.get(rest, rest)
    where = base if name == rest else "/v1"
    listed = client.send("GET", f"{client.origin}{where}/{name}", params={"limit": 1})
    if listed.status_code != 200:
        listed = client.get(name, limit=1)
    found = listed.json().get("data") if listed.status_code == 200 else None
    return str(found[0]["id"]) if found else "00000000-0000-4000-8000-000000000000"


def test_every_operation_of_the_table_is_described_and_no_other() -> None:
    described = {
        (path, method.upper())
        for path, methods in document("https://x.example")["paths"].items()
        for method in methods
    }
    offered = {
        (base + key.replace("*", "{id}"), method)
        for base, table in (("/v1/", ENDPOINTS), (OWN, EXTENSIONS))
        for key, endpoint in table.items()
        for method in endpoint.operations
    }
    assert described == offered | {(path, "POST") for path in token_endpoint.PATHS}
    for table, told in ((ENDPOINTS, APPLES), (EXTENSIONS, OURS)):
        assert set(told) == {
            (key, method) for key, endpoint in table.items() for method in endpoint.operations
        }


def test_all_57_operations_of_apples_are_there() -> None:
    ours = {("orgDeviceActivities", "GET")}
    assert len(set(APPLES) - ours) == 56
    assert "/auth/oauth2/token" in document("https://x.example")["paths"]


def test_the_document_is_read_without_a_token(client: Client) -> None:
    answer = httpx.get(f"{client.origin}{PATH}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == document(client.origin)
    assert httpx.post(f"{client.origin}{PATH}").status_code == 401
