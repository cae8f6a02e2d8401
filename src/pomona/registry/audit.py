"""The audit log: who did what, before and after. Append-only, written in the transaction of the change."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from pomona.registry.actors import Actor
from pomona.store import Tx

_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about; `kind` is an upper-case word such as DEVICE, SERVICE, ACTIVITY, USER."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log, as read back."""

    id: int
    at: int
    type: str
    actor: Actor
    subject: Subject
    activity_id: int | None
    before: Any
    after: Any
    devices: str | None = None
    """The runs that `devices_of` reads."""


def record(
    tx: Tx,
    organization_id: int,
    type: str,
    actor: Actor,
    subject: Subject,
    *,
    now: int,
    before: object = None,
    after: object = None,
    activity_id: int | None = None,
    devices: Iterable[int] = (),
) -> None:
    """Appends an event. `before` and `after` are small JSON values without secrets.

    A change to many devices is one event. It names its activity, whose results say which they are, or else its `devices`
    by their internal numbers, which are kept as runs: those of an order came one after the other.

    The organisation is locked from here on, so that its events' ids grow in the order in which they are committed: whoever
    has read the log up to an id has missed nothing before it.
    """
    tx.lock(organization_id)
    tx.execute(
        "INSERT INTO audit_event (organization_id, at, type, actor_kind, actor_id, actor_name, actor_address,"
        " subject_kind, subject_id, subject_name, activity_id, before, after, devices)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        organization_id,
        now,
        type,
        actor.kind,
        actor.id,
        actor.name,
        actor.address,
        subject.kind,
        subject.id,
        subject.name,
        activity_id,
        None if before is None else _json(before).decode(),
        None if after is None else _json(after).decode(),
        _json(runs).decode() if (runs := _runs(devices)) else None,
    )


def devices_of(text: str | None) -> list[int]:
    """The device numbers that an event keeps, ascending."""
    runs: list[tuple[int, int]] = [] if text is None else msgspec.json.decode(text)
    return [number for first, last in runs for number in range(first, last + 1)]


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


_COLUMNS = (
    "id, at, type, actor_kind, actor_id, actor_name, actor_address, subject_kind, subject_id, subject_name,"
    " activity_id, before, after, devices"
)


def about(tx: Tx, organization_id: int, kind: str, id: str, *, limit: int = 100) -> list[Event]:
    """The newest events about one subject."""
    sql = (
        f"SELECT {_COLUMNS} FROM audit_event WHERE organization_id = $1 AND subject_kind = $2"
        " AND subject_id = $3 ORDER BY id DESC LIMIT $4"
    )
    return [_event(row) for row in tx.rows(sql, organization_id, kind, id, limit)]


def newest(tx: Tx, organization_id: int, *, before: int | None = None, limit: int = 100) -> list[Event]:
    """Events newest first; `before` is the id of the last one of the page before."""
    sql = (
        f"SELECT {_COLUMNS} FROM audit_event WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    )
    return [_event(row) for row in tx.rows(sql, organization_id, before or 1 << 62, limit)]


def following(tx: Tx, organization_id: int, after: int, *, limit: int = 100) -> list[Event]:
    """Events oldest first, from behind the id `after`. Those that are not there yet have higher ids."""
    sql = f"SELECT {_COLUMNS} FROM audit_event WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    return [_event(row) for row in tx.rows(sql, organization_id, after, limit)]


def one(tx: Tx, organization_id: int, id: int) -> Event | None:
    """An event by its id."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM audit_event WHERE organization_id = $1 AND id = $2", organization_id, id
    )
    return None if row is None else _event(row)


def last_id(tx: Tx, organization_id: int) -> int:
    """The id of the newest event, 0 without any."""
    return int(
        tx.value("SELECT coalesce(max(id), 0) FROM audit_event WHERE organization_id = $1", organization_id)
    )


def _event(row: tuple[Any, ...]) -> Event:
    return Event(
        row[0],
        row[1],
        row[2],
        Actor(row[3], row[4], row[5], row[6]),
        Subject(row[7], row[8], row[9]),
        row[10],
        None if row[11] is None else msgspec.json.decode(row[11]),
        None if row[12] is None else msgspec.json.decode(row[12]),
        row[13],
    )
