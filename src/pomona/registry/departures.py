"""Devices that a supplier takes back leave their organisation: returned, or of an order that is undone.

Unlike a release it is not the organisation's activity: it happens with the order's step, in the same transaction.
"""

from collections.abc import Sequence

from pomona.registry import blueprint_links, operations
from pomona.registry.actors import Actor
from pomona.registry.device_states import UNASSIGNED
from pomona.registry.operations import Op, Reason
from pomona.store import Tx

_LEAST_APART = 1_000
"""Milliseconds between two operations of a device: consumers tell by whole seconds which came later."""


def leave(tx: Tx, device_ids: Sequence[int], *, actor: Actor, now: int, reason: Reason = Reason.NONE) -> int:
    """Takes owned devices out of their organisations; gives how many. Their serials are nobody's afterwards.

    Their services are told, with the `reason`. The caller holds the organisations' locks and ends the claims.
    """
    if not device_ids:
        return 0
    rows = tx.rows(
        f"SELECT s.device_id, s.service_id, s.operated_at FROM {tx.each('$1', 'bigint')} e"
        " JOIN device_state s ON s.device_id = e.c0 ORDER BY s.device_id",
        tx.pack([(id,) for id in device_ids]),
    )
    times = [(id, max(now, operated_at + _LEAST_APART)) for id, _, operated_at in rows]
    lost: dict[int, list[tuple[int, int]]] = {}
    for (_, service, _), moment in zip(rows, times, strict=True):
        if service is not None:
            lost.setdefault(service, []).append(moment)
    for service in sorted(lost):
        operations.append(tx, service, lost[service], Op.DELETED, reason=reason)
    _unassign(tx, times, now)
    _end_tenure(tx, [id for id, _ in times], actor, now)
    return len(times)


def _unassign(tx: Tx, times: list[tuple[int, int]], now: int) -> None:
    tx.execute(
        f"UPDATE device_state SET {UNASSIGNED}, release_at = NULL, release_activity = NULL, ba_migration = NULL,"
        " revision = revision + 1, operated_at = e.c1, updated_at = $1, ba = $2"
        f" FROM {tx.each('$3', 'bigint', 'bigint')} e WHERE device_state.device_id = e.c0",
        now,
        tx.projections.business.state(now, False),
        tx.pack(times),
    )


def _end_tenure(tx: Tx, ids: list[int], actor: Actor, now: int) -> None:
    packed = tx.pack([(id,) for id in ids])
    tx.execute(
        "DELETE FROM serial_owner WHERE serial IN (SELECT d.serial FROM"
        f" {tx.each('$1', 'bigint')} e JOIN device d ON d.id = e.c0)",
        packed,
    )
    tx.execute(
        "UPDATE business_record SET released = 1 WHERE device_id IN"
        f" (SELECT c0 FROM {tx.each('$1', 'bigint')} e)",
        packed,
    )
    blueprint_links.drop_devices(tx, f"SELECT c0 FROM {tx.each('$1', 'bigint')} e", packed)
    tx.execute(
        "UPDATE device SET released_at = $1, released_by = $2 WHERE id IN"
        f" (SELECT c0 FROM {tx.each('$3', 'bigint')} e)",
        *(now, f"{actor.kind}:{actor.id}", packed),
    )
