"""`/pomona/v1/webhooks`: made, changed, tried and ended by a program, and seen by its own organisation alone."""

import asyncio
from typing import Any

import httpx

from pomona.registry.event_types import EVENT_TYPES
from pomona.runtime import Runtime
from pomona.work.webhooks import WebhookWorker
from tests.business_api.support import Client, Connect, refused
from tests.support.webhook_receivers import Receiver
from tests.support.worlds import World

PATH = "webhooks"


def body(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "webhooks", "attributes": attributes}}


def add(client: Client, receiver: Receiver, **attributes: Any) -> dict[str, Any]:
    answer = client.ours("POST", PATH, json=body(**{"name": "Hook", "url": receiver.url, **attributes}))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    assert answer.headers["location"] == made["links"]["self"]
    receiver.secrets.append(made["attributes"]["secret"])
    return made


def deliver(runtime: Runtime) -> None:
    async def run() -> None:
        worker = WebhookWorker(runtime, "w")
        while await worker.look():
            pass
        await worker.settle()
        await worker.close()

    asyncio.run(run())


def test_a_webhook_from_its_making_to_its_end(runtime: Runtime, client: Client, receiver: Receiver) -> None:
    made = add(client, receiver, events=["order.received", "device.added"])
    path = f"{PATH}/{made['id']}"
    shown = client.ours("GET", path).json()["data"]
    assert "secret" not in shown["attributes"]
    assert shown["attributes"]["events"] == ["device.added", "order.received"]
    assert [each["id"] for each in client.ours("GET", PATH).json()["data"]] == [made["id"]]
    answer = client.ours("POST", f"{path}/test")
    assert answer.status_code == 202
    deliver(runtime)
    assert [got.id for got in receiver.received] == [answer.json()["data"]["id"]]
    rotated = client.ours("POST", f"{path}/secret", json=body(overlapHours=1)).json()["data"]
    receiver.secrets.append(rotated["attributes"]["secret"])
    assert rotated["attributes"]["oldSecretUntilDateTime"]
    client.ours("POST", f"{path}/test")
    deliver(runtime)
    assert receiver.received[1].signed_by == receiver.secrets
    changed = client.ours("PATCH", path, json=body(name="New", status="DISABLED", events=[])).json()["data"]
    assert (changed["attributes"]["name"], changed["attributes"]["status"]) == ("New", "DISABLED")
    assert changed["attributes"]["events"] == []
    client.ours("PATCH", path, json=body(status="ENABLED", skipMissed=True))
    first = receiver.received[0].id
    answer = client.ours("POST", f"{path}/replay", json=body(messageId=first))
    assert (answer.status_code, answer.json()["meta"]) == (202, {"messages": 1})
    answer = client.ours("POST", f"{path}/replay", json=body(sinceDateTime="2020-01-01T00:00:00Z"))
    assert answer.json()["meta"] == {"messages": 2}
    assert client.ours("DELETE", path).status_code == 204
    refused(client.ours("GET", path), 404, "NOT_FOUND")


def test_deliveries_are_paged_and_filtered(runtime: Runtime, client: Client, receiver: Receiver) -> None:
    path = f"{PATH}/{add(client, receiver)['id']}"
    for status in (200, 500, 200):
        receiver.answer = status
        client.ours("POST", f"{path}/test")
        deliver(runtime)
    found = [
        each
        for page in client.pages(f"{client.origin}/pomona/v1/{path}/deliveries?limit=2")
        for each in page["data"]
    ]
    assert [each["attributes"]["status"] for each in found] == ["DELIVERED", "FAILED", "DELIVERED"]
    [failed] = client.ours("GET", f"{path}/deliveries", params={"filter[status]": "FAILED"}).json()["data"]
    assert failed["attributes"]["lastAttempt"]["status"] == 500
    refused(client.ours("GET", f"{path}/deliveries", params={"filter[status]": "LOST"}), 400, "PARAMETER_ERROR.INVALID",
            parameter="filter[status]")  # fmt: skip


