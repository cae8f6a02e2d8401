"""Mails to people: written from the log, kept until the mail server took them, and tried again.

A mail is kept in the transaction that moves its organisation's position in the log, so it is written once. A sender that is
killed in between may have handed it over; then it is sent again with the same Message-ID.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pomona.keys.randomness import Rng
from pomona.registry import activities, audit, mail_choices, mail_texts, mail_topics, organizations
from pomona.registry.audit import Event
from pomona.registry.mail_choices import Reader
from pomona.registry.mail_texts import Text
from pomona.registry.mail_topics import LARGE
from pomona.registry.organizations import Organization
from pomona.store import Row, Tx

MailState = Literal["PENDING", "SENT", "FAILED"]

TOPIC = "mails"
"""Notified when there is something to be sent at once."""

FRESH = 2 * 86_400_000
"""Milliseconds: what happened longer ago is not worth a mail any more, as when no mail server was set for a while."""

LEASE = 300_000
"""Milliseconds after which another process may send what one took and fell silent over."""

_PAGE = 500
_MINUTE = 60_000
WAITS = tuple(_MINUTE * each for each in (1, 5, 15, 60, 180, 360, 720, 1440, 1440))
"""Milliseconds after each attempt until the next, nearly three days; then a mail is given up."""

_COLUMNS = "id, organization_id, message_id, topic, recipient, subject, body, state, attempts, created_at, due_at, problem"


class Sender(NamedTuple):
    """What of the settings stands in a mail: the portal's address, empty where unknown, and the domain of Message-IDs."""

    portal: str
    domain: str


@dataclass(frozen=True, slots=True)
class Mail:
    """`recipient` is an address. Times are milliseconds."""

    id: int
    organization_id: int
    message_id: str
    topic: str
    recipient: str
    subject: str
    body: str
    state: MailState
    attempts: int
    created_at: int
    due_at: int
    problem: str


class Written(NamedTuple):
    """A mail in the making, and who gets it."""

    topic: str
    text: Text
    readers: Sequence[Reader]


def behind(tx: Tx) -> list[int]:
    """Organisations (internal ids) whose log has something that nobody was written about."""
    rows = tx.rows(
        "SELECT o.id FROM organization o LEFT JOIN mail_position p ON p.organization_id = o.id WHERE EXISTS (SELECT 1"
        " FROM audit_event e WHERE e.organization_id = o.id AND e.id > coalesce(p.position, 0)) ORDER BY o.id"
    )
    return [row[0] for row in rows]


def write(tx: Tx, organization_id: int, sender: Sender, *, now: int, rng: Rng) -> bool:
    """Writes mails about the next events of an organisation; True when there may be more at once.

    Safe to run twice at once: the second waits and goes on where the first ended.
    """
    tx.execute(
        "INSERT INTO mail_position (organization_id, position) SELECT CAST($1 AS BIGINT), coalesce(max(id), 0)"
        " FROM audit_event WHERE organization_id = $1 AND at < $2 ON CONFLICT (organization_id) DO NOTHING",
        *(organization_id, now - FRESH),
    )
    position = tx.value(
        "UPDATE mail_position SET position = position WHERE organization_id = $1 RETURNING position",
        organization_id,
    )
    events = audit.following(tx, organization_id, position, limit=_PAGE)
    fresh = [event for event in events if event.at >= now - FRESH and mail_topics.of_event(event)]
    if fresh:
        organization = organizations.get(tx, organization_id)
        readers = mail_choices.readers(tx, organization_id)
        for written in _written(tx, organization, fresh, readers, sender.portal):
            _keep(tx, organization_id, written, sender, now, rng)
    if events:
        tx.execute(
            "UPDATE mail_position SET position = $1 WHERE organization_id = $2",
            events[-1].id,
            organization_id,
        )
    return len(events) == _PAGE


def send_test(tx: Tx, organization_id: int, recipient: str, sender: Sender, *, now: int, rng: Rng) -> int:
    """Keeps a mail that says nothing but that it is a test; gives its internal id."""
    organization = organizations.get(tx, organization_id)
    news = "This is a test. Mails of Pomona arrive here."
    text = mail_texts.letter(organization, "A test of Pomona's mails", news, (), sender.portal)
    row = _row(organization_id, "test", recipient, text, sender, now, rng)
    marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    sql = f"INSERT INTO mail ({', '.join(_NEW)}) VALUES ({marks}) RETURNING id"
    tx.notify(TOPIC)
    return int(tx.value(sql, *row))


def _written(
    tx: Tx, organization: Organization, events: Sequence[Event], readers: Sequence[Reader], portal: str
) -> Iterator[Written]:
    orders: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        topic = mail_topics.of_event(event)
        assert topic is not None
        if topic == "activities":
            yield from _about_activity(tx, organization, event, readers, portal)
        elif topic.startswith("orders."):
            after = event.after
            orders.setdefault((topic, after["supplier_kind"], after["supplier_number"]), []).append(event)
        else:
            write_it, page = mail_texts.OF_EVENT[event.type]
            yield Written(topic, write_it(organization, event, _link(portal, page)), _wanting(readers, topic))
    for (topic, *_), about in orders.items():
        text = mail_texts.of_orders(organization, topic, about, _link(portal, "orders"))
        yield Written(topic, text, _wanting(readers, topic))


