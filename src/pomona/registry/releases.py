"""Devices leave an organisation: at once, or after a time in which they can be taken back.

Gone for good, a serial is free to come back by a new order or by hand. Until then a device is owned and listed as ever, stays on
its service, and is marked with the time at which it goes.
"""

from pomona.registry import assignments, audit, blueprint_links, organizations, state_documents
from pomona.registry.actors import Actor
from pomona.registry.assignments import Chunk
from pomona.registry.device_states import UNASSIGNED
from pomona.registry.errors import Invalid
from pomona.registry.orders import ClaimState
from pomona.registry.results import Result
from pomona.store import Tx

LONGEST = 90 * 24
"""Hours for which a release can be put off."""

RELEASE = (
    f"CASE WHEN s.device_id IS NULL THEN {Result.DEVICE_NOT_FOUND:d}"
    " WHEN CAST($3 AS BIGINT) IS NOT NULL AND (s.service_id IS NULL OR s.service_id <> CAST($3 AS BIGINT))"
    f" THEN {Result.ASSIGNED_TO_OTHER_SERVER:d} WHEN s.release_at IS NOT NULL THEN {Result.RELEASE_PENDING:d}"
    f" ELSE {Result.CHANGED:d} END"
)
"""What releasing decides about a device, as `assignments.write_results` takes it."""

KEEP = (
    f"CASE WHEN s.device_id IS NULL THEN {Result.DEVICE_NOT_FOUND:d}"
    " WHEN CAST($3 AS BIGINT) IS NOT NULL AND (s.service_id IS NULL OR s.service_id <> CAST($3 AS BIGINT))"
    f" THEN {Result.ASSIGNED_TO_OTHER_SERVER:d} WHEN s.release_at IS NULL THEN {Result.RELEASE_NOT_PENDING:d}"
    f" ELSE {Result.CHANGED:d} END"
)
"""What taking back decides."""

_FINAL = (
    f"CASE WHEN s.device_id IS NULL OR CAST($3 AS BIGINT) IS NOT NULL THEN {Result.DEVICE_NOT_FOUND:d}"
    f" ELSE {Result.CHANGED:d} END"
)


def set_grace(tx: Tx, organization_id: int, hours: int, *, actor: Actor, now: int) -> None:
    """For how many hours releases of an organisation are put off from now on, 0 for not at all. Raises `Invalid`."""
    if not 0 <= hours <= LONGEST:
        raise Invalid(f"A release can be put off for 0 to {LONGEST} hours.", field="hours")
    tx.lock(organization_id)
    organization = organizations.get(tx, organization_id)
    before = tx.value("SELECT release_grace FROM organization WHERE id = $1", organization_id)
    tx.execute("UPDATE organization SET release_grace = $1 WHERE id = $2", hours, organization_id)
    subject = audit.Subject("ORGANIZATION", organization.number, organization.name)
    audit.record(tx, organization_id, "RELEASE_GRACE_CHANGED", actor, subject, now=now, before={"hours": before},
                 after={"hours": hours})  # fmt: skip


def grace(tx: Tx, organization_id: int) -> int:
    """For how many hours releases of an organisation are put off."""
    return int(tx.value("SELECT release_grace FROM organization WHERE id = $1", organization_id))


def put_off(tx: Tx, chunk: Chunk, final_at: int, *, now: int, service_id: int | None = None) -> None:
    """Marks the chunk's devices to leave at `final_at` (ms); with `service_id` only those on that service.

    Nobody is told: nothing has happened to them yet.
    """
    assignments.write_results(tx, chunk, RELEASE, service_id, now)
    tx.execute(
        "UPDATE device_state SET release_at = $1, release_activity = r.activity_id, revision = r.revision"
        " FROM activity_result r WHERE r.activity_id = $2 AND r.n >= $3 AND r.n < $4 AND r.status = 1"
        " AND device_state.device_id = r.device_id",
        *(final_at, *chunk.rows),
    )
    _untold(tx, chunk)
    state_documents.of_results(tx, chunk.rows, now)


