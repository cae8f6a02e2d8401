"""Webhooks: the programs that are told of what happens, and making one."""

from typing import Any

from pomona.portal.answers import Answer, Shown
from pomona.portal.visit import Visit
from pomona.registry import webhooks
from pomona.registry.event_types import EVENT_TYPES
from pomona.registry.webhooks import Wanted, Webhook
from pomona.store import Tx


def show(tx: Tx, visit: Visit) -> Answer:
    """All webhooks; there are few."""
    found = webhooks.of_organization(tx, visit.organization_id)
    return Shown("webhook_list.html", {"webhooks": [line(each) for each in found]})


def form(tx: Tx, visit: Visit) -> Answer:
    """The form for a new webhook."""
    del tx
    return Shown(
        "webhook_add.html",
        {"events": EVENT_TYPES, "chosen": visit.form.texts("event")},
    )


def add(tx: Tx, visit: Visit) -> Answer:
    """Makes the webhook, and shows its secret this once."""
    wanted = Wanted(
        name=visit.form.text("name"),
        url=visit.form.text("url"),
        events=visit.form.texts("event"),
        secret=visit.form.text("secret") or None,
    )
    made = webhooks.add(tx, visit.organization_id, wanted, actor=visit.actor, now=visit.now,
                        keys=visit.runtime.keys, rng=visit.runtime.rng)  # fmt: skip
    return Shown("webhook_secret.html", {"webhook": made.webhook, "secret": made.secret, "until": None})


def line(webhook: Webhook) -> dict[str, Any]:
    """What a page shows of a webhook."""
    look, state = _state(webhook)
    return {
        "uuid": webhook.uuid,
        "name": webhook.name,
        "url": webhook.url,
        "events": webhook.events,
        "enabled": webhook.state == "ENABLED",
        "look": look,
        "state": state,
        "failing_since": webhook.failing_since,
        "delivered_at": webhook.delivered_at,
        "old_secret_until": webhook.old_secret_until,
    }


def _state(webhook: Webhook) -> tuple[str, str]:
    if webhook.state == "DISABLED":
        return "off", "Off"
    if webhook.state == "FAILING":
        return "bad", "Switched off by Pomona"
    return ("wait", "Does not answer") if webhook.failing_since is not None else ("ok", "On")
