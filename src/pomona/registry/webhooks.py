"""Webhooks: addresses of programs that an organisation wants told of what happens, and the secrets that sign it.

Each follows its organisation's log from where it stood when the webhook was made. What is sent, and how often, is of
`webhook_messages`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from pomona.formats.standard_webhooks import parse_secret, show_secret
from pomona.keys.keyring import KeyRing
from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit, event_types
from pomona.registry.actors import Actor
from pomona.registry.errors import Duplicate, Invalid, LimitExceeded, NotFound
from pomona.registry.webhook_addresses import checked_url
from pomona.store import Row, Tx

State = Literal["ENABLED", "DISABLED", "FAILING"]
"""Sent to; switched off by somebody; switched off by Pomona, because nothing had arrived for days."""

TOPIC = "webhooks"
"""Notified when something is to be sent at once."""

MOST = 20
"""Webhooks that an organisation may have."""

ROTATION_HOURS = 24
"""How long an old secret goes on signing beside the new one, unless somebody says otherwise."""

_encode = msgspec.json.Encoder().encode
_HOUR = 3_600_000
_MOST_HOURS = 7 * 24
_PURPOSE = "webhook secret"
_SECRET_BYTES = 32
_COLUMNS = (
    "id, organization_id, uuid, name, url, events, state, failing_since, failures, created_at, updated_at, delivered_at,"
    " old_secret_until"
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """`events` are the types that are wanted, none meaning all. Times are milliseconds; `failing_since` is the first
    attempt that failed since one got through, `failures` how many did; `old_secret_until` the end of a secret's rotation.
    """

    id: int
    organization_id: int
    uuid: str
    name: str
    url: str
    events: tuple[str, ...]
    state: State
    failing_since: int | None
    failures: int
    created_at: int
    updated_at: int
    delivered_at: int | None
    old_secret_until: int | None

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("WEBHOOK", self.uuid, self.name)

    def wants(self, type: str) -> bool:
        """Whether it is told of a type of event."""
        return not self.events or type in self.events


class Made(NamedTuple):
    """A webhook with its new secret, which is shown this once."""

    webhook: Webhook
    secret: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants of a webhook; None leaves it as it is. A `secret` is `whsec_` and base64, made where None.

    One that is switched on again is told of what happened meanwhile, unless that is to be skipped.
    """

    name: str | None = None
    url: str | None = None
    events: Sequence[str] | None = None
    enabled: bool | None = None
    skip_missed: bool = False
    secret: str | None = field(default=None, repr=False)


def add(
    tx: Tx, organization_id: int, wanted: Wanted, *, actor: Actor, now: int, keys: KeyRing, rng: Rng
) -> Made:
    """Makes a webhook that is told of what happens from now on.

    Raises `Invalid` for an address, name, type of event or secret that cannot be, `Duplicate` for a name in use,
    `LimitExceeded` beyond `MOST`.
    """
    tx.lock(organization_id)
    url = checked_url(wanted.url or "")
    name = _free_name(tx, organization_id, wanted.name or "")
    events = event_types.checked(list(wanted.events or ()))
    secret = _secret(wanted.secret, rng)
    count = tx.value("SELECT count(*) FROM webhook WHERE organization_id = $1", organization_id)
    if int(count) >= MOST:
        raise LimitExceeded(f"An organisation may have {MOST} webhooks; remove one that is not used.")
    uuid = uuid4(rng)
    tx.execute(
        "INSERT INTO webhook (organization_id, uuid, name, url, events, secret, state, position, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'ENABLED', $7, $8, $8)",
        *(organization_id, uuid, name, url, _encode(events).decode(), _sealed(keys, uuid, secret, rng)),
        *(audit.last_id(tx, organization_id), now),
    )
    webhook = get(tx, organization_id, uuid)
    audit.record(tx, organization_id, "WEBHOOK_ADDED", actor, webhook.subject, now=now, after=_shown(webhook))
    return Made(webhook, show_secret(secret))


