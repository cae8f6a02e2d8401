"""A line of the registry's log, and what is read of it at a time."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from pomona.registry.actors import Actor
from pomona.registry.audit import Subject
from pomona.store import Row

COLUMNS = (
    "e.id, e.at, e.type, coalesce(a.actor_kind, e.actor_kind), coalesce(a.actor_id, e.actor_id),"
    " coalesce(a.actor_name, e.actor_name), e.subject_kind, e.subject_id, e.subject_name, e.after,"
    " e.devices, e.activity_id, a.uuid, a.type, s.name,"
    " (SELECT max(r.n) FROM activity_result r WHERE r.activity_id = e.activity_id),"
    " (SELECT o.number FROM organization o WHERE o.id = e.organization_id), a.final_at"
)
JOINS = "LEFT JOIN activity a ON a.id = e.activity_id LEFT JOIN service s ON s.id = a.service_id"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log. An activity's actor is who asked for it, whoever stopped it. `service` is the name of the
    activity's service, empty once it is deleted; `last` the number of its last result; `unit` the organisation's only
    unit. `put_off` is a release that was not final yet."""

    organization_id: int
    id: int
    at: int
    type: str
    actor: Actor
    subject: Subject
    after: dict[str, Any]
    devices: str | None
    activity_id: int | None
    activity: str | None
    activity_type: str | None
    service: str
    last: int
    unit: str
    put_off: bool

    @classmethod
    def of(cls, organization_id: int, row: Row) -> "Line":
        """From `COLUMNS`."""
        after = None if row[9] is None else msgspec.json.decode(row[9])
        values: tuple[Any, ...] = (
            *(organization_id, *row[:3], Actor(*row[3:6]), Subject(*row[6:9])),
            *(after if isinstance(after, dict) else {}, *row[10:14], row[14] or ""),
            *(-1 if row[15] is None else row[15], row[16], row[17] is not None),
        )
        return cls(*values)


class Item(NamedTuple):
    """One event of a line: its number within it, its type here, its own data, and what it is about."""

    n: int
    type: str
    data: dict[str, Any]
    subject: Subject


class Read(NamedTuple):
    """Events of a line, and the number behind which it goes on; None when that was all of it."""

    items: list[Item]
    more: int | None


class Span(NamedTuple):
    """What to read of a line: what comes behind number `after`, at most `most` events, looking at `window` rows, and
    only those about the `serials` if there are any."""

    after: int
    most: int
    window: int
    serials: list[str] | None


def device(serial: str) -> Subject:
    """A device as what an event is about."""
    return Subject("DEVICE", serial, serial)
