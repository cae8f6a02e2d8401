"""Two organisations with overlapping everything: nothing of the other is read, changed or learnt."""

from collections.abc import Callable
from typing import Any

from pomona.business_api.endpoints import ENDPOINTS, EXTENSIONS, OWN
from pomona.business_api.operations import Write
from pomona.runtime import Runtime
from tests.business_api.blueprint_hands import RELATIONS, linkages
from tests.business_api.blueprint_hands import body as blueprint
from tests.business_api.blueprint_hands import made as prepared
from tests.business_api.sides import MISSING, Side
from tests.business_api.support import Client, Connect, activity_body
from tests.business_api.test_apple_care import coverage
from tests.business_api.test_configurations import whole
from tests.business_api.test_servers import DER, body
from tests.support.worlds import World, serials

TABLE = {
    f"{base}{key}": endpoint
    for base, table in (("/v1/", ENDPOINTS), (OWN, EXTENSIONS))
    for key, endpoint in table.items()
}
"""Every path of the face; a row that is added is tried without anybody's doing."""

WITH_ID = [path for path in TABLE if "*" in path]
TRANSLATED = {
    "activities": "orgDeviceActivities",
    "devices": "orgDevices",
    "serials": "orgDevices",
    "rules": "arrivalRules",
}
EVER = {"filter[startTimestamp]": "2020-01-01T00:00:00Z", "filter[endTimestamp]": "2100-01-01T00:00:00Z"}
Ids = dict[str, str]


def sides(runtime: Runtime, origin: str, connect: Connect) -> tuple[Side, Side]:
    worlds = (World(runtime.store, "One"), World(runtime.store, "Two"))
    for world in worlds:
        world.now = runtime.clock.now()
    one, two = (Side(world, connect(world, origin)) for world in worlds)
    return one, two


def of(path: str) -> str:
    """What the id in a path is of."""
    return path.split("*", maxsplit=1)[0].rstrip("/").rpartition("/")[2]


def ask(client: Client, method: str, path: str, **more: Any) -> Any:
    return client.send(method, f"{client.origin}{path}", **more)


def test_every_path_with_an_id_answers_as_if_the_other_were_not_there(
    runtime: Runtime, origin: str, connect: Connect
) -> None:
    one, two = sides(runtime, origin, connect)
    before, theirs = two.state(), two.ids()
    assert {of(path) for path in WITH_ID} == set(theirs) == set(MISSING)
    for path in WITH_ID:
        name = of(path)
        for method in ("GET", "POST", "PATCH", "DELETE", "PUT"):
            for sent in bodies(path, name, theirs):
                foreign = ask(one.client, method, path.replace("*", theirs[name]), json=sent)
                missing = ask(
                    one.client, method, path.replace("*", MISSING[name]), json=swapped(sent, name, theirs)
                )
                if path.startswith(f"{OWN}serials/") and method == "GET":
                    # Why a serial is not here is told, that somebody has it too, but never who.
                    assert "OWNED_ELSEWHERE" in foreign.text
                    names = (
                        two.world.organization.name,
                        two.world.organization.number,
                        two.service.name,
                        "16FCE4A0",
                    )
                    assert not [each for each in names if each in foreign.text]
                    continue
                assert shape(foreign, theirs[name]) == shape(missing, MISSING[name]), (method, path)
                assert foreign.status_code >= 400, (method, path)
    assert two.state() == before


def bodies(path: str, name: str, theirs: Ids) -> list[Any]:
    """Bodies that something at a path might take."""
    type = TRANSLATED.get(name, name)
    return [
        body(theirs["mdmServers"], serverName="Mine"),
        {"data": {"type": type, "id": theirs[name], "attributes": {"name": "Mine"}}},
        {"data": {"type": "serverTokens", "attributes": {"overlapHours": 1}}},
        {"data": {"type": type, "attributes": {"messageId": "x"}}},
        linkages(path.rpartition("/")[2], [theirs["orgDevices"]]),
        None,
    ]