def update(tx: Tx, webhook: Webhook, wanted: Wanted, *, actor: Actor, now: int) -> Webhook:
    """Changes what is given, but never the secret. Raises as `add` does."""
    tx.lock(webhook.organization_id)
    before = get(tx, webhook.organization_id, webhook.uuid)
    name = before.name if wanted.name is None else wanted.name.strip()
    if name != before.name:
        name = _free_name(tx, before.organization_id, name)
    url = before.url if wanted.url is None else checked_url(wanted.url)
    events = list(before.events) if wanted.events is None else event_types.checked(list(wanted.events))
    state = before.state if wanted.enabled is None else "ENABLED" if wanted.enabled else "DISABLED"
    restarted = state == "ENABLED" and before.state != "ENABLED"
    tx.execute(
        "UPDATE webhook SET name = $1, url = $2, events = $3, state = $4, updated_at = $5 WHERE id = $6",
        *(name, url, _encode(events).decode(), state, now, before.id),
    )
    if restarted or url != before.url:
        tx.execute("UPDATE webhook SET failing_since = NULL, failures = 0 WHERE id = $1", before.id)
    if restarted and wanted.skip_missed:
        _skip(tx, before)
    changed = get(tx, before.organization_id, before.uuid)
    if (_shown(before), before.url) != (_shown(changed), url):
        after = {**_shown(changed), "new_address": url != before.url}
        audit.record(tx, before.organization_id, "WEBHOOK_CHANGED", actor, changed.subject, now=now,
                     before=_shown(before), after=after)  # fmt: skip
    tx.notify(TOPIC)
    return changed


def rotate(
    tx: Tx,
    webhook: Webhook,
    secret: str | None = None,
    *,
    hours: int = ROTATION_HOURS,
    actor: Actor,
    now: int,
    keys: KeyRing,
    rng: Rng,
) -> Made:
    """Gives a webhook a new secret; for so many hours messages are signed with the old one too. Raises `Invalid`."""
    if not 0 <= hours <= _MOST_HOURS:
        raise Invalid(f"The old secret may go on for 0 to {_MOST_HOURS} hours.", field="hours")
    fresh = _secret(secret, rng)
    tx.lock(webhook.organization_id)
    tx.execute(
        "UPDATE webhook SET old_secret = secret, old_secret_until = $1, secret = $2, updated_at = $3 WHERE id = $4",
        *(now + hours * _HOUR, _sealed(keys, webhook.uuid, fresh, rng), now, webhook.id),
    )
    audit.record(tx, webhook.organization_id, "WEBHOOK_SECRET_CHANGED", actor, webhook.subject, now=now,
                 after={"overlap_ms": hours * _HOUR})  # fmt: skip
    return Made(get(tx, webhook.organization_id, webhook.uuid), show_secret(fresh))


def remove(tx: Tx, webhook: Webhook, *, actor: Actor, now: int) -> None:
    """Ends a webhook; what was not sent yet is not sent any more, and its log goes with it."""
    tx.lock(webhook.organization_id)
    tx.execute(
        "DELETE FROM webhook_attempt WHERE message IN (SELECT id FROM webhook_message WHERE webhook_id = $1)",
        webhook.id,
    )
    tx.execute("DELETE FROM webhook_message WHERE webhook_id = $1", webhook.id)
    tx.execute("DELETE FROM webhook WHERE id = $1", webhook.id)
    audit.record(tx, webhook.organization_id, "WEBHOOK_DELETED", actor, webhook.subject, now=now)


def give_up(tx: Tx, webhook: Webhook, problem: str, *, actor: Actor, now: int) -> bool:
    """Switches a webhook off at which nothing arrives; whether it was on."""
    tx.lock(webhook.organization_id)
    changed = tx.execute("UPDATE webhook SET state = 'FAILING', updated_at = $1 WHERE id = $2 AND state = 'ENABLED'",
                         now, webhook.id)  # fmt: skip
    if changed:
        after = {"problem": problem, "failing_since_at": webhook.failing_since}
        audit.record(
            tx, webhook.organization_id, "WEBHOOK_DISABLED", actor, webhook.subject, now=now, after=after
        )
    return changed == 1


