"""Suppliers: the maker and its resellers, as accounts that may submit orders."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.store import Row, Tx

SupplierKind = Literal["APPLE", "RESELLER"]
KINDS: tuple[SupplierKind, ...] = ("APPLE", "RESELLER")

ACTIONS = ("ENROLL", "STATUS", "DETAILS")
"""What a ship-to number may be allowed to do: submit orders, ask for a submission's fate, ask for an order's state."""

INSTALLATION = 0
"""Stands for the installation where the audit log expects an organisation: suppliers belong to none."""

_COLUMNS = "id, kind, number, name, sold_to, active, created_at"
_NUMBER = re.compile(r"[0-9A-Z]{1,32}")


@dataclass(frozen=True, slots=True)
class ShipTo:
    """An account of a supplier that may act for it: ten digits, and which of `ACTIONS` it may do."""

    number: str
    active: bool
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Supplier:
    """`number` is what an organisation links of a reseller; the maker's orders are linked by the customer's number.

    With no ship-to numbers registered any ten-digit one is accepted. `sold_to` is the account (ten digits) that it is one
    of the numbers of; empty when nobody said.
    """

    id: int
    kind: SupplierKind
    number: str
    name: str
    sold_to: str
    active: bool
    created_at: int
    ship_tos: tuple[ShipTo, ...] = ()

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("SUPPLIER", self.number, self.name)

    def actor(self, address: str | None = None) -> Actor:
        """The supplier as the one who does something."""
        return Actor("SUPPLIER", self.number, self.name, address)


def register(
    tx: Tx,
    kind: SupplierKind,
    number: str,
    name: str = "",
    *,
    ship_to: Sequence[str] = (),
    sold_to: str = "",
    actor: Actor,
    now: int,
) -> Supplier:
    """Makes an account for a supplier.

    Raises `Invalid` for a kind, number (1 to 32 letters and digits), ship-to or sold-to number (up to ten digits) that
    cannot be, `Duplicate` for a number that is registered.
    """
    if kind not in KINDS:
        raise Invalid(f"'{kind}' is no kind of supplier; expected APPLE or RESELLER.", field="kind")
    number = canonical_number(number)
    name = name.strip() or number
    if len(name) > 200:
        raise Invalid("A supplier's name has at most 200 characters.", field="name")
    tx.lock(INSTALLATION)
    if tx.value("SELECT id FROM supplier WHERE kind = $1 AND number = $2", kind, number):
        raise Duplicate(
            f"The supplier {number} is registered already; choose another number.", field="number"
        )
    id = int(
        tx.value(
            "INSERT INTO supplier (kind, number, name, sold_to, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
            *(kind, number, name, canonical_sold_to(sold_to) if sold_to else "", now),
        )
    )
    for each in ship_to:
        set_ship_to(tx, id, each)
    supplier = get(tx, id)
    audit.record(tx, INSTALLATION, "SUPPLIER_REGISTERED", actor, supplier.subject, now=now,
                 after={"kind": kind, "ship_to": [each.number for each in supplier.ship_tos]})  # fmt: skip
    return supplier


def canonical_number(text: str) -> str:
    """A supplier's number as it is stored: upper case, no blanks around it. Raises `Invalid`."""
    number = text.strip().upper()
    # The capital of an ß is SS: what is no number must not turn into somebody's.
    if not (text.isascii() and _NUMBER.fullmatch(number)):
        raise Invalid(
            f"'{text[:40]}' is no supplier's number; expected 1 to 32 letters and digits.", field="number"
        )
    return number


def canonical_ship_to(text: str) -> str:
    """A ship-to number with the zeros before it that make it ten digits. Raises `Invalid`."""
    digits = text.strip()
    if not re.fullmatch("[0-9]{1,10}", digits):
        raise Invalid(f"'{text[:40]}' is no ship-to number; expected up to ten digits.", field="ship_to")
    return digits.zfill(10)


def canonical_sold_to(text: str) -> str:
    """A sold-to number with the zeros before it that make it ten digits. Raises `Invalid`."""
    digits = text.strip()
    if not re.fullmatch("[0-9]{1,10}", digits) or not digits.strip("0"):
        raise Invalid(f"'{text[:40]}' is no sold-to number; expected up to ten digits.", field="sold_to")
    return digits.zfill(10)


