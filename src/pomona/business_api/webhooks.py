"""`/pomona/v1/webhooks`: where an organisation's programs are told of what happens, and what they were sent."""

from collections.abc import Callable
from typing import Any

from pomona.business_api import collection_pages, cursors, webhook_bodies
from pomona.business_api.call import Answer, Call, Listed, created, encode, listed, single
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import bad_parameter, no_resource
from pomona.business_api.operations import Endpoint, Read, Write
from pomona.formats.times import iso_millis
from pomona.registry import webhook_log, webhook_messages, webhooks
from pomona.registry.errors import NotFound, RegistryError
from pomona.registry.webhook_log import Line
from pomona.registry.webhooks import Webhook
from pomona.store import Tx

_STATES = ("PENDING", "DELIVERED", "FAILED")


def listing(tx: Tx, call: Call) -> Answer:
    """All of the organisation's webhooks: there are few."""
    call.query.offers()
    limit = call.query.limit()
    found = webhooks.of_organization(tx, call.organization_id)
    after = cursors.key_of(
        call.runtime, call.query.first("cursor"), Listing.WEBHOOKS, call.organization_id, call.now
    )
    found = [each for each in found if after is None or each.id > after]
    cursor = None
    if len(found) > limit:
        key = found[limit - 1].id
        cursor = cursors.make(call.runtime, Listing.WEBHOOKS, call.organization_id, key, call.now)
    return listed(call, Listed(b",".join(_resource(call, each) for each in found[:limit]), limit, cursor))


def one(tx: Tx, call: Call) -> Answer:
    """One webhook, without its secret."""
    call.query.offers()
    return single(call, _resource(call, _webhook(tx, call)))


