"""An order lets go of its devices: voided, or left out by an override."""

from collections.abc import Sequence
from typing import NamedTuple

from pomona.registry import claim_lines
from pomona.registry.claim_lines import Circumstances
from pomona.registry.devices import organization_of
from pomona.registry.orders import ClaimState, Order
from pomona.store import Tx

_HELD = ", ".join(
    str(int(state))
    for state in (ClaimState.PENDING, ClaimState.LIVE, ClaimState.RELEASED, ClaimState.REFUSED)
)


class HeldLine(NamedTuple):
    """A line that an order still holds in some way. `brought`: its device came by this order."""

    serial: str
    state: ClaimState
    device_id: int | None
    brought: bool


def held(tx: Tx, order: Order, *, after: str, spared: int, limit: int) -> list[HeldLine]:
    """The next held lines by serial, but those that the submission `spared` said."""
    rows = tx.rows(
        "SELECT c.serial, c.state, c.device_id, d.order_id FROM claim c LEFT JOIN device d ON d.id = c.device_id"
        f" WHERE c.order_id = $1 AND c.serial > $2 AND c.state IN ({_HELD}) AND c.submission_id <> $3"
        " ORDER BY c.serial LIMIT $4",
        *(order.id, after, spared, limit),
    )
    return [
        HeldLine(serial, ClaimState(state), id, came_by == order.id) for serial, state, id, came_by in rows
    ]


def organizations_of(order: Order, lines: Sequence[HeldLine]) -> set[int]:
    """Organisations that the lines' devices are in, or would come to."""
    owners = {organization_of(line.device_id) for line in lines if line.device_id is not None}
    return owners if order.organization_id is None else owners | {order.organization_id}


def let_go(tx: Tx, order: Order, lines: Sequence[HeldLine], to: ClaimState, work: Circumstances) -> None:
    """Makes lines VOIDED or OVERRIDDEN. Devices that came by the order leave; one that was added by hand stays."""
    leaving = [
        line.device_id
        for line in lines
        if line.state is ClaimState.LIVE and line.brought and line.device_id is not None
    ]
    claim_lines.depart(tx, order, leaving, work)
    claim_lines.change(tx, order, {line.serial: line.state for line in lines}, to)


def keep(tx: Tx, order: Order, serials: Sequence[str], submission_id: int) -> None:
    """Holds on to lines whose correction was refused, so that an override does not take them for left out."""
    tx.execute(
        f"UPDATE claim SET submission_id = $1 WHERE order_id = $2 AND serial IN (SELECT v FROM {tx.each('$3')} e)",
        *(submission_id, order.id, tx.pack(list(serials))),
    )
