"""The record of an activity: who asked for what, how far it is, and how it ended."""

from dataclasses import dataclass
from typing import Any

import msgspec

from pomona.registry.actors import Actor
from pomona.registry.audit import Subject
from pomona.registry.errors import NotFound
from pomona.store import Row, Tx

COLUMNS = (
    "id, uuid, organization_id, type, service_id, metadata, actor_kind, actor_id, actor_name, actor_address, status,"
    " sub_status, created_at, started_at, completed_at, chunks, next_chunk, total, succeeded, failed, origin_id,"
    " final_at"
)


@dataclass(frozen=True, slots=True)
class Activity:
    """`status` is IN_PROGRESS, COMPLETED, STOPPED or FAILED; times are milliseconds.

    `type` is a word of Apple's, or one of ours: KEEP_DEVICES takes back a release that is not final yet, UNDO_ACTIVITY puts
    back what an activity changed.

    `origin_id` is the activity that this one undoes or whose release it makes final; `final_at` when a release that is put
    off becomes final. `metadata` may hold the `deadline` of a migration, the service that it `empties`, and the `problem`
    that ended it.
    """

    id: int
    uuid: str
    organization_id: int
    type: str
    service_id: int | None
    metadata: dict[str, Any]
    actor: Actor
    status: str
    sub_status: str
    created_at: int
    started_at: int | None
    completed_at: int | None
    chunks: int
    next_chunk: int
    total: int
    succeeded: int
    failed: int
    origin_id: int | None = None
    final_at: int | None = None

    @property
    def subject(self) -> Subject:
        """How the audit log names it."""
        return Subject("ACTIVITY", self.uuid, self.type)

    @property
    def deadline(self) -> int | None:
        """Of the migration that it is about, in milliseconds."""
        found: int | None = self.metadata.get("deadline")
        return found


def activity_of(row: Row) -> Activity:
    """From `COLUMNS`."""
    actor = Actor(row[6], row[7], row[8], row[9])
    values = (*row[:5], msgspec.json.decode(row[5]), actor, *row[10:])
    return Activity(*values)


def get(tx: Tx, organization_id: int, uuid: str) -> Activity:
    """By public id. Raises `NotFound`."""
    row = tx.row(
        f"SELECT {COLUMNS} FROM activity WHERE uuid = $1 AND organization_id = $2",
        uuid.lower(),
        organization_id,
    )
    if row is None:
        raise NotFound("activity", uuid)
    return activity_of(row)


def by_uuid(tx: Tx, uuid: str) -> Activity | None:
    """By public id, whichever organisation's it is: for links that are themselves the right to read."""
    row = tx.row(f"SELECT {COLUMNS} FROM activity WHERE uuid = $1", uuid)
    return None if row is None else activity_of(row)


def by_id(tx: Tx, id: int) -> Activity | None:
    """By internal id."""
    row = tx.row(f"SELECT {COLUMNS} FROM activity WHERE id = $1", id)
    return None if row is None else activity_of(row)


def following(tx: Tx, activity: Activity) -> list[Activity]:
    """The activities that undo it or make it final, newest first."""
    sql = f"SELECT {COLUMNS} FROM activity WHERE origin_id = $1 ORDER BY id DESC LIMIT 100"
    return [activity_of(row) for row in tx.rows(sql, activity.id)]


def newest(tx: Tx, organization_id: int, *, before: int | None = None, limit: int = 50) -> list[Activity]:
    """Activities newest first; `before` is the internal id of the last one of the page before."""
    sql = f"SELECT {COLUMNS} FROM activity WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    return [activity_of(row) for row in tx.rows(sql, organization_id, before or 1 << 62, limit)]
