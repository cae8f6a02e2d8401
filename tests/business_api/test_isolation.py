"""Two organisations with overlapping everything: nothing of the other is read, changed or learnt."""

from typing import Any

from pomona.business_api.endpoints import ENDPOINTS
from pomona.registry import activities, blueprints, configurations, services
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, activity_body
from tests.business_api.test_blueprints import RELATIONS, linkages
from tests.business_api.test_blueprints import body as blueprint
from tests.business_api.test_blueprints import made as prepared
from tests.business_api.test_configurations import made as configured
from tests.business_api.test_enrolled import enrol
from tests.business_api.test_servers import DER, body
from tests.business_api.test_users import employ
from tests.support.collections import app, group, package, unit
from tests.support.worlds import World, serials


class Side:
    """An organisation, its client, and one of everything it has."""

    def __init__(self, world: World, client: Client) -> None:
        self.world, self.client = world, client
        self.service = world.service("Main")
        self.devices = list(world.arrive(serials(4, seed=world.id)))
        done = client.done(client.activity("ASSIGN_DEVICES", self.devices[:2], self.service.uuid))
        self.activity = str(done["id"])
        client.done(client.activity("RELEASE_DEVICES", self.devices[3:]))
        self.user = employ(world, "ann").uuid
        enrol(world, self.devices[0])
        self.unit = unit(world, "Sales").uuid
        self.group = group(world, "Staff").uuid
        self.app = app(world, str(world.id)).adam_id
        self.package = package(world).uuid
        self.configuration = str(configured(client)["id"])
        links = {"apps": [self.app], "orgDevices": self.devices[:1], "users": [self.user]}
        self.blueprint = str(prepared(client, blueprint(links, name="All"))["id"])

    def ids(self) -> dict[str, str]:
        """An id of each resource type."""
        return {
            "orgDevices": self.devices[0],
            "mdmServers": self.service.uuid,
            "orgDeviceActivities": self.activity,
            "mdmDevices": self.devices[0],
            "users": self.user,
            "userGroups": self.group,
            "organizationalUnits": self.unit,
            "apps": self.app,
            "packages": self.package,
            "configurations": self.configuration,
            "blueprints": self.blueprint,
        }

    def state(self) -> Any:
        """Everything that a change would show in."""

        def all_of_it(tx: Any) -> Any:
            return (
                services.of_organization(tx, self.world.id),
                tx.rows(
                    "SELECT * FROM device_state s WHERE s.device_id >> 40 = $1 ORDER BY 1", self.world.id
                ),
                tx.rows(
                    "SELECT * FROM default_assignment WHERE organization_id = $1 ORDER BY 2", self.world.id
                ),
                activities.newest(tx, self.world.id),
                configurations.of_organization(tx, self.world.id),
                blueprints.of_organization(tx, self.world.id),
                tx.rows(
                    "SELECT l.* FROM blueprint_link l JOIN blueprint b ON b.id = l.blueprint_id"
                    " WHERE b.organization_id = $1 ORDER BY 1, 2, 3",
                    self.world.id,
                ),
            )

        return self.world.store.read_sync(all_of_it)


def sides(runtime: Runtime, origin: str, connect: Connect) -> tuple[Side, Side]:
    worlds = (World(runtime.store, "One"), World(runtime.store, "Two"))
    for world in worlds:
        world.now = runtime.clock.now()
    one, two = (Side(world, connect(world, origin)) for world in worlds)
    return one, two


MISSING = {
    "orgDevices": "ONOTTHERE12",
    "mdmServers": "0" * 32,
    "orgDeviceActivities": "b1481656-b267-480d-b284-a809eed8b041",
    "mdmDevices": "ONOTTHERE12",
    "apps": "99999",
} | dict.fromkeys(
    ("users", "userGroups", "organizationalUnits", "packages", "configurations", "blueprints"),
    "b1481656-b267-480d-b284-a809eed8b041",
)


def test_every_path_answers_as_if_the_other_were_not_there(
    runtime: Runtime, origin: str, connect: Connect
) -> None:
    one, two = sides(runtime, origin, connect)
    before = two.state()
    theirs = two.ids()
    for key in ENDPOINTS:
        name = key.split("/")[0]
        if "*" not in key:
            continue
        for method in ("GET", "POST", "PATCH", "DELETE", "PUT"):
            for sent in (
                body(theirs["mdmServers"], serverName="Mine"),
                body(theirs["mdmServers"]),
                {"data": {"type": name, "id": theirs[name], "attributes": {"name": "Mine"}}},
                linkages(key.rpartition("/")[2], [theirs["orgDevices"]]),
            ):
                foreign = one.client.send(method, key.replace("*", theirs[name]), json=sent)
                missing = one.client.send(
                    method, key.replace("*", MISSING[name]), json=swapped(sent, name, theirs)
                )
                assert shape(foreign, theirs[name]) == shape(missing, MISSING[name]), (method, key)
                assert foreign.status_code >= 400
    assert two.state() == before


def swapped(sent: dict[str, Any], name: str, theirs: dict[str, str]) -> dict[str, Any]:
    """The same body about what does not exist."""
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
    one, two = sides(runtime, origin, connect)
    for side in (one, two):
        assert [each["id"] for each in side.client.get("orgDevices").json()["data"]] == side.devices[:3]
        listed = [each["id"] for each in side.client.get("mdmServers").json()["data"]]
        assert side.service.uuid in listed
        assert len(listed) == 2
        assert len(side.client.get("orgDeviceActivities").json()["data"]) == 2
        assert [each["id"] for each in side.client.get("mdmDevices").json()["data"]] == side.devices[:1]
        for name in ("users", "userGroups", "apps", "packages", "configurations", "blueprints"):
            assert [each["id"] for each in side.client.get(name).json()["data"]] == [side.ids()[name]]
        listed = [each["id"] for each in side.client.get("organizationalUnits").json()["data"]]
        assert listed == [side.world.organization.number, side.unit]


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


def test_a_foreign_cursor_opens_nothing(runtime: Runtime, origin: str, connect: Connect) -> None:
    one, two = sides(runtime, origin, connect)
    for path in ("orgDevices", "mdmServers", "orgDeviceActivities"):
        cursor = two.client.get(path, limit=1).json()["meta"]["paging"]["nextCursor"]
        assert one.client.get(path, cursor=cursor).status_code == 400
        assert two.client.get(path, cursor=cursor).status_code == 200


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