def set_ship_to(
    tx: Tx, supplier_id: int, number: str, *, active: bool = True, actions: Sequence[str] = ACTIONS
) -> None:
    """Registers a ship-to number of a supplier, or changes what it may do. Raises `Invalid`."""
    number = canonical_ship_to(number)
    unknown = [action for action in actions if action not in ACTIONS]
    if unknown:
        raise Invalid(f"'{unknown[0]}' is no action; expected {', '.join(ACTIONS)}.", field="actions")
    tx.execute(
        "INSERT INTO supplier_ship_to (supplier_id, ship_to, active, actions) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (supplier_id, ship_to) DO UPDATE SET active = excluded.active, actions = excluded.actions",
        *(supplier_id, number, int(active), " ".join(actions)),
    )


def change_ship_to(
    tx: Tx,
    supplier: Supplier,
    number: str,
    *,
    active: bool = True,
    actions: Sequence[str] = ACTIONS,
    actor: Actor,
    now: int,
) -> Supplier:
    """`set_ship_to` by somebody, which the audit log tells. Raises `Invalid`."""
    set_ship_to(tx, supplier.id, number, active=active, actions=actions)
    audit.record(tx, INSTALLATION, "SUPPLIER_CHANGED", actor, supplier.subject, now=now,
                 after={"ship_to": canonical_ship_to(number), "active": active, "actions": list(actions)})  # fmt: skip
    return get(tx, supplier.id)


def set_active(tx: Tx, supplier: Supplier, active: bool, *, actor: Actor, now: int) -> Supplier:
    """Whether the supplier may submit. What it submitted stays, and is finished."""
    tx.execute("UPDATE supplier SET active = $1 WHERE id = $2", int(active), supplier.id)
    type = "SUPPLIER_ACTIVATED" if active else "SUPPLIER_DEACTIVATED"
    audit.record(tx, INSTALLATION, type, actor, supplier.subject, now=now)
    return get(tx, supplier.id)


def set_sold_to(tx: Tx, supplier: Supplier, sold_to: str, *, actor: Actor, now: int) -> Supplier:
    """Which account the supplier's number is one of; empty for none. Raises `Invalid`.

    A certificate of that account is good for the supplier from now on, and one of the account before is not.
    """
    sold_to = canonical_sold_to(sold_to) if sold_to else ""
    tx.execute("UPDATE supplier SET sold_to = $1 WHERE id = $2", sold_to, supplier.id)
    audit.record(tx, INSTALLATION, "SUPPLIER_CHANGED", actor, supplier.subject, now=now,
                 before={"sold_to": supplier.sold_to}, after={"sold_to": sold_to})  # fmt: skip
    return get(tx, supplier.id)


def get(tx: Tx, id: int) -> Supplier:
    """By internal id. Raises `NotFound`."""
    found = of_ids(tx, [id])
    if not found:
        raise NotFound("supplier", id)
    return found[0]


def find(tx: Tx, text: str) -> Supplier:
    """By number; the reseller where the maker's account has the same one. Raises `NotFound`."""
    sql = "SELECT id FROM supplier WHERE number = $1 ORDER BY kind DESC"
    id = tx.value(sql, text.strip().upper())
    if id is None:
        raise NotFound("supplier", text)
    return get(tx, id)


def of_ids(tx: Tx, ids: Sequence[int]) -> list[Supplier]:
    """Many by internal id, with their ship-to numbers, in the order of their ids."""
    return _with_ship_tos(
        tx,
        tx.rows(
            f"SELECT {_COLUMNS} FROM supplier WHERE id IN (SELECT c0 FROM {tx.each('$1', 'bigint')} e) ORDER BY id",
            tx.pack([(id,) for id in ids]),
        ),
    )


def all_of_them(tx: Tx, *, after: int = 0, limit: int = 1000) -> list[Supplier]:
    """Suppliers by internal id, a page at a time."""
    return _with_ship_tos(
        tx,
        tx.rows(f"SELECT {_COLUMNS} FROM supplier WHERE id > $1 ORDER BY id LIMIT $2", after, limit),
    )


def _with_ship_tos(tx: Tx, rows: list[Row]) -> list[Supplier]:
    ship_tos: dict[int, list[ShipTo]] = {}
    found = tx.rows(
        "SELECT s.supplier_id, s.ship_to, s.active, s.actions FROM supplier_ship_to s"
        f" JOIN {tx.each('$1', 'bigint')} e ON e.c0 = s.supplier_id ORDER BY s.supplier_id, s.ship_to",
        tx.pack([(row[0],) for row in rows]),
    )
    for id, number, active, actions in found:
        ship_tos.setdefault(id, []).append(ShipTo(number, bool(active), tuple(actions.split())))
    return [
        Supplier(id, kind, number, name, sold_to, bool(active), created_at, tuple(ship_tos.get(id, ())))
        for id, kind, number, name, sold_to, active, created_at in rows
    ]
