"""Whatever is sent: an answer of the protocol, never a failure of ours, and nothing changed by what is refused."""

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.registry import activities, services
from tests.business_api.support import Client, activity_body
from tests.business_api.test_servers import DER, body
from tests.support.worlds import World, serials

QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
NAMES = st.sampled_from(
    (
        "limit",
        "cursor",
        "fields[orgDevices]",
        "fields[mdmServers]",
        "fields[",
        "filter[x]",
        "filter[startTimestamp]",
        "filter[endTimestamp]",
        "filter[type]",
        "filter[subjectId]",
        "sort",
        "include",
        "limit[apps]",
        "fields[blueprints]",
        "x",
    )
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXT, children, max_size=3),
    max_leaves=8,
)
PATHS = st.sampled_from(
    (
        *(
            "orgDevices",
            "mdmServers",
            "orgDeviceActivities",
            "mdmDevices",
            "users",
            "auditEvents",
            "userGroups",
        ),
        *("organizationalUnits", "apps", "packages", "configurations", "blueprints"),
    )
)


def check(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert all(isinstance(error["status"], str) for error in answer.json()["errors"])


def spoilt(whole: Any, path: list[Any], value: Any) -> Any:
    """A copy of a document with the value at a path replaced."""
    copy = json.loads(json.dumps(whole))
    at = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copy


def paths_of(whole: Any, here: tuple[Any, ...] = ()) -> list[list[Any]]:
    """Every place in a document."""
    found = [list(here)] if here else []
    children = (
        whole.items() if isinstance(whole, dict) else enumerate(whole) if isinstance(whole, list) else ()
    )
    for key, child in children:
        found += paths_of(child, (*here, key))
    return found


ACTIVITY = activity_body("ASSIGN_DEVICES", serials(2), "0" * 32)
SERVER = body(
    "0" * 32, serverName="X", serverCertificate={"name": "m", "data": DER}, enableMdmDisownFlag=True
)


@QUICK
@given(path=PATHS, id=TEXT, pairs=st.lists(st.tuples(NAMES, TEXT), max_size=3))
def test_queries_and_ids(client: Client, path: str, id: str, pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)
    check(client.send("GET", f"{path}?{query}"))
    check(client.send("GET", f"{path}/{quote(id, safe='')}?{query}"))


@QUICK
@given(
    sent=st.one_of(
        st.binary(max_size=60),
        JSON.map(lambda value: json.dumps(value).encode()),
        st.builds(
            lambda path, value: json.dumps(spoilt(ACTIVITY, path, value)).encode(),
            st.sampled_from(paths_of(ACTIVITY)),
            JSON,
        ),
    )
)
def test_activity_bodies(client: Client, world: World, sent: bytes) -> None:
    answer = client.send("POST", "orgDeviceActivities", content=sent)
    check(answer)
    assert answer.status_code >= 400
    assert world.store.read_sync(lambda tx: activities.newest(tx, world.id)) == []


@QUICK
@given(path=st.sampled_from(paths_of(SERVER)), value=JSON, method=st.sampled_from(("POST", "PATCH")))
def test_server_bodies(client: Client, world: World, path: list[Any], value: Any, method: str) -> None:
    service = next(
        (each for each in world.store.read_sync(lambda tx: services.of_organization(tx, world.id)) if each.kind == "MDM"),
        None,
    ) or world.service("A")  # fmt: skip
    where = "mdmServers" if method == "POST" else f"mdmServers/{service.uuid}"
    before = world.store.read_sync(lambda tx: services.of_organization(tx, world.id))
    answer = client.send(method, where, json=spoilt(SERVER, path, value))
    check(answer)
    if answer.status_code >= 400:
        assert world.store.read_sync(lambda tx: services.of_organization(tx, world.id)) == before


@QUICK
@given(header=st.text(st.characters(codec="latin-1", min_codepoint=32), max_size=60), assertion=TEXT)
def test_credentials(client: Client, header: str, assertion: str) -> None:
    value = f"Bearer {header}".strip().encode("latin-1").replace(b"\x7f", b"")
    answer = client.http.get("/v1/orgDevices", headers={b"Authorization": value})
    assert answer.status_code == 401
    refused = client.http.post("/auth/oauth2/token", data=client.form(client_assertion=assertion or "x"))
    assert refused.status_code == 400
    assert refused.json()["error"] in ("invalid_client", "invalid_request")
