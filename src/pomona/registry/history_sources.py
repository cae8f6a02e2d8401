"""Where a device's history is kept: each source gives its newest entries, as the values of a `device_history.Moment`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from pomona.registry import audit, history_batches
from pomona.registry.actors import Actor, ActorKind
from pomona.registry.devices import first_number, last_number
from pomona.registry.operations import Op, Reason
from pomona.registry.results import Result
from pomona.store import Row, Tx

Values = dict[str, Any]

_ARRIVED, _LEFT = "DEVICE_ADDED_TO_ORG", "DEVICE_REMOVED_FROM_ORG"
_APART = 5_000
"""Milliseconds within which a release's operation follows it: a device's operations are a second apart."""

_PASSED = 200
"""Passings of migration deadlines that are looked through: there is one for some thousand devices."""


@dataclass(frozen=True, slots=True)
class Of:
    """Whose history: nothing later than `until` (ms), and `most` entries of each source, the newest."""

    organization_id: int
    serial: str
    until: int
    most: int


def everything(tx: Tx, of: Of) -> Iterable[Values]:
    """The entries of all sources, in no order; together they have the newest `most`."""
    tenures = _tenures(tx, of)
    ids = [row[0] for row in tenures]
    if not ids:
        return []
    came_or_went = {at for row in tenures for at in row[1:3] if at is not None}
    together = history_batches.events(tx, of.organization_id, ids, came_or_went, of.until)
    events = [*_events(tx, of, "DEVICE", [of.serial]), *together]
    found = [
        *_stays(tenures, events),
        *_operations(tx, of, ids),
        *_activities(tx, of, ids),
        *_deadlines(tx, of, ids),
    ]
    moments = {value["at"] for value in found if value["what"] in ("ADDED", "RELEASED")}
    found += [each for each in events if each["type"] not in (_ARRIVED, _LEFT) or each["at"] not in moments]
    found += _events(tx, of, "ENROLLMENT", _enrollments(tx, of))
    return [value for value in _explained(found) if value["at"] <= of.until]


def _explained(found: list[Values]) -> list[Values]:
    """Says of a release which activity it was; that one is not told a second time."""
    told: list[int] = []
    for release in (value for value in found if value["what"] == "RELEASED"):
        for cause in found:
            late = cause["at"] - release["at"]
            if (
                cause.get("activity_type") == "RELEASE_DEVICES"
                and 0 <= late <= _APART
                and cause["what"] != "REFUSED"
            ):
                release |= {name: cause[name] for name in ("actor", "activity", "activity_type")}
                if cause["what"] == "ACTIVITY":
                    told.append(id(cause))
    return [value for value in found if id(value) not in told]


def _tenures(tx: Tx, of: Of) -> list[Row]:
    return tx.rows(
        "SELECT d.id, d.added_at, d.released_at, d.released_by, d.source, d.source_id, o.number FROM device d"
        " LEFT JOIN purchase_order o ON o.id = d.order_id WHERE d.id IN (SELECT w.device_id FROM serial_owner w"
        " WHERE w.serial = $1 AND w.device_id BETWEEN $2 AND $3 UNION SELECT g.id FROM device g WHERE g.serial = $1"
        " AND g.released_at IS NOT NULL AND g.id BETWEEN $2 AND $3) ORDER BY d.id",
        *(of.serial, first_number(of.organization_id), last_number(of.organization_id)),
    )


def _stays(tenures: list[Row], events: list[Values]) -> Iterable[Values]:
    """Coming and going. Who did it by hand is in the log."""
    by = {(each["type"], each["at"]): each["actor"] for each in events}
    for _, added_at, released_at, released_by, source, source_id, order in tenures:
        note = f"{source} {source_id}".strip() + (f", order {order}" if order else "")
        yield {"at": added_at, "what": "ADDED", "note": note, "actor": by.get((_ARRIVED, added_at))}
        if released_at is not None:
            kind, _, id = (released_by or "").partition(":")
            actor = by.get((_LEFT, released_at)) or Actor(cast(ActorKind, kind), id, id)
            yield {"at": released_at, "what": "RELEASED", "actor": actor}


def _operations(tx: Tx, of: Of, ids: list[int]) -> list[Values]:
    rows = tx.rows(
        "SELECT o.op, o.reason, o.at, coalesce(s.name, 'a deleted service'), coalesce(a.uuid, ''),"
        " coalesce(a.type, ''), a.actor_kind, a.actor_id, a.actor_name, a.actor_address, o.device_id"
        f" FROM {tx.each('$1', 'bigint')} e JOIN operation o ON o.device_id = e.c0"
        " LEFT JOIN service s ON s.id = o.service_id LEFT JOIN activity a ON a.id = o.activity_id"
        " WHERE o.at <= $2 ORDER BY o.at DESC, o.op LIMIT $3",
        *(tx.pack([(id,) for id in ids]), of.until, 2 * of.most),
    )
    # A move is told to both services at one time: it is one moment here.
    losses = {(row[2], row[4], row[10]): row[3] for row in rows if row[0] == Op.DELETED}
    gains = {(row[2], row[4], row[10]) for row in rows if row[0] == Op.ADDED}
    return [
        _told(row, losses.get((row[2], row[4], row[10]), ""))
        for row in rows
        if row[0] != Op.DELETED or (row[2], row[4], row[10]) not in gains
    ]


def _told(row: Row, lost_by: str) -> Values:
    op, reason, at, service, activity, type, kind = row[:7]
    what = "CHANGED"
    if op == Op.ADDED:
        what = "MOVED" if lost_by else "ASSIGNED"
    elif op == Op.DELETED:
        what = "UNASSIGNED"
    elif reason == Reason.PROFILE_ASSIGNED:
        what = "PROFILE_ASSIGNED"
    actor = None if kind is None else Actor(*row[6:10])
    return {"at": at, "what": what, "service": service, "lost_by": lost_by if op == Op.ADDED else "", "actor": actor,
            "activity": activity, "activity_type": type}  # fmt: skip


_WHEN = "CASE WHEN r.status = 1 THEN r.operated_at ELSE coalesce(a.started_at, a.created_at) END"


def _activities(tx: Tx, of: Of, ids: list[int]) -> list[Values]:
    """What activities did without telling a service, and what they could not do."""
    rows = tx.rows(
        f"SELECT {_WHEN} AS at, r.status, a.uuid, a.type, a.actor_kind,"
        " a.actor_id, a.actor_name, a.actor_address FROM (SELECT u.activity_id, u.n FROM"
        f" {tx.each('$1', 'bigint')} e JOIN activity_result u ON u.untold = e.c0 UNION"
        " SELECT f.activity_id, f.n FROM activity_result f WHERE f.serial = $2 AND f.status <> 1) x"
        " JOIN activity_result r ON r.activity_id = x.activity_id AND r.n = x.n JOIN activity a ON a.id = r.activity_id"
        f" WHERE a.organization_id = $3 AND {_WHEN} <= $4"
        " ORDER BY at DESC LIMIT $5",
        *(tx.pack([(id,) for id in ids]), of.serial, of.organization_id, of.until, of.most),
    )
    found = []
    for at, status, uuid, type, *actor in rows:
        result = Result(status)
        what = "ACTIVITY" if result is Result.CHANGED else "UNCHANGED" if result.succeeded else "REFUSED"
        note = "" if result is Result.CHANGED else result.words[1]
        found.append({"at": at, "what": what, "activity": uuid, "activity_type": type, "actor": Actor(*actor),
                      "note": note})  # fmt: skip
    return found


def _events(tx: Tx, of: Of, kind: str, subjects: list[str]) -> list[Values]:
    rows = tx.rows(
        "SELECT v.at, v.type, v.actor_kind, v.actor_id, v.actor_name, v.actor_address, v.before, v.after"
        f" FROM {tx.each('$1')} e JOIN audit_event v ON v.organization_id = $2 AND v.subject_kind = $3"
        " AND v.subject_id = e.v WHERE v.at <= $4 ORDER BY v.at DESC, v.id DESC LIMIT $5",
        *(tx.pack(subjects), of.organization_id, kind, of.until, of.most),
    )
    return [
        {"at": row[0], "what": "EVENT", "type": row[1], "actor": Actor(*row[2:6]), "before": _json(row[6]),
         "after": _json(row[7])}
        for row in rows
    ]  # fmt: skip


def _deadlines(tx: Tx, of: Of, ids: list[int]) -> list[Values]:
    """Migrations whose deadline passed, of many devices together."""
    rows = tx.rows(
        "SELECT at, type, actor_kind, actor_id, actor_name, actor_address, devices FROM audit_event"
        " WHERE organization_id = $1 AND subject_kind = 'MIGRATION' AND subject_id = 'deadline' AND at <= $2"
        " ORDER BY id DESC LIMIT $3",
        *(of.organization_id, of.until, _PASSED),
    )
    return [
        {"at": row[0], "what": "EVENT", "type": row[1], "actor": Actor(*row[2:6])}
        for row in rows
        if not set(ids).isdisjoint(audit.devices_of(row[6]))
    ]


def _enrollments(tx: Tx, of: Of) -> list[str]:
    rows = tx.rows(
        "SELECT enrollment_key FROM enrollment WHERE organization_id = $1 AND serial = $2 AND kind <> 'byod'",
        *(of.organization_id, of.serial),
    )
    return [key for (key,) in rows]


def _json(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
