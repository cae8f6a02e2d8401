"""Commands that wait for a device, and what it answered.

A command stays until the device acknowledged it or failed. One that it cannot do now (`notnow`) is not offered again
before the device's next session, which begins when it says that it is idle.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from pomona.registry import audit
from pomona.registry.actors import SYSTEM, Actor
from pomona.registry.command_rules import check
from pomona.registry.enrollments import Enrollment
from pomona.registry.errors import InUse, NotFound
from pomona.store import Row, Tx

CommandState = Literal["queued", "sent", "notnow", "acknowledged", "error", "format_error", "cancelled"]

_OPEN = "state IN ('queued', 'sent', 'notnow')"
_COLUMNS = "id, uuid, enrollment_id, type, state, result, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class Command:
    """`result` is the device's answer as it came, a property list; times are milliseconds."""

    id: int
    uuid: str
    enrollment_id: int
    type: str
    state: CommandState
    result: bytes | None
    created_at: int
    updated_at: int


def queue(
    tx: Tx, enrollment: Enrollment, type: str, uuid: str, body: bytes, *, actor: Actor, now: int
) -> Command:
    """Keeps a command for the device; `body` is the property list to send, which names `uuid`.

    Raises `Invalid` for a type that is not offered, `Forbidden` for one that this kind of enrolment does not allow, and
    `InUse` when the device left.
    """
    check(type, enrollment)
    if enrollment.status == "left":
        raise InUse(f"{enrollment.subject.name} is managed no longer; a command would never reach it.")
    tx.execute(
        "INSERT INTO command (uuid, enrollment_id, type, body, state, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, 'queued', $5, $5)",
        *(uuid, enrollment.id, type, body, now),
    )
    if actor.kind != "MDM":
        audit.record(tx, enrollment.organization_id, "DEVICE_COMMAND_QUEUED", actor, enrollment.subject, now=now,
                     after={"type": type, "command": uuid})  # fmt: skip
    return get(tx, enrollment, uuid)


def next_for(tx: Tx, enrollment_id: int, *, idle: bool, now: int) -> bytes | None:
    """The property list of the next command, which counts as sent from now on; None when there is none to offer.

    With `idle` a new session begins, and what could not be done in the last one is offered again.
    """
    if idle:
        tx.execute(
            "UPDATE command SET state = 'queued', updated_at = $1 WHERE enrollment_id = $2 AND state = 'notnow'",
            *(now, enrollment_id),
        )
    row = tx.row(
        f"SELECT id, body FROM command WHERE enrollment_id = $1 AND {_OPEN} AND state <> 'notnow'"
        " ORDER BY id LIMIT 1",
        enrollment_id,
    )
    if row is None:
        return None
    tx.execute("UPDATE command SET state = 'sent', updated_at = $1 WHERE id = $2", now, row[0])
    return bytes(row[1])


def answered(
    tx: Tx, enrollment_id: int, uuid: str, state: CommandState, result: bytes, now: int
) -> str | None:
    """Keeps a device's answer; gives the command's type, or None for a command that is unknown or was done with."""
    kept = None if state == "notnow" else result
    type: str | None = tx.value(
        "UPDATE command SET state = $1, result = $2, updated_at = $3"
        f" WHERE uuid = $4 AND enrollment_id = $5 AND {_OPEN} RETURNING type",
        *(state, kept, now, uuid, enrollment_id),
    )
    if type == "EraseDevice" and state == "acknowledged":
        _erased(tx, enrollment_id, now)
    return type


def _erased(tx: Tx, enrollment_id: int, now: int) -> None:
    """A device that says so erases itself and is not heard of again until it enrols anew."""
    sql = "SELECT organization_id, serial FROM enrollment WHERE id = $1 AND serial IS NOT NULL"
    row = tx.row(sql, enrollment_id)
    if row is not None:
        subject = audit.Subject("DEVICE", row[1], row[1])
        audit.record(tx, row[0], "DEVICE_IS_ERASED", SYSTEM, subject, now=now)


class Condition(NamedTuple):
    """What acknowledged commands have made of a device since it enrolled."""

    locked: bool
    erased: bool


def condition(tx: Tx, enrollment_id: int) -> Condition:
    """Whether a device is locked (it did nothing else since it was told to be) or erased."""
    rows = tx.rows(
        "SELECT c.type, max(c.updated_at) FROM command c JOIN enrollment e ON e.id = c.enrollment_id"
        " WHERE c.enrollment_id = $1 AND c.state = 'acknowledged' AND c.updated_at >= coalesce(e.enrolled_at, 0)"
        " GROUP BY c.type",
        enrollment_id,
    )
    done: dict[str, int] = dict(rows)
    locked = done.pop("DeviceLock", None)
    return Condition(locked is not None and all(at <= locked for at in done.values()), "EraseDevice" in done)


def has_open(tx: Tx, enrollment_id: int, type: str) -> bool:
    """Whether a command of that type still waits."""
    sql = f"SELECT id FROM command WHERE enrollment_id = $1 AND {_OPEN} AND type = $2 LIMIT 1"
    return tx.value(sql, enrollment_id, type) is not None


def get(tx: Tx, enrollment: Enrollment, uuid: str) -> Command:
    """By its UUID. Raises `NotFound`."""
    sql = f"SELECT {_COLUMNS} FROM command WHERE uuid = $1 AND enrollment_id = $2"
    row = tx.row(sql, uuid, enrollment.id)
    if row is None:
        raise NotFound("command", uuid)
    return _command(row)


def body(tx: Tx, enrollment_id: int, uuid: str) -> bytes:
    """The property list that was or will be sent. Raises `NotFound`."""
    sql = "SELECT body FROM command WHERE uuid = $1 AND enrollment_id = $2"
    found = tx.value(sql, uuid, enrollment_id)
    if found is None:
        raise NotFound("command", uuid)
    return bytes(found)


def of_enrollment(
    tx: Tx, enrollment: Enrollment, *, before: int | None = None, limit: int = 100
) -> list[Command]:
    """Commands newest first; `before` is the internal id of the last one of the page before."""
    sql = f"SELECT {_COLUMNS} FROM command WHERE enrollment_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    return [_command(row) for row in tx.rows(sql, enrollment.id, before or 1 << 62, limit)]


def _command(row: Row) -> Command:
    values = (*row[:5], None if row[5] is None else bytes(row[5]), *row[6:])
    return Command(*values)