def _about_activity(
    tx: Tx, organization: Organization, event: Event, readers: Sequence[Reader], portal: str
) -> Iterator[Written]:
    activity = activities.by_uuid(tx, event.subject.id)
    if activity is None:
        return
    notable = activity.total >= LARGE or activity.failed > 0 or activity.status == "FAILED"
    everybody = _wanting(readers, "activities.all")
    own = [
        reader
        for reader in _wanting(readers, "activities.own")
        if notable
        and activity.actor.kind == "USER"
        and reader.uuid == activity.actor.id
        and reader not in everybody
    ]
    link = _link(portal, f"activities/{activity.uuid}")
    yield Written(
        "activities", mail_texts.of_activity(organization, event, activity, link), [*everybody, *own]
    )


def _wanting(readers: Iterable[Reader], topic: str) -> list[Reader]:
    return [reader for reader in readers if reader.choices.wanted[topic]]


def _link(portal: str, page: str) -> str:
    return f"{portal}/portal/{page}" if portal else ""


_NEW = (
    "organization_id",
    "message_id",
    "topic",
    "recipient",
    "subject",
    "body",
    "state",
    "created_at",
    "due_at",
)


def _keep(tx: Tx, organization_id: int, written: Written, sender: Sender, now: int, rng: Rng) -> None:
    addresses = dict.fromkeys(reader.choices.address for reader in written.readers)
    rows = [_row(organization_id, written.topic, each, written.text, sender, now, rng) for each in addresses]
    if rows:
        tx.insert("mail", _NEW, rows)


def _row(
    organization_id: int, topic: str, recipient: str, text: Text, sender: Sender, now: int, rng: Rng
) -> Row:
    message_id = f"<{rng(16).hex()}@{sender.domain}>"
    return (organization_id, message_id, topic, recipient, text.subject, text.body, "PENDING", now, now)


def take(tx: Tx, worker: str, most: int, now: int) -> list[Mail]:
    """The next mails to send, oldest first, which are `worker`'s until the lease ends."""
    ready = "state = 'PENDING' AND due_at <= $2 AND (leased_until <= $2 OR leased_until > $3)"
    rows = tx.rows(
        f"UPDATE mail SET leased_by = $1, leased_until = CAST($2 AS BIGINT) + {LEASE} WHERE id IN"
        f" (SELECT m.id FROM mail m WHERE {ready} ORDER BY m.due_at, m.id LIMIT $4) AND {ready} RETURNING {_COLUMNS}",
        *(worker, now, now + 2 * LEASE, most),
    )
    return sorted((Mail(*row) for row in rows), key=lambda mail: mail.id)


def settle(tx: Tx, mail: Mail, worker: str, problem: str, *, final: bool = False, now: int) -> None:
    """Keeps what came of sending a mail: without a `problem` it is done with, else due again or, if `final`, given up."""
    attempts = mail.attempts + 1
    given_up = bool(problem) and (final or attempts > len(WAITS))
    state = "SENT" if not problem else "FAILED" if given_up else "PENDING"
    due_at = now + WAITS[attempts - 1] if state == "PENDING" else mail.due_at
    tx.execute(
        "UPDATE mail SET attempts = $1, state = $2, due_at = $3, problem = $4, sent_at = $5, leased_by = NULL,"
        " leased_until = 0 WHERE id = $6 AND state = 'PENDING' AND leased_by = $7",
        *(attempts, state, due_at, problem, None if problem else now, mail.id, worker),
    )


def forget_leases(tx: Tx) -> None:
    """Frees what a killed process held; for a database that only one process works on."""
    tx.execute("UPDATE mail SET leased_until = 0 WHERE state = 'PENDING' AND leased_until > 0")


def newest(tx: Tx, organization_id: int, *, limit: int = 50) -> list[Mail]:
    """An organisation's mails, newest first."""
    sql = f"SELECT {_COLUMNS} FROM mail WHERE organization_id = $1 ORDER BY id DESC LIMIT $2"
    return [Mail(*row) for row in tx.rows(sql, organization_id, limit)]


def get(tx: Tx, id: int) -> Mail | None:
    """By internal id."""
    row = tx.row(f"SELECT {_COLUMNS} FROM mail WHERE id = $1", id)
    return None if row is None else Mail(*row)


def prune(tx: Tx, until: int) -> bool:
    """Forgets mails that were written before `until` (ms), a chunk of them; True when there may be more."""
    deleted = tx.execute(
        "DELETE FROM mail WHERE id IN (SELECT id FROM mail WHERE created_at < $1 ORDER BY created_at, id LIMIT $2)",
        *(until, _PAGE),
    )
    return deleted == _PAGE
