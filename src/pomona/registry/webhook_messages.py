"""What each webhook is to be sent: made from the log, kept until it arrived, tried again and again, and looked up.

A message is kept in the transaction that moves its webhook's position in the log, so it is made once. Whoever sends it
holds its lease meanwhile; a sender that is killed may have sent it, and then it is sent again with the same id.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec

from pomona.formats.times import iso_millis
from pomona.keys.keyring import KeyRing, encode
from pomona.keys.randomness import Rng
from pomona.registry import news, organizations
from pomona.registry.errors import NotFound
from pomona.registry.event_types import TEST
from pomona.registry.news import News, Position, Whose
from pomona.registry.webhook_schedule import next_try
from pomona.registry.webhooks import TOPIC, Webhook
from pomona.store import Row, Tx

MessageState = Literal["PENDING", "DELIVERED", "FAILED"]

BATCH = 20
"""Messages that a transaction makes, more or less: some tens of milliseconds, so that others get their turn."""

LEASE = 60_000
"""Milliseconds after which another process may send what one took and fell silent over: four times what sending takes."""

_FREE = "(leased_until <= $1 OR leased_until > $2)"
_COLUMNS = "id, webhook_id, message_id, type, body, state, tries, attempts, created_at, due_at, delivered_at"


@dataclass(frozen=True, slots=True)
class Message:
    """`message_id` is what its receiver sees. `tries` count since it was made or asked for again, `attempts` all."""

    id: int
    webhook_id: int
    message_id: str
    type: str
    body: bytes
    state: MessageState
    tries: int
    attempts: int
    created_at: int
    due_at: int
    delivered_at: int | None


class Outcome(NamedTuple):
    """What came of an attempt. `status` is HTTP's, None without an answer; `problem` says why it does not count, empty
    when it does; `response` is the beginning of the answer; `rest` the milliseconds that the receiver asks to be left.
    """

    status: int | None
    millis: int
    problem: str = ""
    response: str = ""
    rest: int = 0


def behind(tx: Tx) -> list[int]:
    """Webhooks (internal ids) whose organisation's log has something that they did not read."""
    rows = tx.rows(
        "SELECT w.id FROM webhook w WHERE w.state = 'ENABLED' AND (w.position_part <> -1 OR EXISTS (SELECT 1"
        " FROM audit_event e WHERE e.organization_id = w.organization_id AND e.id > w.position)) ORDER BY w.id"
    )
    return [row[0] for row in rows]


def expand(tx: Tx, webhook_id: int, keys: KeyRing, now: int) -> bool:
    """Makes a webhook's next messages from its organisation's log; True when there may be more at once.

    Safe to run twice at once: the second waits and goes on where the first ended.
    """
    row = tx.row(
        "UPDATE webhook SET position = position WHERE id = $1 AND state = 'ENABLED'"
        " RETURNING organization_id, position, position_part, events",
        webhook_id,
    )
    if row is None:
        return False
    organization = organizations.get(tx, row[0])
    whose = Whose(organization.id, organization.number)
    read = news.follow(tx, whose, Position(row[1], row[2]), BATCH)
    wanted = set(msgspec.json.decode(row[3]))
    _keep(tx, webhook_id, [each for each in read.news if not wanted or each.type in wanted], whose, keys, now)
    tx.execute("UPDATE webhook SET position = $1, position_part = $2 WHERE id = $3", *read.to, webhook_id)
    return read.more


def send_test(tx: Tx, webhook: Webhook, actor_name: str, *, now: int, rng: Rng) -> str:
    """Keeps a message that says nothing but that it is a test; gives its id. It is sent though the webhook be off."""
    organization = organizations.get(tx, webhook.organization_id)
    data = {"organizationId": organization.number, "webhook": webhook.name, "requestedBy": actor_name}
    message_id = f"msg_{encode(rng(16))}"
    tx.insert("webhook_message", _NEW, [_row(webhook.id, message_id, TEST, now, data, now)])
    tx.notify(TOPIC)
    return message_id


def due(tx: Tx, now: int) -> list[int]:
    """Webhooks (internal ids) that have something to be sent now."""
    rows = tx.rows(
        "SELECT w.id FROM webhook w WHERE EXISTS (SELECT 1 FROM webhook_message m WHERE m.webhook_id = w.id"
        f" AND m.state = 'PENDING' AND m.due_at <= $1 AND {_FREE.replace('leased', 'm.leased')}"
        f" AND (w.state = 'ENABLED' OR m.type = '{TEST}')) ORDER BY w.id",
        *(now, now + 2 * LEASE),
    )
    return [row[0] for row in rows]