def create(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Makes a webhook; the answer has its secret, this once."""
    call.query.offers()
    wanted = webhook_bodies.creation(body)

    def work(tx: Tx) -> Answer:
        made = webhooks.add(tx, call.organization_id, wanted, actor=call.actor, now=call.now,
                            keys=call.runtime.keys, rng=call.runtime.rng)  # fmt: skip
        return created(
            call,
            _resource(call, made.webhook, made.secret),
            call.extension_url(f"webhooks/{made.webhook.uuid}"),
        )

    return _refusing(work)


def update(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Changes what is sent and leaves the rest."""
    call.query.offers()
    wanted = webhook_bodies.changes(body)

    def work(tx: Tx) -> Answer:
        changed = webhooks.update(tx, _webhook(tx, call), wanted, actor=call.actor, now=call.now)
        return single(call, _resource(call, changed))

    return _refusing(work)


def delete(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Ends a webhook."""
    return collection_pages.deletion(call, _webhook, webhooks.remove)


def rotate(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Gives a webhook a new secret; the answer has it, this once."""
    call.query.offers()
    secret, hours = webhook_bodies.rotation(body)

    def work(tx: Tx) -> Answer:
        made = webhooks.rotate(tx, _webhook(tx, call), secret, hours=hours, actor=call.actor, now=call.now,
                               keys=call.runtime.keys, rng=call.runtime.rng)  # fmt: skip
        return single(call, _resource(call, made.webhook, made.secret))

    return _refusing(work)


def test_it(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Has a test message sent at once; the answer names it, and the deliveries tell what came of it."""
    call.query.offers()

    def work(tx: Tx) -> Answer:
        webhook = _webhook(tx, call)
        id = webhook_messages.send_test(tx, webhook, call.actor.name, now=call.now, rng=call.runtime.rng)
        return single(call, encode({"type": "webhookDeliveries", "id": id}), 202)

    return work


def replay(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Has messages sent again, with the ids that they had; the answer says how many."""
    call.query.offers()
    message_id, since, only_failed = webhook_bodies.replay(body)

    def work(tx: Tx) -> Answer:
        webhook, count = _webhook(tx, call), 1
        if message_id is None:
            count = webhook_log.replay_since(
                tx, webhook, since, only_failed=only_failed, actor=call.actor, now=call.now
            )
        else:
            webhook_log.replay(tx, webhook, message_id, actor=call.actor, now=call.now)
        return Answer(202, (encode({"meta": {"messages": count}, "links": {"self": call.own_url}}),))

    return _refusing(work)


def deliveries(tx: Tx, call: Call) -> Answer:
    """What was sent, newest first, each message with its newest attempt; `filter[status]` chooses."""
    query = call.query
    query.offers("filter[status]")
    webhook, limit = _webhook(tx, call), query.limit()
    wanted = query.filter("status")
    if wanted is not None and (len(wanted) != 1 or wanted[0] not in _STATES):
        raise bad_parameter("filter[status]", f"Expected one of {', '.join(_STATES)}.")
    before = cursors.key_of(
        call.runtime, query.first("cursor"), Listing.WEBHOOK_DELIVERIES, webhook.id, call.now
    )
    state = wanted[0] if wanted else None
    found = webhook_log.lines(tx, webhook, before=before, state=state, limit=limit + 1)
    cursor = None
    if len(found) > limit:
        cursor = cursors.make(
            call.runtime, Listing.WEBHOOK_DELIVERIES, webhook.id, found[limit - 1].id, call.now
        )
    return listed(call, Listed(b",".join(_delivery(line) for line in found[:limit]), limit, cursor))


WEBHOOKS = {
    "webhooks": Endpoint(
        "collection", "webhooks", {"GET": Read(listing), "POST": Write(create, "webhooks")}, school=False
    ),
    "webhooks/*": Endpoint(
        "instance",
        "webhooks",
        {"GET": Read(one), "PATCH": Write(update, "webhooks"), "DELETE": Write(delete, "webhooks")},
        school=False,
    ),
    "webhooks/*/secret": Endpoint("related", "secret", {"POST": Write(rotate, "webhooks")}, school=False),
    "webhooks/*/test": Endpoint("related", "test", {"POST": Write(test_it, "webhooks")}, school=False),
    "webhooks/*/replay": Endpoint("related", "replay", {"POST": Write(replay, "webhooks")}, school=False),
    "webhooks/*/deliveries": Endpoint("related", "deliveries", {"GET": Read(deliveries)}, school=False),
}
"""Paths below `/pomona/v1/`."""


def _refusing(work: Callable[[Tx], Answer]) -> Callable[[Tx], Answer]:
    def done(tx: Tx) -> Answer:
        try:
            return work(tx)
        except RegistryError as problem:
            raise webhook_bodies.refusal(problem) from None

    return done


def _webhook(tx: Tx, call: Call) -> Webhook:
    try:
        return webhooks.get(tx, call.organization_id, call.id)
    except NotFound:
        raise no_resource("webhooks", call.id) from None


def _resource(call: Call, webhook: Webhook, secret: str | None = None) -> bytes:
    url = call.extension_url(f"webhooks/{webhook.uuid}")
    attributes: dict[str, Any] = {
        "name": webhook.name,
        "url": webhook.url,
        "events": webhook.events,
        "status": webhook.state,
        "failingSinceDateTime": _time(webhook.failing_since),
        "lastDeliveredDateTime": _time(webhook.delivered_at),
        "oldSecretUntilDateTime": _time(webhook.old_secret_until),
        "createdDateTime": iso_millis(webhook.created_at),
        "updatedDateTime": iso_millis(webhook.updated_at),
    }
    if secret is not None:
        attributes["secret"] = secret
    return encode({"type": "webhooks", "id": webhook.uuid, "attributes": attributes, "links": {"self": url}})


def _delivery(line: Line) -> bytes:
    last = line.last
    attempt = None
    if last is not None:
        attempt = {
            "dateTime": iso_millis(last.at),
            "status": last.status,
            "milliseconds": last.millis,
            "problem": last.problem,
            "response": last.response,
        }
    attributes = {
        "eventType": line.type,
        "status": line.state,
        "attempts": line.attempts,
        "createdDateTime": iso_millis(line.created_at),
        "dueDateTime": iso_millis(line.due_at) if line.state == "PENDING" else None,
        "deliveredDateTime": _time(line.delivered_at),
        "lastAttempt": attempt,
    }
    return encode({"type": "webhookDeliveries", "id": line.message_id, "attributes": attributes})


def _time(ms: int | None) -> str | None:
    return None if ms is None else iso_millis(ms)