LINKS: dict[str, Callable[[Ids], Any]] = {
    "/v1/mdmServers": lambda ids: body(
        serverName=f"Copy of {ids['mdmServers']}", serverCertificate={"data": "x"}
    ),
    "/v1/orgDeviceActivities": lambda ids: activity_body(
        "ASSIGN_DEVICES", [ids["orgDevices"]], ids["mdmServers"]
    ),
    "/v1/blueprints": lambda ids: blueprint(
        {name: [ids[name]] for name in RELATIONS}, name="", id=ids["blueprints"]
    ),
    "/v1/configurations": lambda ids: whole("<nothing/>", filename=ids["configurations"]),
    f"{OWN}activities": lambda ids: activity_body("ASSIGN_DEVICES", [ids["orgDevices"]], ids["mdmServers"]),
    f"{OWN}activities:preview": lambda ids: activity_body("UNASSIGN_DEVICES", [ids["orgDevices"]]),
    f"{OWN}appleCareCoverage": lambda ids: {"data": [coverage(ids["orgDevices"])]},
    f"{OWN}devices": lambda ids: {
        "data": {"attributes": {"devices": [{"serialNumber": "ONEW1234567"}], "target": ids["mdmServers"]}}
    },
    f"{OWN}devices:import": lambda ids: f"?target={ids['mdmServers']}",
    f"{OWN}rules": lambda ids: {
        "data": {
            "attributes": {
                "name": "Mine",
                "conditions": {"organizationalUnitId": ids["organizationalUnits"]},
            },
            "relationships": {"mdmServer": {"data": {"type": "mdmServers", "id": ids["mdmServers"]}}},
        }
    },
    f"{OWN}rules:preview": lambda ids: None,
    f"{OWN}webhooks": lambda ids: {"data": {"attributes": {"name": "", "url": ids["webhooks"]}}},
}
"""What a write to a path without an id can say of things of the other organisation."""


def test_every_write_that_names_the_others_things_is_answered_as_if_they_were_not_there(
    runtime: Runtime, origin: str, connect: Connect
) -> None:
    one, two = sides(runtime, origin, connect)
    before, theirs = two.state(), two.ids()
    writes = {
        path
        for path, endpoint in TABLE.items()
        if "*" not in path and any(isinstance(operation, Write) for operation in endpoint.operations.values())
    }
    assert writes == set(LINKS)
    for path, make in LINKS.items():
        answers = []
        for ids in (theirs, MISSING):
            sent = make(ids)
            if isinstance(sent, str):
                answer = ask(one.client, "POST", path + sent, content=b"serial\nONEW1234567\n")
            else:
                answer = ask(one.client, "POST", path, json=sent)
            document = answer.json()
            for error in document.get("errors", []):
                error.pop("id")
            text = repr((answer.status_code, document))
            for name, id in ids.items():
                text = text.replace(id, f"<{name}>").replace(MISSING[name], f"<{name}>")
            answers.append(text)
        assert answers[0] == answers[1], path
    assert two.state() == before


FILTERS = {
    "/v1/orgDevices": {"serialNumber": "orgDevices", "search": "orgDevices", "assignedServer": "mdmServers"},
    f"{OWN}activities": {"device": "orgDevices"},
    "/v1/auditEvents": {"subjectId": "orgDevices"},
}


def test_a_filter_finds_nothing_of_the_other(runtime: Runtime, origin: str, connect: Connect) -> None:
    one, two = sides(runtime, origin, connect)
    for path, filters in FILTERS.items():
        for name, type in filters.items():
            params = {f"filter[{name}]": two.ids()[type]} | (EVER if path == "/v1/auditEvents" else {})
            assert ask(two.client, "GET", path, params=params).json()["data"], (path, name)
            assert ask(one.client, "GET", path, params=params).json()["data"] == [], (path, name)
    foreign = ask(one.client, "GET", f"{OWN}activities", params={"filter[service]": two.service.uuid})
    missing = ask(one.client, "GET", f"{OWN}activities", params={"filter[service]": MISSING["mdmServers"]})
    assert shape(foreign, two.service.uuid) == shape(missing, MISSING["mdmServers"])


def test_no_cursor_of_the_others_opens_anything(runtime: Runtime, origin: str, connect: Connect) -> None:
    one, two = sides(runtime, origin, connect)
    tried = set()
    for path, endpoint in TABLE.items():
        if "GET" not in endpoint.operations:
            continue
        params: dict[str, Any] = {"limit": 1}
        if path == "/v1/auditEvents":
            params |= EVER
        theirs = path.replace("*", two.ids()[of(path)]) if "*" in path else path
        document = ask(two.client, "GET", theirs, params=params).json()
        cursor = document.get("meta", {}).get("paging", {}).get("nextCursor")
        if cursor is None:
            continue
        tried.add(path)
        ours = path.replace("*", one.ids()[of(path)]) if "*" in path else path
        answer = ask(one.client, "GET", ours, params=params | {"cursor": cursor})
        assert answer.status_code == 400, path
        assert answer.json()["errors"][0]["source"] == {"parameter": "cursor"}
        assert ask(two.client, "GET", theirs, params=params | {"cursor": cursor}).status_code == 200
    collections = {
        path
        for path, endpoint in TABLE.items()
        if endpoint.shape == "collection" and "GET" in endpoint.operations
    }
    assert collections - tried <= {f"{OWN}rules"}, "rules are never so many"


