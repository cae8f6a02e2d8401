"""Which order holds which serial: claiming devices for an order.

A live claim is the one reason why a supplier's device is in an organisation. Everything happens by the chunk: a few
statements for thousands of devices.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pomona.registry import arrivals, claim_lines, corrections, device_facts, organizations
from pomona.registry.arrivals import Arrival, Origin, Outcome
from pomona.registry.claim_lines import Circumstances, Refusal, Wanted
from pomona.registry.device_facts import Unmade
from pomona.registry.devices import organization_of
from pomona.registry.order_problems import Problem
from pomona.registry.orders import ClaimState, Order
from pomona.store import Tx

_REPLACEABLE = frozenset(
    {None, ClaimState.PENDING, ClaimState.REFUSED, ClaimState.VOIDED, ClaimState.OVERRIDDEN}
)
"""States of a line (None: there is none) over which a refusal may be written: nothing that happened is lost by it."""


class _Standing(NamedTuple):
    """Who holds a serial (a live claim's order), and how the order's own line of it is."""

    order_id: int | None = None
    supplier_id: int | None = None
    customer: str | None = None
    device_id: int | None = None
    own: ClaimState | None = None


_NOBODY = _Standing()


def claim(
    tx: Tx,
    order: Order,
    organization_id: int | None,
    wanted: Mapping[str, Wanted],
    work: Circumstances,
    *,
    overriding: bool = False,
    redated: bool = False,
    restoring: bool = False,
) -> dict[str, Refusal]:
    """Claims devices (by canonical serial) for an order; gives those that were refused, which the order's lines tell too.

    `organization_id` is where they go, locked by the caller; None lets them wait for a link without holding a serial.
    A device that the order holds already stays as it is; with `overriding` it is moved to the order's organisation if
    that changed, or else corrected. `restoring` undoes a return.
    """
    standing = _standing(tx, order.id, wanted)
    refused: dict[str, Refusal] = {}
    new: dict[str, ClaimState | None] = {}
    kept: dict[str, int] = {}
    for serial in wanted:
        found = standing.get(serial, _NOBODY)
        if found.order_id == order.id:
            assert found.device_id is not None
            kept[serial] = found.device_id
        elif organization_id is None:
            if found.own is not ClaimState.PENDING or overriding:
                new[serial] = found.own
        elif found.order_id is not None:
            refused[serial] = Refusal(_conflict(order, found))
        else:
            new[serial] = found.own
    if overriding and kept:
        new |= _override(tx, order, wanted, kept, work, redated=redated)
    states = dict.fromkeys(new, ClaimState.PENDING)
    devices: dict[str, int] = {}
    if organization_id is not None and new:
        devices = _bring(tx, order, organization_id, [wanted[serial] for serial in new], work, refused)
        states = {serial: ClaimState.LIVE for serial in new if serial in devices}
    claim_lines.write(tx, order, wanted, new, states, devices=devices)
    own = {serial: new.get(serial, standing.get(serial, _NOBODY).own) for serial in refused}
    over = {serial: was for serial, was in own.items() if restoring or serial in new or was in _REPLACEABLE}
    claim_lines.write(tx, order, wanted, over, dict.fromkeys(over, ClaimState.REFUSED), refusals=refused)
    return refused


def organizations_of(tx: Tx, order: Order, serials: Iterable[str]) -> set[int]:
    """The organisations in which an order's devices of these serials are now."""
    rows = tx.rows(
        f"SELECT c.device_id FROM {tx.each('$1')} e JOIN claim c ON c.order_id = $2 AND c.serial = e.v AND c.state = 1",
        *(tx.pack(list(serials)), order.id),
    )
    return {organization_of(id) for (id,) in rows if id is not None}


def _standing(tx: Tx, own_order_id: int, serials: Iterable[str]) -> dict[str, _Standing]:
    rows = tx.rows(
        "SELECT e.v, l.order_id, o.supplier_id, o.customer, l.device_id, w.state"
        f" FROM {tx.each('$1')} e LEFT JOIN claim l ON l.serial = e.v AND l.state = 1"
        " LEFT JOIN purchase_order o ON o.id = l.order_id LEFT JOIN claim w ON w.order_id = $2 AND w.serial = e.v"
        " WHERE l.order_id IS NOT NULL OR w.state IS NOT NULL",
        *(tx.pack(list(serials)), own_order_id),
    )
    return {
        serial: _Standing(
            order_id, supplier_id, customer, device_id, None if own is None else ClaimState(own)
        )
        for serial, order_id, supplier_id, customer, device_id, own in rows
    }


def _conflict(order: Order, found: _Standing) -> Problem:
    if found.supplier_id != order.supplier_id:
        return Problem.ANOTHER_SUPPLIER
    return Problem.IN_ANOTHER_ORDER if found.customer == order.customer else Problem.ANOTHER_CUSTOMER


def _override(
    tx: Tx,
    order: Order,
    wanted: Mapping[str, Wanted],
    kept: dict[str, int],
    work: Circumstances,
    *,
    redated: bool,
) -> dict[str, ClaimState | None]:
    """Corrects the devices that stay where they are; takes out, and gives, those whose organisation changed."""
    moving = {serial: id for serial, id in kept.items() if organization_of(id) != order.organization_id}
    staying = {serial: id for serial, id in kept.items() if serial not in moving}
    if moving:
        claim_lines.depart(tx, order, _brought(tx, order, moving.values()), work)
    corrections.correct(
        tx,
        order,
        {id: wanted[serial].asset_tag for serial, id in staying.items()},
        redated=redated,
        now=work.now,
    )
    _correct_lines(tx, order, [wanted[serial] for serial in staying])
    return dict.fromkeys(moving, ClaimState.LIVE)


def _correct_lines(tx: Tx, order: Order, lines: list[Wanted]) -> None:
    rows = [
        (line.serial, line.delivery, line.shipped_at, line.asset_tag, line.submission_id) for line in lines
    ]
    tx.execute(
        "UPDATE claim SET delivery = e.c1, shipped_at = e.c2, asset_tag = e.c3, submission_id = e.c4"
        f" FROM {tx.each('$1', 'text', 'text', 'bigint', 'text', 'bigint')} e"
        " WHERE claim.order_id = $2 AND claim.serial = e.c0",
        *(tx.pack(rows), order.id),
    )


def _brought(tx: Tx, order: Order, device_ids: Iterable[int]) -> list[int]:
    """Those that came by the order; one that was added by hand before stays where it is."""
    rows = tx.rows(
        f"SELECT d.id FROM {tx.each('$1', 'bigint')} e JOIN device d ON d.id = e.c0 AND d.order_id = $2",
        *(tx.pack([(id,) for id in device_ids]), order.id),
    )
    return [row[0] for row in rows]


def _bring(
    tx: Tx,
    order: Order,
    organization_id: int,
    lines: list[Wanted],
    work: Circumstances,
    refused: dict[str, Refusal],
) -> dict[str, int]:
    """Adds devices to the organisation; gives their numbers, and puts those it cannot have into `refused`."""
    facts = device_facts.facts_of(tx, {line.serial: line.product for line in lines}, strict=work.strict)
    coming = []
    for line in lines:
        made = facts[line.serial]
        if isinstance(made, Unmade):
            refused[line.serial] = Refusal(*made)
        else:
            coming.append(Arrival(made, line.asset_tag))
    outcomes = _arrive(tx, order, organization_id, coming, work.now)
    refused.update(
        (serial, Refusal(Problem.ANOTHER_CUSTOMER))
        for serial, outcome in outcomes.items()
        if outcome.owner != organization_id
    )
    added = [outcome.device_id for outcome in outcomes.values() if outcome.added]
    claim_lines.record(tx, organization_id, "DEVICE_ADDED_TO_ORG", order, added, work)
    return {
        serial: outcome.device_id for serial, outcome in outcomes.items() if outcome.owner == organization_id
    }


def _arrive(
    tx: Tx, order: Order, organization_id: int, coming: list[Arrival], now: int
) -> dict[str, Outcome]:
    if not coming:
        return {}
    organization = organizations.get(tx, organization_id)
    maker = order.supplier_kind == "APPLE"
    origin = Origin(
        organization_id,
        "APPLE" if maker else "RESELLER",
        order.customer if maker else order.supplier_number,
        order.id,
        order.number,
        order.ordered_at,
    )
    return arrivals.arrive(tx, origin, coming, now=now, assigned_by=organization.email or organization.name)
