"""What was sent to a webhook and what it answered; sending again; and forgetting."""

from typing import NamedTuple

from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.registry.errors import Invalid
from pomona.registry.webhook_messages import Message, get
from pomona.registry.webhooks import TOPIC, Webhook
from pomona.store import Row, Tx

_CHUNK = 500


class Attempt(NamedTuple):
    """One time that a message was sent: when (ms), HTTP's status if there was an answer, how long it took (ms), why it
    does not count (empty when it does), and the beginning of the answer."""

    n: int
    at: int
    status: int | None
    millis: int
    problem: str
    response: str


class Line(NamedTuple):
    """A message as the log lists it. `id` is internal, to page by; `last` the newest attempt."""

    id: int
    message_id: str
    type: str
    state: str
    attempts: int
    created_at: int
    due_at: int
    delivered_at: int | None
    last: Attempt | None


def lines(
    tx: Tx, webhook: Webhook, *, before: int | None = None, state: str | None = None, limit: int = 50
) -> list[Line]:
    """A webhook's messages newest first; `before` is the internal id of the last one of the page before."""
    rows = tx.rows(
        "SELECT m.id, m.message_id, m.type, m.state, m.attempts, m.created_at, m.due_at, m.delivered_at,"
        " a.n, a.at, a.status, a.millis, a.problem, a.response FROM webhook_message m"
        " LEFT JOIN webhook_attempt a ON a.message = m.id AND a.n = m.attempts WHERE m.webhook_id = $1 AND m.id < $2"
        " AND (CAST($3 AS TEXT) IS NULL OR m.state = $3) ORDER BY m.id DESC LIMIT $4",
        *(webhook.id, before or 1 << 62, state, limit),
    )
    return [_line(row) for row in rows]


def _line(row: Row) -> Line:
    values = (*row[:8], None if row[8] is None else Attempt(*row[8:]))
    return Line(*values)


def attempts(tx: Tx, message: Message) -> list[Attempt]:
    """Every time that a message was sent, oldest first."""
    rows = tx.rows(
        "SELECT n, at, status, millis, problem, response FROM webhook_attempt WHERE message = $1 ORDER BY n",
        message.id,
    )
    return [Attempt(*row) for row in rows]


def replay(tx: Tx, webhook: Webhook, message_id: str, *, actor: Actor, now: int) -> Message:
    """Sends a message once more, whatever became of it, with the same id. Raises `NotFound`."""
    message = get(tx, webhook, message_id)
    _again(tx, webhook, "id = $3", message.id, now)
    _record(tx, webhook, 1, actor, now)
    return get(tx, webhook, message_id)


def replay_since(
    tx: Tx, webhook: Webhook, since: int, *, only_failed: bool = False, actor: Actor, now: int
) -> int:
    """Sends again everything that was made at `since` (ms) or later and is still kept; gives how many that is.

    With `only_failed` only what was given up. Raises `Invalid` for a time that is yet to come.
    """
    if since > now:
        raise Invalid("That time is yet to come; nothing was sent since.", field="since")
    state = " AND state = 'FAILED'" if only_failed else ""
    count = _again(tx, webhook, f"created_at >= $3{state}", since, now)
    if count:
        _record(tx, webhook, count, actor, now)
    return count


def _again(tx: Tx, webhook: Webhook, which: str, value: int, now: int) -> int:
    changed = tx.execute(
        "UPDATE webhook_message SET state = 'PENDING', tries = 0, due_at = $1, delivered_at = NULL, leased_until = 0,"
        f" leased_by = NULL WHERE webhook_id = $2 AND {which}",
        *(now, webhook.id, value),
    )
    tx.notify(TOPIC)
    return changed


def _record(tx: Tx, webhook: Webhook, count: int, actor: Actor, now: int) -> None:
    audit.record(tx, webhook.organization_id, "WEBHOOK_REPLAYED", actor, webhook.subject, now=now,
                 after={"messages": count})  # fmt: skip


def prune(tx: Tx, until: int) -> bool:
    """Forgets messages that were made before `until` (ms), a chunk of them; True when there may be more.

    What is still to be sent goes too: it is older than anybody wants it.
    """
    rows = tx.rows(
        "SELECT id FROM webhook_message WHERE created_at < $1 ORDER BY created_at, id LIMIT $2", until, _CHUNK
    )
    packed = tx.pack([(row[0],) for row in rows])
    if rows:
        chosen = f"(SELECT c0 FROM {tx.each('$1', 'bigint')} e)"
        tx.execute(f"DELETE FROM webhook_attempt WHERE message IN {chosen}", packed)
        tx.execute(f"DELETE FROM webhook_message WHERE id IN {chosen}", packed)
    return len(rows) == _CHUNK