def test_a_secret_can_be_changed_without_a_body(client: Client, receiver: Receiver) -> None:
    path = f"{PATH}/{add(client, receiver)['id']}"
    answer = client.ours("POST", f"{path}/secret")
    assert answer.json()["data"]["attributes"]["secret"].startswith("whsec_")


def test_mistakes_are_pointed_at(client: Client, receiver: Receiver) -> None:
    made = add(client, receiver)
    path = f"{PATH}/{made['id']}"

    def create(**attributes: Any) -> httpx.Response:
        return client.ours("POST", PATH, json=body(**attributes))

    pointer = "/data/attributes/"
    required, invalid = "ENTITY_ERROR.ATTRIBUTE.REQUIRED", "ENTITY_ERROR.ATTRIBUTE.INVALID"
    unknown = "ENTITY_ERROR.ATTRIBUTE.UNKNOWN"
    refused(create(name="A"), 422, required, pointer=pointer + "url")
    refused(create(name="A", url="ftp://x"), 409, invalid, pointer=pointer + "url")
    refused(create(name="A", url=receiver.url, events=["x"]), 409, invalid, pointer=pointer + "events")
    refused(create(name="A", url=receiver.url, secret="x"), 409, invalid, pointer=pointer + "secret")
    refused(create(name="A", url=receiver.url, colour="red"), 409, unknown, pointer=pointer + "colour")
    refused(create(name="Hook", url=receiver.url), 409, invalid + ".DUPLICATE", pointer=pointer + "name")
    refused(client.ours("PATCH", path, json=body(secret="whsec_x")), 409, unknown, pointer=pointer + "secret")
    refused(client.ours("PATCH", path, json=body(status="FAILING")), 409, invalid, pointer=pointer + "status")
    refused(client.ours("POST", f"{path}/secret", json=body(overlapHours=999)), 409, invalid,
            pointer=pointer + "overlapHours")  # fmt: skip
    refused(client.ours("POST", f"{path}/replay", json=body()), 422, required, pointer=pointer[:-1])
    refused(client.ours("POST", f"{path}/replay", json=body(sinceDateTime="now")), 409, invalid,
            pointer=pointer + "sinceDateTime")  # fmt: skip
    refused(client.ours("POST", f"{path}/replay", json=body(messageId="msg_x")), 404, "NOT_FOUND")
    refused(client.ours("PUT", path, json={}), 403, "FORBIDDEN_ERROR")
    assert client.ours("GET", path).json()["data"]["attributes"] == {
        name: value for name, value in made["attributes"].items() if name != "secret"
    }


def test_it_takes_a_permission_and_the_right_organisation(
    runtime: Runtime, world: World, origin: str, client: Client, connect: Connect, receiver: Receiver
) -> None:
    path = f"{PATH}/{add(client, receiver)['id']}"
    reader = connect(world, origin, permissions=["read"])
    stranger = connect(World(runtime.store, "Other"), origin)
    assert reader.ours("GET", path).status_code == 200
    for method, where in (
        *(("POST", PATH), ("PATCH", path), ("DELETE", path), ("POST", f"{path}/test")),
        *(("POST", f"{path}/secret"), ("POST", f"{path}/replay")),
    ):
        assert "'webhooks'" in refused(reader.ours(method, where, json={}), 403, "FORBIDDEN_ERROR")
    assert stranger.ours("GET", PATH).json()["data"] == []
    for method, where, sent in (
        ("GET", path, None),
        ("PATCH", path, body()),
        ("DELETE", path, None),
        ("GET", f"{path}/deliveries", None),
        ("POST", f"{path}/test", None),
        ("POST", f"{path}/secret", None),
        ("POST", f"{path}/replay", body(messageId="x")),
    ):
        refused(stranger.ours(method, where, json=sent), 404, "NOT_FOUND")
    assert len(EVENT_TYPES) > 10
