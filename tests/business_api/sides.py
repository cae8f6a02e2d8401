"""An organisation with one of everything that has an id in the API."""

from typing import Any

from pomona.registry import activities, blueprints, configurations, services
from tests.business_api.blueprint_hands import body as blueprint
from tests.business_api.blueprint_hands import made as prepared
from tests.business_api.support import Client
from tests.business_api.test_configurations import made as configured
from tests.business_api.test_enrolled import enrol
from tests.business_api.test_servers import new
from tests.business_api.test_users import employ
from tests.support.collections import app, group, package, unit
from tests.support.worlds import World, serials


class Side:
    """An organisation, its client, and one of everything it has."""

    def __init__(self, world: World, client: Client) -> None:
        self.world, self.client = world, client
        uuid = str(new(client, "Main")["id"])
        self.service = world.store.read_sync(lambda tx: services.by_uuid(tx, world.id, uuid))
        self.devices = list(world.arrive(serials(4, seed=world.id)))
        done = client.done(client.activity("ASSIGN_DEVICES", self.devices[:2], self.service.uuid))
        self.activity = str(done["id"])
        client.done(client.activity("RELEASE_DEVICES", self.devices[3:]))
        self.user = employ(world, "ann").uuid
        enrol(world, self.devices[0])
        self.unit = unit(world, "Sales").uuid
        self.group = group(world, "Staff").uuid
        self.app = app(world, f"{700_000_000 + world.id}").adam_id
        self.package = package(world).uuid
        self.configuration = str(configured(client)["id"])
        links = {"apps": [self.app], "orgDevices": self.devices[:1], "users": [self.user]}
        self.blueprint = str(prepared(client, blueprint(links, name="All"))["id"])
        self.webhook = self._made(
            "webhooks", {"attributes": {"name": "Hook", "url": "https://127.0.0.1:9/hook"}}
        )
        target = {"mdmServer": {"data": {"type": "mdmServers", "id": self.service.uuid}}}
        self.rule = self._made("rules", {"attributes": {"name": "All"}, "relationships": target})
        # A second of what there is but one of, so that lists have more pages.
        employ(world, "ben")
        enrol(world, self.devices[1])
        unit(world, "Lab")
        group(world, "Guests")
        app(world, f"{800_000_000 + world.id}", "Keynote")
        package(world, "Tool")
        configured(client, name="VPN")
        prepared(client, blueprint(links, name="More"))
        self._made("webhooks", {"attributes": {"name": "Other", "url": "https://127.0.0.1:9/other"}})
        client.done(client.activity("UNASSIGN_DEVICES", self.devices[1:2]))

    def _made(self, name: str, data: dict[str, Any]) -> str:
        answer = self.client.ours("POST", name, json={"data": {"type": name} | data})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

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
            "activities": self.activity,
            "devices": self.devices[0],
            "serials": self.devices[0],
            "rules": self.rule,
            "webhooks": self.webhook,
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
                tx.rows("SELECT * FROM webhook WHERE organization_id = $1 ORDER BY id", self.world.id),
                tx.rows("SELECT * FROM arrival_rule WHERE organization_id = $1 ORDER BY id", self.world.id),
                tx.rows(
                    "SELECT t.id, t.revoked_at FROM server_token t JOIN service s ON s.id = t.service_id"
                    " WHERE s.organization_id = $1 ORDER BY 1",
                    self.world.id,
                ),
                tx.rows(
                    "SELECT l.* FROM blueprint_link l JOIN blueprint b ON b.id = l.blueprint_id"
                    " WHERE b.organization_id = $1 ORDER BY 1, 2, 3",
                    self.world.id,
                ),
            )

        return self.world.store.read_sync(all_of_it)


MISSING = {
    "orgDevices": "ONOTTHERE12",
    "mdmServers": "0" * 32,
    "orgDeviceActivities": "b1481656-b267-480d-b284-a809eed8b041",
    "mdmDevices": "ONOTTHERE12",
    "apps": "99999",
    "devices": "ONOTTHERE12",
    "serials": "ONOTTHERE12",
} | dict.fromkeys(
    (
        "users",
        "userGroups",
        "organizationalUnits",
        "packages",
        "configurations",
        "blueprints",
        "activities",
        "rules",
        "webhooks",
    ),
    "b1481656-b267-480d-b284-a809eed8b041",
)
"""Ids that nobody has."""
