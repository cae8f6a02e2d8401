"""A page of audit events, newest first."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from pomona.business_api.audit_line import COLUMNS, JOINS, Item, Line, Span
from pomona.business_api.audit_lines import read
from pomona.business_api.audit_types import FROM_REGISTRY
from pomona.store import Tx

WINDOW = 50_000
"""Rows that a page looks through at most: it may be short then, never slow."""

_A_LINE = 250
"""How many rows a look into one line counts as, so that many lines without any event end a page too."""

_NUMBERS = 24
_NEWEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: from `start` to `end` (milliseconds, both included); None where anything will do."""

    start: int
    end: int
    types: list[str] | None
    actors: list[str] | None
    subjects: list[str] | None


class Event(NamedTuple):
    """An event with the line it is in."""

    line: Line
    item: Item


class Page(NamedTuple):
    """Events, and the key behind which more may follow (None at the end)."""

    events: list[Event]
    more: int | None


def page(tx: Tx, organization_id: int, wanted: Wanted, after: int | None, limit: int) -> Page:
    """At most `limit` events behind the key `after` (None for the newest)."""
    line_id, number = (_NEWEST, -1) if after is None else (after >> _NUMBERS, (after & _MASK) - 1)
    lines = _lines(tx, organization_id, wanted, line_id, limit + 1, told=number == _WHOLE)
    events: list[Event] = []
    window = WINDOW
    for n, line in enumerate(lines):
        begun = number if line.id == line_id else -1
        found = read(tx, line, Span(begun, limit - len(events), window, wanted.subjects))
        events += [Event(line, item) for item in found.items if _meant(item, wanted)]
        if found.more is not None:
            return Page(events, _key(line.id, found.more))
        if line.activity_id is not None:
            window -= _A_LINE + max(line.last - begun, 0)
        more = n + 1 < len(lines)
        if more and (len(events) == limit or window <= 0):
            return Page(events, _key(line.id, _WHOLE))
    full = len(lines) == limit + 1
    return Page(events, _key(lines[-1].id, _WHOLE) if full else None)


_MASK = (1 << _NUMBERS) - 1
"""More numbers than a line can have: no body that asks for an activity holds as many devices."""

_WHOLE = _MASK - 1
"""Stands for the number of a line's last event, whichever it is."""


def _key(line_id: int, number: int) -> int:
    return line_id << _NUMBERS | (number + 1)


def _lines(
    tx: Tx, organization_id: int, wanted: Wanted, line_id: int, limit: int, *, told: bool
) -> list[Line]:
    """Lines from one on, which is among them unless it was `told` to its end."""
    at = tx.value(
        "SELECT at FROM audit_event WHERE id = $1 AND organization_id = $2", line_id, organization_id
    )
    newest = (wanted.end, _NEWEST) if at is None else min((wanted.end, _NEWEST), (at, line_id - told))
    params: list[Any] = [organization_id, wanted.start, *newest]
    own = [
        type for type, shown in FROM_REGISTRY.items() if wanted.types is None or {*shown} & {*wanted.types}
    ]
    conditions = _conditions(tx, wanted, params)
    most = len(params) + 2
    if wanted.types is None or not own:
        params += [tx.pack(own), limit]
        select = _select(f"{conditions} AND e.type IN (SELECT v FROM {tx.each(f'${most - 1}')} t)", most)
    else:
        # One type after the other, each by the index: among a million of others there may be two.
        params += [own[0], limit, *own[1:]]
        places = (most - 1, *range(most + 1, len(params) + 1))
        branches = [
            f"SELECT * FROM ({_select(f'{conditions} AND e.type = ${n}', most)}) t{n}" for n in places
        ]
        select = f"{' UNION ALL '.join(branches)} ORDER BY 2 DESC, 1 DESC LIMIT ${most}"
    return [Line.of(organization_id, row) for row in tx.rows(select, *params)]


def _select(where: str, limit: int) -> str:
    return f"SELECT {COLUMNS} FROM audit_event e {JOINS} WHERE {where} ORDER BY e.at DESC, e.id DESC LIMIT ${limit}"


def _conditions(tx: Tx, wanted: Wanted, params: list[Any]) -> str:
    """What holds for lines of every type; `params` holds the organisation and the times and gets what else there is."""
    where = "e.organization_id = $1 AND e.at >= $2 AND (e.at, e.id) <= ($3, $4)"
    if wanted.actors is not None:
        params.append(tx.pack(wanted.actors))
        where += f" AND coalesce(a.actor_id, e.actor_id) IN (SELECT v FROM {tx.each(f'${len(params)}')} t)"
    if wanted.subjects is not None:
        params.append(tx.pack(wanted.subjects))
        where += (
            f" AND (e.subject_id IN (SELECT v FROM {tx.each(f'${len(params)}')} t)"
            " OR e.subject_kind IN ('ACTIVITY', 'ORDER', 'BATCH') OR e.type = 'DEVICE_REPLACED')"
        )
    return where


def _meant(item: Item, wanted: Wanted) -> bool:
    """A line's events may be of several types and about several things."""
    return (wanted.types is None or item.type in wanted.types) and (
        wanted.subjects is None or item.subject.id in wanted.subjects
    )