def take(tx: Tx, webhook_id: int, worker: str, most: int, now: int) -> list[Message]:
    """The next messages to send, which are `worker`'s until the lease ends."""
    ready = "state = 'PENDING' AND due_at <= $2 AND (leased_until <= $2 OR leased_until > $4)"
    theirs = ready.replace("state", "m.state").replace("due_at", "m.due_at").replace("leased", "m.leased")
    rows = tx.rows(
        f"UPDATE webhook_message SET leased_by = $1, leased_until = CAST($2 AS BIGINT) + {LEASE} WHERE id IN"
        f" (SELECT m.id FROM webhook_message m JOIN webhook w ON w.id = m.webhook_id WHERE m.webhook_id = $3 AND {theirs}"
        f" AND (w.state = 'ENABLED' OR m.type = '{TEST}') ORDER BY m.due_at, m.id LIMIT $5) AND {ready}"
        f" RETURNING {_COLUMNS}",
        *(worker, now, webhook_id, now + 2 * LEASE, most),
    )
    return sorted((_message(row) for row in rows), key=lambda message: message.id)


def settle(tx: Tx, message: Message, worker: str, outcome: Outcome, *, now: int, rng: Rng) -> None:
    """Keeps what came of sending a message: it is done with, or due again later, or given up."""
    row = tx.row(
        "UPDATE webhook_message SET attempts = attempts + 1, tries = tries + 1, leased_by = NULL, leased_until = 0"
        " WHERE id = $1 AND state = 'PENDING' AND leased_by = $2 RETURNING attempts, tries",
        *(message.id, worker),
    )
    if row is None:
        return
    tx.execute(
        "INSERT INTO webhook_attempt (message, n, at, status, millis, problem, response)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *(message.id, row[0], now, outcome.status, outcome.millis, outcome.problem, outcome.response),
    )
    if not outcome.problem:
        _delivered(tx, message, now)
        return
    tx.execute(
        "UPDATE webhook SET failures = failures + 1, failing_since = coalesce(failing_since, $1) WHERE id = $2",
        *(now, message.webhook_id),
    )
    again = None if message.type == TEST else next_try(row[1], now, outcome.rest, rng)
    if again is None:
        tx.execute("UPDATE webhook_message SET state = 'FAILED' WHERE id = $1", message.id)
    else:
        tx.execute("UPDATE webhook_message SET due_at = $1 WHERE id = $2", again, message.id)


def forget_leases(tx: Tx) -> None:
    """Frees what a killed process held; for a database that only one process works on."""
    tx.execute("UPDATE webhook_message SET leased_until = 0 WHERE state = 'PENDING' AND leased_until > 0")


def _delivered(tx: Tx, message: Message, now: int) -> None:
    tx.execute(
        "UPDATE webhook_message SET state = 'DELIVERED', delivered_at = $1 WHERE id = $2", now, message.id
    )
    tx.execute(
        "UPDATE webhook SET failures = 0, failing_since = NULL, delivered_at = $1 WHERE id = $2",
        *(now, message.webhook_id),
    )


_NEW = ("webhook_id", "message_id", "type", "body", "state", "created_at", "due_at")


def _keep(tx: Tx, webhook_id: int, found: list[News], whose: Whose, keys: KeyRing, now: int) -> None:
    if found:
        rows = [
            _row(webhook_id, _id(keys, whose, each), each.type, each.at, each.data, now) for each in found
        ]
        tx.insert("webhook_message", _NEW, rows)


def _row(webhook_id: int, message_id: str, type: str, at: int, data: dict[str, Any], now: int) -> Row:
    body = msgspec.json.encode({"type": type, "timestamp": iso_millis(at), "data": data})
    return (webhook_id, message_id, type, body, "PENDING", now, now)


def _id(keys: KeyRing, whose: Whose, each: News) -> str:
    """The same for the same news, so that what is made again after a restored backup can be told from what is new."""
    text = f"{whose.number}:{each.event}:{each.part}:{each.type}:{each.key}"
    return f"msg_{encode(keys.sign('webhook message', text.encode()))}"


def get(tx: Tx, webhook: Webhook, message_id: str) -> Message:
    """A webhook's message by the id that its receiver saw. Raises `NotFound`."""
    sql = f"SELECT {_COLUMNS} FROM webhook_message WHERE webhook_id = $1 AND message_id = $2"
    row = tx.row(sql, webhook.id, message_id)
    if row is None:
        raise NotFound("message", message_id)
    return _message(row)


def _message(row: Row) -> Message:
    values = (*row[:4], bytes(row[4]), *row[5:])
    return Message(*values)
