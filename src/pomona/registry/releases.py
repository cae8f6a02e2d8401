"""Devices leave an organisation for good; their serials are free to come back by a new order or by hand."""

from pomona.registry import assignments
from pomona.registry.actors import Actor
from pomona.registry.assignments import Chunk
from pomona.registry.orders import ClaimState
from pomona.registry.results import Result
from pomona.store import Tx

RELEASE = (
    f"CASE WHEN s.device_id IS NULL THEN {Result.DEVICE_NOT_FOUND:d}"
    " WHEN CAST($3 AS BIGINT) IS NOT NULL AND (s.service_id IS NULL OR s.service_id <> CAST($3 AS BIGINT))"
    f" THEN {Result.ASSIGNED_TO_OTHER_SERVER:d} ELSE {Result.CHANGED:d} END"
)
"""What releasing decides about a device, as `assignments.write_results` takes it."""


def release(tx: Tx, chunk: Chunk, *, actor: Actor, now: int, service_id: int | None = None) -> None:
    """Takes the chunk's devices out of the organisation; with `service_id` only those on that service.

    Their services are told, the claims that brought them end, and nobody owns the serials any more.
    """
    assignments.write_results(tx, chunk, RELEASE, service_id, now)
    if not assignments.log_losses(tx, chunk, released=True):
        return
    assignments.clear(tx, chunk, now)
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
    tx.execute(
        "UPDATE device SET released_at = $1, released_by = $2 WHERE id IN"
        " (SELECT r.device_id FROM activity_result r"
        " WHERE r.activity_id = $3 AND r.n >= $4 AND r.n < $5 AND r.status = 1)",
        *(now, f"{actor.kind}:{actor.id}"),
        *chunk.rows,
    )