def secrets(tx: Tx, webhook: Webhook, keys: KeyRing, now: int) -> list[bytes]:
    """What its messages are signed with now: the secret, and while it is being replaced the one before."""
    row = tx.row("SELECT secret, old_secret, old_secret_until FROM webhook WHERE id = $1", webhook.id)
    if row is None:
        raise NotFound("webhook", webhook.uuid)
    both = [row[0]] if row[1] is None or row[2] <= now else [row[0], row[1]]
    return [keys.open(_PURPOSE, bytes(sealed), webhook.uuid.encode()) for sealed in both]


def get(tx: Tx, organization_id: int, uuid: str) -> Webhook:
    """By public id. Raises `NotFound`."""
    return _one(tx, organization_id, "uuid", uuid.lower(), uuid)


def find(tx: Tx, organization_id: int, text: str) -> Webhook:
    """By public id or name, as a person would say it. Raises `NotFound`."""
    try:
        return get(tx, organization_id, text.strip())
    except NotFound:
        return _one(tx, organization_id, "name", text.strip(), text)


def by_id(tx: Tx, id: int) -> Webhook | None:
    """By internal id."""
    row = tx.row(f"SELECT {_COLUMNS} FROM webhook WHERE id = $1", id)
    return None if row is None else _webhook(row)


def of_organization(tx: Tx, organization_id: int) -> list[Webhook]:
    """All of an organisation's, in the order they were made."""
    sql = f"SELECT {_COLUMNS} FROM webhook WHERE organization_id = $1 ORDER BY id"
    return [_webhook(row) for row in tx.rows(sql, organization_id)]


def _skip(tx: Tx, webhook: Webhook) -> None:
    last = audit.last_id(tx, webhook.organization_id)
    tx.execute("UPDATE webhook SET position = $1, position_part = -1 WHERE id = $2", last, webhook.id)
    waiting = "webhook_id = $1 AND state = 'PENDING'"
    tx.execute(
        f"DELETE FROM webhook_attempt WHERE message IN (SELECT id FROM webhook_message WHERE {waiting})",
        webhook.id,
    )
    tx.execute(f"DELETE FROM webhook_message WHERE {waiting}", webhook.id)


def _shown(webhook: Webhook) -> dict[str, object]:
    """What the audit log keeps; of the address only the host, because the rest is a secret with many receivers."""
    values = {"name": webhook.name, "host": urlsplit(webhook.url).netloc, "events": list(webhook.events)}
    return {**values, "enabled": webhook.state == "ENABLED"}


def _free_name(tx: Tx, organization_id: int, text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise Invalid("A webhook needs a name of 1 to 100 characters.", field="name")
    if tx.value("SELECT id FROM webhook WHERE organization_id = $1 AND name = $2", organization_id, name):
        raise Duplicate(f"There is a webhook '{name}' already; choose another name.", field="name")
    return name


def _secret(text: str | None, rng: Rng) -> bytes:
    if not text:
        return rng(_SECRET_BYTES)
    try:
        return parse_secret(text)
    except ValueError as problem:
        raise Invalid(f"{problem}; leave it out to have one made.", field="secret") from None


def _sealed(keys: KeyRing, uuid: str, secret: bytes, rng: Rng) -> bytes:
    return keys.seal(_PURPOSE, secret, rng, uuid.encode())


def _one(tx: Tx, organization_id: int, column: str, value: str, said: str) -> Webhook:
    sql = f"SELECT {_COLUMNS} FROM webhook WHERE organization_id = $1 AND {column} = $2"
    row = tx.row(sql, organization_id, value)
    if row is None:
        raise NotFound("webhook", said)
    return _webhook(row)


def _webhook(row: Row) -> Webhook:
    values = (*row[:5], tuple(msgspec.json.decode(row[5])), *row[6:])
    return Webhook(*values)
