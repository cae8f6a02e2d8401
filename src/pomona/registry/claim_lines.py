"""The lines of an order: written over what stood there, counted, and what a device's coming and going leaves behind."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pomona.registry import audit, departures
from pomona.registry.actors import Actor
from pomona.registry.devices import organization_of
from pomona.registry.order_problems import Problem
from pomona.registry.orders import COUNTED, ClaimState, Order
from pomona.store import Tx

_COLUMNS = ("order_id", "serial", "delivery", "shipped_at", "asset_tag", "product", "device_id", "state", "problem",
            "submission_id")  # fmt: skip


class Wanted(NamedTuple):
    """A device that an order is to hold, and the submission that says so."""

    serial: str
    delivery: str
    shipped_at: int
    asset_tag: str
    product: str
    submission_id: int


class Refusal(NamedTuple):
    """Why a device was not taken. `detail` says more where the problem's sentence is not enough."""

    problem: Problem
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for a whole step: who does it and when, and whether serials must be in the catalogue."""

    actor: Actor
    now: int
    strict: bool = False


def write(
    tx: Tx,
    order: Order,
    wanted: Mapping[str, Wanted],
    before: Mapping[str, ClaimState | None],
    states: Mapping[str, ClaimState],
    *,
    devices: Mapping[str, int] | None = None,
    refusals: Mapping[str, Refusal] | None = None,
) -> None:
    """Writes the lines of `states` over those that the order has, and moves the order's counts.

    `before` tells the state of each line that is there; `devices` are the device numbers of LIVE lines, `refusals` the
    reasons of REFUSED ones.
    """
    if not states:
        return
    replaced = [serial for serial in states if before.get(serial) is not None]
    if replaced:
        tx.execute(
            f"DELETE FROM claim WHERE order_id = $1 AND serial IN (SELECT v FROM {tx.each('$2')} e)",
            *(order.id, tx.pack(replaced)),
        )
    devices, refusals = devices or {}, refusals or {}
    rows = []
    for serial in sorted(states):
        _, delivery, shipped_at, asset_tag, product, submission_id = wanted[serial]
        problem = refusals[serial].problem.value if serial in refusals else None
        rows.append((order.id, serial, delivery, shipped_at, asset_tag, product, devices.get(serial),
                     int(states[serial]), problem, submission_id))  # fmt: skip
    tx.insert("claim", _COLUMNS, rows)
    changes = Counter(states.values())
    changes.subtract(state for serial in replaced if (state := before[serial]) is not None)
    count(tx, order.id, changes)


def change(tx: Tx, order: Order, before: Mapping[str, ClaimState], to: ClaimState) -> None:
    """Puts lines that are there into another state, and moves the order's counts."""
    tx.execute(
        f"UPDATE claim SET state = $1 WHERE order_id = $2 AND serial IN (SELECT v FROM {tx.each('$3')} e)",
        *(int(to), order.id, tx.pack(list(before))),
    )
    changes = Counter([to] * len(before))
    changes.subtract(before.values())
    count(tx, order.id, changes)


def count(tx: Tx, order_id: int, changes: Mapping[ClaimState, int]) -> None:
    """Adds to an order's counts of lines by state."""
    totals: Counter[str] = Counter()
    for state, number in changes.items():
        if state in COUNTED:
            totals[COUNTED[state]] += number
    moved = {column: number for column, number in totals.items() if number}
    if moved:
        sets = ", ".join(f"{column} = {column} + ${n}" for n, column in enumerate(moved, 1))
        tx.execute(
            f"UPDATE purchase_order SET {sets} WHERE id = ${len(moved) + 1}", *moved.values(), order_id
        )


def depart(tx: Tx, order: Order, device_ids: Iterable[int], work: Circumstances) -> None:
    """Takes devices out of their organisations, whose locks the caller holds."""
    by_organization: dict[int, list[int]] = {}
    for id in device_ids:
        by_organization.setdefault(organization_of(id), []).append(id)
    for organization_id, ids in sorted(by_organization.items()):
        departures.leave(tx, ids, actor=work.actor, now=work.now)
        record(tx, organization_id, "DEVICE_REMOVED_FROM_ORG", order, ids, work)


def record(
    tx: Tx, organization_id: int, type: str, order: Order, devices: Collection[int], work: Circumstances
) -> None:
    """Tells the organisation's audit log which devices (numbers) an order brought or took; nothing for none."""
    if devices:
        audit.record(
            tx,
            organization_id,
            type,
            work.actor,
            audit.Subject("ORDER", f"{order.supplier_number}:{order.number}", order.number),
            now=work.now,
            after={"devices": len(devices), "order_type": order.type, "supplier_kind": order.supplier_kind},
            devices=devices,
        )
