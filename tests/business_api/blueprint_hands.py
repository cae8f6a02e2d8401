"""Hands for tests of blueprints: what one may link, the bodies of writes, and its relationships."""

from typing import Any

import httpx

from tests.business_api.support import Client
from tests.business_api.test_configurations import made as configured
from tests.support.collections import app, employ, group, package
from tests.support.worlds import World, serials

RELATIONS = ("apps", "configurations", "packages", "orgDevices", "users", "userGroups")
MISSING = "b1481656-b267-480d-b284-a809eed8b041"


class Shelf:
    """Two of everything that a blueprint can link."""

    def __init__(self, world: World, client: Client) -> None:
        people = [employ(world, name) for name in ("ann", "ben")]
        self.ids = {
            "apps": [app(world, "100").adam_id, app(world, "200", "Keynote").adam_id],
            "configurations": [configured(client, name=name)["id"] for name in ("Wi-Fi", "VPN")],
            "packages": [package(world, name).uuid for name in ("Agent", "Tool")],
            "orgDevices": list(world.arrive(serials(2, seed=world.id))),
            "users": [person.uuid for person in people],
            "userGroups": [group(world, name, people[0]).uuid for name in ("Staff", "Guests")],
        }

    def body(self, *names: str, **attributes: Any) -> dict[str, Any]:
        """A body with the first of each of some relationships."""
        links = {name: self.ids[name][:1] for name in names or RELATIONS}
        return body(links, **({"name": "Sales iPads"} | attributes))


def linkages(type: str, ids: list[str]) -> dict[str, Any]:
    return {"data": [{"type": type, "id": id} for id in ids]}


def body(
    links: dict[str, list[str]] | None = None, id: str | None = None, **attributes: Any
) -> dict[str, Any]:
    """The body of a write."""
    data: dict[str, Any] = {"type": "blueprints", "attributes": attributes}
    if links is not None:
        data["relationships"] = {name: linkages(name, ids) for name, ids in links.items()}
    if id is not None:
        data["id"] = id
    return {"data": data}


def made(client: Client, sent: dict[str, Any]) -> dict[str, Any]:
    answer = client.send("POST", "blueprints", json=sent)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def linked(client: Client, id: str, name: str) -> list[str]:
    """The ids in a relationship."""
    answer = client.get(f"blueprints/{id}/relationships/{name}").json()
    assert {each["type"] for each in answer["data"]} <= {name}
    return [each["id"] for each in answer["data"]]


def change(client: Client, method: str, id: str, name: str, ids: list[str]) -> httpx.Response:
    return client.send(method, f"blueprints/{id}/relationships/{name}", json=linkages(name, ids))
