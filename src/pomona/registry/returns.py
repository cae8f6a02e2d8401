"""Devices go back to their supplier, and a return that is voided brings them back again."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pomona.registry import claim_lines
from pomona.registry.claim_lines import Circumstances, Refusal, Wanted
from pomona.registry.devices import organization_of
from pomona.registry.order_problems import Problem
from pomona.registry.orders import ClaimState, Order
from pomona.store import Tx


class _Holding(NamedTuple):
    """A claim on a serial that is to be returned, live or waiting."""

    order_id: int
    state: ClaimState
    device_id: int | None
    supplier_id: int
    customer: str
    ordered_at: int
    organization_id: int | None


@dataclass(slots=True)
class Returnable:
    """What a return can take: which claims by serial, and what it cannot."""

    taken: dict[str, list[_Holding]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    refused: dict[str, Refusal] = field(default_factory=dict)

    @property
    def device_ids(self) -> list[int]:
        """Devices that would leave."""
        return [each.device_id for held in self.taken.values() for each in held if each.device_id is not None]

    @property
    def organization_ids(self) -> set[int]:
        """Organisations that the devices are in, or would come to."""
        held = [each for holdings in self.taken.values() for each in holdings]
        owners = {organization_of(each.device_id) for each in held if each.device_id is not None}
        return owners | {each.organization_id for each in held if each.organization_id is not None}

    @property
    def latest_order(self) -> tuple[int, int] | None:
        """Date and internal id of the latest order that something would be taken from."""
        return max(
            ((each.ordered_at, each.order_id) for held in self.taken.values() for each in held), default=None
        )


def examine(tx: Tx, ret: Order, serials: Sequence[str]) -> Returnable:
    """Looks up what a return may take: devices that its supplier's orders for the same customer hold or wait with."""
    holdings = _holdings(tx, ret, serials)
    found = Returnable(done=_taken_already(tx, ret, serials))
    for serial in serials:
        if serial in found.done:
            continue
        held = holdings.get(serial, [])
        own = [each for each in held if each.supplier_id == ret.supplier_id]
        right = [each for each in own if each.customer == ret.customer]
        if right:
            found.taken[serial] = right
        elif own:
            found.refused[serial] = Refusal(Problem.ANOTHER_CUSTOMER)
        else:
            found.refused[serial] = Refusal(Problem.ANOTHER_SUPPLIER if held else Problem.NOT_LOCATED)
    return found


def _holdings(tx: Tx, ret: Order, serials: Sequence[str]) -> dict[str, list[_Holding]]:
    # Two queries, because each state has an index of its own.
    columns = (
        "e.v, c.order_id, c.state, c.device_id, o.supplier_id, o.customer, o.ordered_at, o.organization_id"
    )
    packed = tx.pack(serials)
    rows = tx.rows(
        f"SELECT {columns} FROM {tx.each('$1')} e JOIN claim c ON c.serial = e.v AND c.state = 1"
        " JOIN purchase_order o ON o.id = c.order_id",
        packed,
    ) + tx.rows(
        f"SELECT {columns} FROM {tx.each('$1')} e JOIN claim c ON c.serial = e.v AND c.state <> 1 AND c.state = 0"
        " JOIN purchase_order o ON o.id = c.order_id AND o.supplier_id = $2",
        *(packed, ret.supplier_id),
    )
    found: dict[str, list[_Holding]] = {}
    for serial, order_id, state, *rest in rows:
        found.setdefault(serial, []).append(_Holding(order_id, ClaimState(state), *rest))
    return found


def _taken_already(tx: Tx, ret: Order, serials: Sequence[str]) -> set[str]:
    rows = tx.rows(
        f"SELECT c.serial FROM {tx.each('$1')} e JOIN claim c ON c.order_id = $2 AND c.serial = e.v"
        f" AND c.state = {ClaimState.TAKEN_BACK:d}",
        *(tx.pack(serials), ret.id),
    )
    return {row[0] for row in rows}


def take(tx: Tx, ret: Order, wanted: Mapping[str, Wanted], found: Returnable, work: Circumstances) -> None:
    """Takes the devices out of their organisations, whose locks the caller holds, and remembers by which return."""
    pairs = [(each.order_id, serial) for serial, held in found.taken.items() for each in held]
    tx.execute(
        f"UPDATE claim SET state = {ClaimState.RETURNED:d}, returned_by = $1"
        f" FROM {tx.each('$2', 'bigint', 'text')} e WHERE claim.order_id = e.c0 AND claim.serial = e.c1",
        *(ret.id, tx.pack(pairs)),
    )
    changes: dict[int, Counter[ClaimState]] = {}
    for held in found.taken.values():
        for each in held:
            change = changes.setdefault(each.order_id, Counter())
            change[ClaimState.RETURNED] += 1
            change[each.state] -= 1
    for order_id in sorted(changes):
        claim_lines.count(tx, order_id, changes[order_id])
    claim_lines.depart(tx, ret, found.device_ids, work)
    states = dict.fromkeys(found.taken, ClaimState.TAKEN_BACK) | dict.fromkeys(
        found.refused, ClaimState.REFUSED
    )
    claim_lines.write(tx, ret, wanted, _own_states(tx, ret, states), states, refusals=found.refused)


def _own_states(tx: Tx, ret: Order, serials: Iterable[str]) -> dict[str, ClaimState | None]:
    rows = tx.rows(
        f"SELECT c.serial, c.state FROM {tx.each('$1')} e JOIN claim c ON c.order_id = $2 AND c.serial = e.v",
        *(tx.pack(list(serials)), ret.id),
    )
    return {serial: ClaimState(state) for serial, state in rows}


class Returned(NamedTuple):
    """A line of an order that a return took, and the delivery of the return that named it."""

    order_id: int
    wanted: Wanted
    return_delivery: str


def lines_of(tx: Tx, ret: Order, *, after: str, limit: int) -> list[str]:
    """The next serials that a return took back."""
    rows = tx.rows(
        f"SELECT serial FROM claim WHERE order_id = $1 AND serial > $2 AND state = {ClaimState.TAKEN_BACK:d}"
        " ORDER BY serial LIMIT $3",
        *(ret.id, after, limit),
    )
    return [row[0] for row in rows]


def taken_by(tx: Tx, ret: Order, serials: Sequence[str]) -> list[Returned]:
    """The lines that a return took, by the order they are of."""
    rows = tx.rows(
        "SELECT c.order_id, c.serial, c.delivery, c.shipped_at, c.asset_tag, c.product, c.submission_id, r.delivery"
        f" FROM {tx.each('$1')} e JOIN claim c ON c.serial = e.v AND c.state <> 1"
        f" AND c.state = {ClaimState.RETURNED:d} AND c.returned_by = $2"
        " JOIN claim r ON r.order_id = $2 AND r.serial = c.serial ORDER BY c.order_id, c.serial",
        *(tx.pack(serials), ret.id),
    )
    return [Returned(row[0], Wanted(*row[1:7]), row[7]) for row in rows]


def close(tx: Tx, ret: Order, serials: Sequence[str]) -> None:
    """Marks lines of a return as voided."""
    claim_lines.change(tx, ret, dict.fromkeys(serials, ClaimState.TAKEN_BACK), ClaimState.VOIDED)