def keep(tx: Tx, chunk: Chunk, *, now: int) -> None:
    """Takes back the release of those of the chunk's devices that have not left yet."""
    assignments.write_results(tx, chunk, KEEP, None, now)
    tx.execute(
        "UPDATE device_state SET release_at = NULL, release_activity = NULL, revision = r.revision"
        " FROM activity_result r WHERE r.activity_id = $1 AND r.n >= $2 AND r.n < $3 AND r.status = 1"
        " AND device_state.device_id = r.device_id",
        *chunk.rows,
    )
    _untold(tx, chunk)
    state_documents.of_results(tx, chunk.rows, now)


def leaving(tx: Tx, activity_id: int, limit: int) -> list[str]:
    """Serials of some devices whose release was put off by an activity, in the order they came."""
    rows = tx.rows(
        "SELECT d.serial FROM device_state s JOIN device d ON d.id = s.device_id WHERE s.release_activity = $1"
        " ORDER BY s.device_id LIMIT $2",
        *(activity_id, limit),
    )
    return [serial for (serial,) in rows]


def release(
    tx: Tx, chunk: Chunk, *, actor: Actor, now: int, service_id: int | None = None, final: bool = False
) -> None:
    """Takes the chunk's devices out of the organisation; with `service_id` only those on that service.

    Their services are told, the claims that brought them end, and nobody owns the serials any more. `final` for devices that
    have waited for it.
    """
    assignments.write_results(tx, chunk, _FINAL if final else RELEASE, service_id, now)
    if not assignments.log_losses(tx, chunk, released=True):
        return
    _untold(tx, chunk)
    _unassign(tx, chunk, now)
    chosen = "FROM activity_result r WHERE r.activity_id = $1 AND r.n >= $2 AND r.n < $3 AND r.status = 1"
    serials = f"SELECT r.serial {chosen}"
    tx.execute(f"DELETE FROM serial_owner WHERE serial IN ({serials})", *chunk.rows)
    tx.execute(
        "UPDATE purchase_order SET live = live - e.n, released = released + e.n FROM (SELECT order_id, count(*) AS n"
        f" FROM claim WHERE state = 1 AND serial IN ({serials}) GROUP BY order_id) e"
        " WHERE purchase_order.id = e.order_id",
        *chunk.rows,
    )
    tx.execute(
        f"UPDATE claim SET state = {ClaimState.RELEASED:d} WHERE state = 1 AND serial IN ({serials})",
        *chunk.rows,
    )
    tx.execute(
        f"UPDATE business_record SET released = 1 WHERE device_id IN (SELECT r.device_id {chosen})",
        *chunk.rows,
    )
    blueprint_links.drop_devices(tx, f"SELECT r.device_id {chosen}", *chunk.rows)
    tx.execute(
        "UPDATE device SET released_at = $1, released_by = $2 WHERE id IN"
        " (SELECT r.device_id FROM activity_result r"
        " WHERE r.activity_id = $3 AND r.n >= $4 AND r.n < $5 AND r.status = 1)",
        *(now, f"{actor.kind}:{actor.id}"),
        *chunk.rows,
    )


def _unassign(tx: Tx, chunk: Chunk, now: int) -> None:
    tx.execute(
        f"UPDATE device_state SET {UNASSIGNED}, release_at = NULL, release_activity = NULL, ba_migration = NULL,"
        " revision = r.revision, operated_at = r.operated_at, updated_at = $1, ba = $2"
        " FROM activity_result r WHERE r.activity_id = $3 AND r.n >= $4 AND r.n < $5 AND r.status = 1"
        " AND device_state.device_id = r.device_id",
        now,
        tx.projections.business.state(now, False),
        *chunk.rows,
    )


def _untold(tx: Tx, chunk: Chunk) -> None:
    """Marks results that no operation leads to, so that they are found by their device."""
    tx.execute(
        "UPDATE activity_result SET untold = device_id WHERE activity_id = $1 AND n >= $2 AND n < $3 AND status = 1"
        " AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.device_id = activity_result.device_id"
        " AND o.activity_id = activity_result.activity_id)",
        *chunk.rows,
    )
