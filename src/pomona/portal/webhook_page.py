"""One webhook: what it is told of, what it was sent and answered, a test, and sending again."""

from typing import Any

import msgspec

from pomona.portal import webhook_list
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.events import event_lines
from pomona.portal.paging import number_of
from pomona.portal.visit import Visit
from pomona.registry import audit, webhook_log, webhook_messages, webhooks
from pomona.registry.errors import Invalid
from pomona.registry.event_types import EVENT_TYPES
from pomona.registry.webhook_log import Attempt, Line
from pomona.registry.webhooks import ROTATION_HOURS, Wanted, Webhook
from pomona.store import Tx

PAGE = 50

_EVENTS = 20
_HOURS = {"1": 1, "24": 24, "168": 168}
_STATES = {"DELIVERED": ("ok", "Delivered"), "PENDING": ("wait", "To be sent"), "FAILED": ("bad", "Given up")}


def show(tx: Tx, visit: Visit) -> Answer:
    """The webhook and a page of its deliveries; `?before=` is the number of the last one seen."""
    webhook = _webhook(tx, visit)
    before = number_of(visit.query, "before")
    lines = webhook_log.lines(tx, webhook, before=before, limit=PAGE + 1)
    events = audit.about(tx, visit.organization_id, "WEBHOOK", webhook.uuid, limit=_EVENTS)
    context = {
        "webhook": webhook_list.line(webhook),
        "rotating": webhook.old_secret_until is not None and webhook.old_secret_until > visit.now,
        "types": EVENT_TYPES,
        "chosen": visit.form.texts("event") if visit.problem else webhook.events,
        "lines": [_line(each) for each in lines[:PAGE]],
        "older": lines[PAGE - 1].id if len(lines) > PAGE else None,
        "newest": before is None,
        "hours": ROTATION_HOURS,
        "events": event_lines(tx, visit, events),
    }
    return Shown("webhook_page.html", context)


def delivery(tx: Tx, visit: Visit) -> Answer:
    """One message: its body, and every time that it was sent."""
    webhook = _webhook(tx, visit)
    message = webhook_messages.get(tx, webhook, visit.path["message"])
    look, state = _STATES[message.state]
    context = {
        "webhook": webhook_list.line(webhook),
        "message": message.message_id,
        "type": message.type,
        "look": look,
        "state": state,
        "body": msgspec.json.format(message.body, indent=2).decode(),
        "due_at": message.due_at if message.state == "PENDING" else None,
        "attempts": [_attempt(each) for each in reversed(webhook_log.attempts(tx, message))],
    }
    return Shown("webhook_delivery.html", context)


def change(tx: Tx, visit: Visit) -> Answer:
    """Saves name, address and events."""
    form = visit.form
    wanted = Wanted(name=form.text("name"), url=form.text("url"), events=form.texts("event"))
    webhook = webhooks.update(tx, _webhook(tx, visit), wanted, actor=visit.actor, now=visit.now)
    return Moved(_address(webhook), "webhook-saved")


def switch(tx: Tx, visit: Visit) -> Answer:
    """Switches it off, or on with or without what happened meanwhile."""
    to = visit.form.text("to")
    wanted = Wanted(enabled=to != "off", skip_missed=to == "on-skipping")
    webhook = webhooks.update(tx, _webhook(tx, visit), wanted, actor=visit.actor, now=visit.now)
    return Moved(_address(webhook), "webhook-on" if to != "off" else "webhook-off")


def test_it(tx: Tx, visit: Visit) -> Answer:
    """Has a test message sent; its page tells what came of it."""
    webhook = _webhook(tx, visit)
    name = visit.actor.name
    message = webhook_messages.send_test(tx, webhook, name, now=visit.now, rng=visit.runtime.rng)
    return Moved(f"{_address(webhook)}/deliveries/{message}", "webhook-tested")


def rotate(tx: Tx, visit: Visit) -> Answer:
    """Makes a new secret, and shows it this once."""
    hours = _HOURS.get(visit.form.text("hours"))
    if hours is None:
        raise Invalid("Choose how long the old secret goes on.", field="hours")
    made = webhooks.rotate(
        tx, _webhook(tx, visit), hours=hours, actor=visit.actor, now=visit.now, keys=visit.runtime.keys,
        rng=visit.runtime.rng,
    )  # fmt: skip
    context = {"webhook": made.webhook, "secret": made.secret, "until": made.webhook.old_secret_until}
    return Shown("webhook_secret.html", context)


def replay(tx: Tx, visit: Visit) -> Answer:
    """Has one message sent again, or all of some hours."""
    webhook, message = _webhook(tx, visit), visit.form.text("message")
    if message:
        webhook_log.replay(tx, webhook, message, actor=visit.actor, now=visit.now)
        return Moved(f"{_address(webhook)}/deliveries/{message}", "webhook-replayed")
    hours = _HOURS.get(visit.form.text("hours"))
    if hours is None:
        raise Invalid("Choose since when.", field="hours")
    since, failed = visit.now - hours * 3_600_000, visit.form.ticked("failed")
    webhook_log.replay_since(tx, webhook, since, only_failed=failed, actor=visit.actor, now=visit.now)
    return Moved(_address(webhook), "webhook-replayed")


def remove(tx: Tx, visit: Visit) -> Answer:
    """Ends the webhook and its log."""
    webhooks.remove(tx, _webhook(tx, visit), actor=visit.actor, now=visit.now)
    return Moved("/portal/webhooks", "webhook-removed")


def _webhook(tx: Tx, visit: Visit) -> Webhook:
    return webhooks.get(tx, visit.organization_id, visit.path["uuid"])


def _address(webhook: Webhook) -> str:
    return f"/portal/webhooks/{webhook.uuid}"


def _line(line: Line) -> dict[str, Any]:
    look, state = _STATES[line.state]
    return {
        "message": line.message_id,
        "type": line.type,
        "look": look,
        "state": state,
        "attempts": line.attempts,
        "at": line.created_at,
        "said": "" if line.last is None else _said(line.last),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "look": "bad" if attempt.problem else "ok",
        "said": _said(attempt),
        "millis": attempt.millis,
        "response": attempt.response,
    }


def _said(attempt: Attempt) -> str:
    return attempt.problem or f"the answer was {attempt.status}"