def swapped(sent: Any, name: str, theirs: Ids) -> Any:
    """The same body about what does not exist."""
    if sent is None:
        return None
    data = sent["data"]
    if isinstance(data, list) or data.get("id") != theirs[name]:
        return sent
    return {"data": data | {"id": MISSING[name]}}


def shape(answer: Any, id: str) -> Any:
    """An answer without what differs in any two requests."""
    document = answer.json()
    for error in document.get("errors", []):
        error.pop("id")
    return answer.status_code, repr(document).replace(id, "…")


def test_lists_hold_ones_own(runtime: Runtime, origin: str, connect: Connect) -> None:
    both = sides(runtime, origin, connect)
    for path, endpoint in TABLE.items():
        if endpoint.shape != "collection" or "GET" not in endpoint.operations:
            continue
        found = []
        for side in both:
            answer = ask(side.client, "GET", path, params=EVER if path == "/v1/auditEvents" else None)
            ids = {each["id"] for each in answer.json()["data"]}
            own = side.ids().get(path.rpartition("/")[2])
            assert own is None or own in ids, path
            found.append(ids)
        assert found[0]
        assert found[1]
        assert not found[0] & found[1], path
    for side in both:
        assert [each["id"] for each in side.client.get("orgDevices").json()["data"]] == side.devices[:3]


def test_a_blueprint_links_only_ones_own(runtime: Runtime, origin: str, connect: Connect) -> None:
    one, two = sides(runtime, origin, connect)
    before, theirs = two.state(), two.ids()
    links = {name: [theirs[name]] for name in RELATIONS}
    made = prepared(one.client, blueprint(links, name="Foreign"))["id"]
    for name in RELATIONS:
        path = f"blueprints/{made}/relationships/{name}"
        sent = linkages(name, [theirs[name]])
        assert one.client.send("POST", path, json=sent).status_code == 204
        assert one.client.send("PATCH", f"blueprints/{made}", json=blueprint(links, made)).status_code == 200
        assert one.client.get(path).json()["data"] == []
        assert one.client.send("DELETE", path, json=sent).status_code == 204
    assert one.client.get(f"blueprints/{made}", include=",".join(RELATIONS)).json()["included"] == []
    assert two.state() == before


def test_activities_reach_only_ones_own(runtime: Runtime, origin: str, connect: Connect) -> None:
    one, two = sides(runtime, origin, connect)
    before = two.state()
    foreign = one.client.activity("ASSIGN_DEVICES", one.devices[:1], two.service.uuid)
    missing = one.client.activity("ASSIGN_DEVICES", one.devices[:1], MISSING["mdmServers"])
    assert shape(foreign, two.service.uuid) == shape(missing, MISSING["mdmServers"])
    for type, service in (
        ("ASSIGN_DEVICES", one.service.uuid), ("UNASSIGN_DEVICES", None), ("RELEASE_DEVICES", None),
    ):  # fmt: skip
        done = one.client.done(one.client.activity(type, [*two.devices, *serials(1, seed=99)], service))
        assert done["attributes"]["subStatus"] == "COMPLETED_WITH_FAILURE"
        log = one.client.http.get(done["attributes"]["downloadUrl"]).text
        assert log.count("FAILED,DEVICE_NOT_FOUND") == 5
    assert two.state() == before


def test_names_may_be_the_same_in_both(runtime: Runtime, origin: str, connect: Connect) -> None:
    one, two = sides(runtime, origin, connect)
    sent = body(serverName="Same", serverCertificate={"name": "m.cer", "data": DER})
    for side in (one, two):
        assert side.client.send("POST", "mdmServers", json=sent).status_code == 201
    families = body(one.service.uuid, defaultProductFamilies=["IPHONE"])
    assert one.client.send("PATCH", f"mdmServers/{one.service.uuid}", json=families).status_code == 200
    families = body(two.service.uuid, defaultProductFamilies=["IPHONE"])
    assert two.client.send("PATCH", f"mdmServers/{two.service.uuid}", json=families).status_code == 200


def test_a_released_device_may_be_the_others_now(runtime: Runtime, origin: str, connect: Connect) -> None:
    one, two = sides(runtime, origin, connect)
    [serial] = one.devices[3:]
    two.world.arrive([serial])
    mine = one.client.get(f"orgDevices/{serial}").json()["data"]["attributes"]
    theirs = two.client.get(f"orgDevices/{serial}").json()["data"]["attributes"]
    assert mine["releasedFromOrgDateTime"] is not None
    assert theirs["releasedFromOrgDateTime"] is None
    done = one.client.done(
        one.client.send("POST", "orgDeviceActivities", json=activity_body("RELEASE_DEVICES", [serial]))
    )
    assert done["attributes"]["subStatus"] == "COMPLETED_WITH_FAILURE"
    assert two.client.get(f"orgDevices/{serial}").json()["data"]["attributes"] == theirs
