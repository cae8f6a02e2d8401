"""Whose orders an organisation lets in: customer numbers of the maker, and numbers of resellers."""

import re
from dataclasses import dataclass

from pomona.registry import audit, organizations
from pomona.registry.actors import Actor
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.registry.suppliers import INSTALLATION, KINDS, SupplierKind, canonical_number
from pomona.store import Tx

TOPIC = "orders"
"""Notified when there are orders to work on."""


@dataclass(frozen=True, slots=True)
class Link:
    """`number` is the Apple Customer Number (kind APPLE, no zeros before it) or the reseller's number.

    `name` is the supplier's, empty for one that has no account here yet.
    """

    organization_id: int
    kind: SupplierKind
    number: str
    linked_at: int
    linked_by: str
    name: str

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("SUPPLIER_LINK", f"{self.kind}:{self.number}", self.name or self.number)


def canonical_customer_number(text: str) -> str:
    """An Apple Customer Number: digits, the zeros before them left off. Raises `Invalid`."""
    digits = text.strip()
    if not re.fullmatch("[0-9]{1,32}", digits) or not digits.strip("0"):
        raise Invalid(f"'{text[:40]}' is no Apple Customer Number; expected digits.", field="number")
    return digits.lstrip("0")


def canonical_linked_number(kind: str, text: str) -> str:
    """What is stored of a number that an organisation enters. Raises `Invalid`."""
    if kind not in KINDS:
        raise Invalid(f"'{kind}' is no kind of supplier; expected APPLE or RESELLER.", field="kind")
    return canonical_customer_number(text) if kind == "APPLE" else canonical_number(text)


def link(
    tx: Tx, organization_id: int, kind: SupplierKind, number: str, *, actor: Actor, now: int
) -> tuple[Link, int]:
    """Lets a supplier's devices in; gives the link and how many waiting orders begin to flow in.

    A number may be entered before the supplier has an account here. Raises `Invalid`, and `Duplicate` for a number that
    is recorded already; a customer number can only be one organisation's.
    """
    number = canonical_linked_number(kind, number)
    if kind == "APPLE":
        tx.lock(INSTALLATION)
    tx.lock(organization_id)
    if _recorded(tx, organization_id, kind, number):
        raise Duplicate(
            f"The number {number} is recorded already; each supplier is entered once.", field="number"
        )
    tx.execute(
        "INSERT INTO supplier_link (organization_id, kind, number, linked_at, linked_by) VALUES ($1, $2, $3, $4, $5)",
        *(organization_id, kind, number, now, actor.name),
    )
    made = get(tx, organization_id, kind, number)
    flowing = _let_flow(tx, organization_id, kind, number)
    audit.record(tx, organization_id, "SUPPLIER_LINKED", actor, made.subject, now=now,
                 after={"kind": kind, "number": number, "waiting_orders": flowing})  # fmt: skip
    if flowing:
        tx.notify(TOPIC)
    return made, flowing


def unlink(tx: Tx, organization_id: int, kind: SupplierKind, number: str, *, actor: Actor, now: int) -> Link:
    """Lets no new devices in from a supplier; those that are here stay. Raises `NotFound` and `Invalid`."""
    number = canonical_linked_number(kind, number)
    if kind == "APPLE":
        tx.lock(INSTALLATION)
    tx.lock(organization_id)
    ended = get(tx, organization_id, kind, number)
    tx.execute(
        "DELETE FROM supplier_link WHERE organization_id = $1 AND kind = $2 AND number = $3",
        *(organization_id, kind, number),
    )
    audit.record(tx, organization_id, "SUPPLIER_UNLINKED", actor, ended.subject, now=now,
                 before={"kind": kind, "number": number})  # fmt: skip
    return ended


def get(tx: Tx, organization_id: int, kind: str, number: str) -> Link:
    """One link by its stored number. Raises `NotFound`."""
    row = tx.row(
        f"{_SELECT} WHERE l.organization_id = $1 AND l.kind = $2 AND l.number = $3",
        organization_id,
        kind,
        number,
    )
    if row is None:
        raise NotFound("linked supplier", number)
    return Link(*row)


def find(tx: Tx, organization_id: int, text: str) -> Link:
    """A link by the number as a person writes it, of either kind. Raises `NotFound`."""
    wanted = text.strip().upper()
    row = tx.row(
        f"{_SELECT} WHERE l.organization_id = $1 AND (l.kind = 'RESELLER' AND l.number = $2"
        " OR l.kind = 'APPLE' AND l.number = $3) ORDER BY l.kind DESC",
        *(organization_id, wanted, wanted.lstrip("0")),
    )
    if row is None:
        raise NotFound("linked supplier", text)
    return Link(*row)


def of_organization(tx: Tx, organization_id: int) -> list[Link]:
    """All links of an organisation, the maker's first."""
    return [
        Link(*row)
        for row in tx.rows(
            f"{_SELECT} WHERE l.organization_id = $1 ORDER BY l.kind, l.number", organization_id
        )
    ]


def is_linked(tx: Tx, organization_id: int, kind: str, number: str) -> bool:
    """Whether an organisation lets in what comes under a (stored) number."""
    sql = "SELECT 1 FROM supplier_link WHERE organization_id = $1 AND kind = $2 AND number = $3"
    return tx.value(sql, organization_id, kind, number) is not None


def holder(tx: Tx, customer_number: str) -> int | None:
    """The organisation that linked a customer number of the maker."""
    found: int | None = tx.value(
        "SELECT organization_id FROM supplier_link WHERE kind = 'APPLE' AND number = $1", customer_number
    )
    return found


_SELECT = (
    "SELECT l.organization_id, l.kind, l.number, l.linked_at, l.linked_by, coalesce(s.name, '') FROM supplier_link l"
    " LEFT JOIN supplier s ON s.kind = l.kind AND s.kind = 'RESELLER' AND s.number = l.number"
)


def _recorded(tx: Tx, organization_id: int, kind: str, number: str) -> bool:
    if kind == "APPLE":
        return holder(tx, number) is not None
    return is_linked(tx, organization_id, kind, number)


def _let_flow(tx: Tx, organization_id: int, kind: str, number: str) -> int:
    """Marks the orders that waited for this link; a worker brings their devices in."""
    if kind == "APPLE":
        return tx.execute(
            "UPDATE purchase_order SET flow_from = '', organization_id = $1 WHERE pending > 0 AND customer = $2"
            " AND supplier_id IN (SELECT id FROM supplier WHERE kind = 'APPLE')"
            " AND (organization_id IS NULL OR organization_id = $1 OR live + returned + released = 0)",
            *(organization_id, number),
        )
    customer = organizations.get(tx, organization_id).number
    return tx.execute(
        "UPDATE purchase_order SET flow_from = '' WHERE pending > 0 AND customer = $1"
        " AND supplier_id IN (SELECT id FROM supplier WHERE kind = 'RESELLER' AND number = $2)",
        *(customer, number),
    )
