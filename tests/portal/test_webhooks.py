"""Webhooks and mails in the portal."""

import asyncio
import html
import re

import pytest

from pomona.registry import mail_choices, webhooks
from pomona.registry.event_types import EVENT_TYPES
from pomona.work.webhooks import WebhookWorker
from tests.portal.support import Portal
from tests.support.webhook_receivers import Receiver
from tests.support.worlds import World


def deliver(portal: Portal) -> None:
    async def run() -> None:
        worker = WebhookWorker(portal.runtime, "w")
        while await worker.look():
            pass
        await worker.settle()
        await worker.close()

    asyncio.run(run())


def secret_in(page: str) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", html.unescape(page))
    assert found is not None
    return found[0]


def test_a_webhook_from_its_making_to_its_end(portal: Portal, receiver: Receiver) -> None:
    browser = portal.signed_in("IT_ADMINISTRATOR")
    browser.get("/portal/webhooks/new")
    data = {"name": "Hook", "url": receiver.url, "event": ["order.received", "device.added"]}
    made = browser.post("/portal/webhooks/new", data)
    assert made.status_code == 200
    receiver.secrets.append(secret_in(made.text))
    store, world = portal.runtime.store, portal.world
    [webhook] = store.read_sync(lambda tx: webhooks.of_organization(tx, world.id))
    assert webhook.events == ("device.added", "order.received")
    path = f"/portal/webhooks/{webhook.uuid}"
    assert receiver.secrets[0] not in browser.get(path).text
    assert "Hook" in browser.get("/portal/webhooks").text
    tested = browser.post(f"{path}/test")
    assert tested.status_code == 303
    assert "It is being sent" in browser.get(tested.headers["location"]).text
    receiver.body = b"<b>thanks</b>"
    receiver.answer = 200
    deliver(portal)
    assert receiver.received[0].signed_by == receiver.secrets
    page = browser.get(tested.headers["location"].partition("?")[0]).text
    assert "the answer was 200" in page
    assert "&lt;b&gt;thanks&lt;" in page
    rotated = browser.post(f"{path}/secret", {"hours": "1"})
    receiver.secrets.append(secret_in(rotated.text))
    message = receiver.received[0].id
    assert browser.post(f"{path}/replay", {"message": message}).status_code == 303
    assert browser.post(f"{path}/replay", {"hours": "24"}).status_code == 303
    deliver(portal)
    assert receiver.received[1].signed_by == receiver.secrets
    assert browser.post(f"{path}/switch", {"to": "off"}).status_code == 303
    assert "Switch on and leave out" in browser.get(path).text
    browser.post(f"{path}/switch", {"to": "on"})
    assert browser.post(path, {"name": "New", "url": receiver.url}).status_code == 303
    changed = store.read_sync(lambda tx: webhooks.get(tx, world.id, webhook.uuid))
    assert (changed.name, changed.events, changed.state) == ("New", (), "ENABLED")
    assert browser.post(f"{path}/remove").headers["location"] == "/portal/webhooks?said=webhook-removed"
    assert browser.get(path).status_code == 404


def test_what_is_wrong_is_said_beside_what_was_typed(portal: Portal, receiver: Receiver) -> None:
    browser = portal.signed_in()
    browser.get("/portal/webhooks/new")
    answer = browser.post("/portal/webhooks/new", {"name": "Mine", "url": "nowhere", "event": "device.added"})
    assert answer.status_code == 422
    assert "That is no address for a webhook" in answer.text
    assert 'value="Mine"' in answer.text
    assert 'value="device.added" checked' in answer.text
    browser.post("/portal/webhooks/new", {"name": "Mine", "url": receiver.url})
    [webhook] = portal.runtime.store.read_sync(lambda tx: webhooks.of_organization(tx, portal.world.id))
    path = f"/portal/webhooks/{webhook.uuid}"
    for where, data in ((path, {"name": "", "url": receiver.url}), (f"{path}/secret", {"hours": "7"}),
                        (f"{path}/replay", {"hours": "x"})):  # fmt: skip
        assert 'role="alert"' in browser.post(where, data).text
    assert browser.get(f"{path}/deliveries/msg_x").status_code == 404


@pytest.mark.parametrize("role", ["DEVICE_ENROLLMENT_MANAGER", "PEOPLE_MANAGER", "CONTENT_MANAGER", "STAFF"])
def test_only_administrators_see_webhooks(local_portal: Portal, role: str) -> None:
    browser = local_portal.signed_in(role)
    assert browser.get("/portal/webhooks").status_code == 403
    assert browser.post("/portal/webhooks/new", {"name": "A", "url": "https://x.y"}).status_code == 403
    assert "/portal/webhooks" not in browser.get("/portal/account").text


def test_another_organisations_webhook_is_none(local_portal: Portal, receiver: Receiver) -> None:
    browser = local_portal.signed_in()
    browser.post("/portal/webhooks/new", {"name": "Hook", "url": receiver.url})
    [webhook] = local_portal.runtime.store.read_sync(
        lambda tx: webhooks.of_organization(tx, local_portal.world.id)
    )
    stranger = local_portal.signed_in(
        email="other@example.com", world=World(local_portal.runtime.store, "Other")
    )
    path = f"/portal/webhooks/{webhook.uuid}"
    assert stranger.get(path).status_code == 404
    for step in ("test", "remove", "switch", "secret", "replay"):
        assert stranger.post(f"{path}/{step}", {"hours": "1"}).status_code == 404


def test_every_type_of_event_can_be_chosen(local_portal: Portal) -> None:
    page = local_portal.signed_in().get("/portal/webhooks/new").text
    assert all(f'value="{type}"' in page for type in EVENT_TYPES)


def test_one_chooses_ones_own_mails(portal: Portal) -> None:
    browser = portal.signed_in(email="admin@example.com")
    page = browser.get("/portal/account").text
    assert "This installation sends no mails" in page
    assert 'value="orders.available" checked' in page
    data = {"address": "it@example.org", "topic": ["orders.pending", "activities.all", "tokens"]}
    assert browser.post("/portal/account/mails", data).status_code == 303
    store = portal.runtime.store
    [reader] = store.read_sync(lambda tx: mail_choices.readers(tx, portal.world.id))
    wanted = {topic for topic, want in reader.choices.wanted.items() if want}
    assert (reader.choices.address, wanted) == ("it@example.org", set(data["topic"]))
    assert "tokens" not in reader.choices.chosen, "what the role gets anyhow stays with the role"
    answer = browser.post("/portal/account/mails", {"address": "nobody", "topic": []})
    assert answer.status_code == 422
    assert "is no account name" in answer.text or "is no mail address" in answer.text
