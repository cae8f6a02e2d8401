"""What covers a device: its warranty and AppleCare plans, as the organisation records them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from pomona.registry import audit, devices
from pomona.registry.actors import Actor
from pomona.registry.devices import first_number, last_number
from pomona.registry.errors import Invalid, NotFound
from pomona.store import Row, Tx

MOST = 10_000
"""Coverages that are recorded at a time."""

_YEAR = 365 * 86_400_000
_COLUMNS = (
    "device_id", "name", "plan", "payment_type", "description", "start_at", "end_at", "renewable", "canceled_at",
    "agreement_number",
)  # fmt: skip


class Plan(StrEnum):
    """What kind of coverage it is."""

    LIMITED_WARRANTY = "LIMITED_WARRANTY"
    APPLECARE_PLUS = "APPLECARE_PLUS"
    APPLECARE_BUSINESS = "APPLECARE_BUSINESS"


class Payment(StrEnum):
    """How it is paid."""

    NONE = "NONE"
    PAID_UP_FRONT = "PAID_UP_FRONT"
    SUBSCRIPTION = "SUBSCRIPTION"
    ABE_SUBSCRIPTION = "ABE_SUBSCRIPTION"


_DESCRIPTIONS = {
    Plan.LIMITED_WARRANTY: "Limited Warranty",
    Plan.APPLECARE_PLUS: "AppleCare+",
    Plan.APPLECARE_BUSINESS: "AppleCare+ for Business",
}
_PAYMENTS = {
    Plan.LIMITED_WARRANTY: (Payment.NONE,),
    Plan.APPLECARE_PLUS: (Payment.PAID_UP_FRONT, Payment.SUBSCRIPTION),
    Plan.APPLECARE_BUSINESS: (Payment.ABE_SUBSCRIPTION,),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A coverage as somebody tells it, of a canonical serial; times are milliseconds.

    `payment` and `description` have a default for each plan. A warranty ends a year after its start unless told otherwise.
    """

    serial: str
    plan: Plan
    start_at: int
    end_at: int | None = None
    agreement_number: str = ""
    payment: Payment | None = None
    renewable: bool = False
    canceled_at: int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """A coverage on record. `name` is its public id; `id` and `device_id` are internal. Times are milliseconds."""

    id: int
    device_id: int
    name: str
    plan: Plan
    payment_type: Payment
    description: str
    start_at: int
    end_at: int | None
    renewable: bool
    canceled_at: int | None
    agreement_number: str | None

    def active(self, now: int) -> bool:
        """Whether the device is covered now."""
        over = [at for at in (self.end_at, self.canceled_at) if at is not None]
        return self.start_at <= now and all(now < at for at in over)


Word = Literal["ADDED", "CHANGED", "SAME", "DEVICE_NOT_FOUND"]


class Outcome(NamedTuple):
    """What became of a coverage that was told."""

    serial: str
    name: str
    word: Word


def checked(told: Told) -> Told:
    """A coverage with everything filled in. Raises `Invalid` for what cannot be."""
    plan, payment = told.plan, told.payment or _PAYMENTS[told.plan][0]
    if payment not in _PAYMENTS[plan]:
        expected = " or ".join(_PAYMENTS[plan])
        raise Invalid(f"{_DESCRIPTIONS[plan]} is paid by {expected}, not {payment}.", field="payment")
    if plan is Plan.APPLECARE_PLUS and not told.agreement_number:
        raise Invalid("AppleCare+ has an agreement number, which names it.", field="agreement_number")
    if plan is not Plan.APPLECARE_PLUS and told.agreement_number:
        raise Invalid(f"{_DESCRIPTIONS[plan]} has no agreement number.", field="agreement_number")
    if plan is Plan.APPLECARE_BUSINESS and told.end_at is not None:
        raise Invalid(
            "AppleCare+ for Business goes on until it is cancelled; leave the end out.", field="end"
        )
    if plan is Plan.LIMITED_WARRANTY and (told.canceled_at is not None or told.renewable):
        raise Invalid("A warranty is neither renewed nor cancelled.", field="canceled")
    end_at = told.end_at
    if end_at is None and plan is Plan.LIMITED_WARRANTY:
        end_at = told.start_at + _YEAR
    if end_at is not None and end_at <= told.start_at:
        raise Invalid("The coverage ends before it starts.", field="end")
    for name, text in (("agreement_number", told.agreement_number), ("description", told.description)):
        if len(text) > 200 or not (text or "-").isprintable():
            raise Invalid(f"The {name.replace('_', ' ')} has 200 printable characters at most.", field=name)
    return Told(
        *(told.serial, plan, told.start_at, end_at, told.agreement_number, payment, told.renewable),
        *(told.canceled_at, told.description or _DESCRIPTIONS[plan]),
    )


def record(tx: Tx, organization_id: int, told: Sequence[Told], *, actor: Actor, now: int) -> list[Outcome]:
    """Keeps coverages of devices that the organisation has, in place of what was on record of the same; tells what became
    of each. Raises `Invalid` for what cannot be, and for too many."""
    if not 0 < len(told) <= MOST:
        raise Invalid(f"Give 1 to {MOST} coverages at a time; these are {len(told)}.", field="coverages")
    whole = [checked(each) for each in told]
    tx.lock(organization_id)
    numbers = owned(tx, organization_id, [each.serial for each in whole])
    on_record = {
        (each.device_id, each.name): each for each in of_devices(tx, list(dict.fromkeys(numbers.values())))
    }
    known: dict[tuple[int, str], tuple[object, ...]] = {key: _row(each) for key, each in on_record.items()}
    outcomes: list[Outcome] = []
    fresh: dict[tuple[int, str], tuple[object, ...]] = {}
    for each in whole:
        name, device = _name(each), numbers.get(each.serial)
        if device is None:
            outcomes.append(Outcome(each.serial, name, "DEVICE_NOT_FOUND"))
            continue
        row = (device, name, *_values(each))
        word: Word = (
            "SAME" if known.get((device, name)) == row else "CHANGED" if (device, name) in known else "ADDED"
        )
        if word != "SAME":
            known[device, name] = fresh[device, name] = row
            _audit(tx, organization_id, word, each.serial, name, each, actor, now)
        outcomes.append(Outcome(each.serial, name, word))
    _replace(tx, on_record, fresh)
    return outcomes


def remove(tx: Tx, organization_id: int, serial: str, name: str, *, actor: Actor, now: int) -> None:
    """Forgets a coverage by its public id. Raises `NotFound`."""
    tx.lock(organization_id)
    device = devices.get(tx, organization_id, serial)
    found = next((each for each in of_device(tx, device.id) if each.name == name), None)
    if found is None:
        raise NotFound("coverage", name)
    tx.execute("DELETE FROM apple_care_coverage WHERE id = $1", found.id)
    _audit(tx, organization_id, "REMOVED", device.serial, name, found, actor, now)


def owned(tx: Tx, organization_id: int, serials: Iterable[str]) -> dict[str, int]:
    """The numbers of those devices that the organisation has, by serial."""
    sql = (
        f"SELECT o.serial, o.device_id FROM {tx.each('$1')} e JOIN serial_owner o ON o.serial = e.v"
        " WHERE o.device_id BETWEEN $2 AND $3"
    )
    bounds = (first_number(organization_id), last_number(organization_id))
    return dict(tx.rows(sql, tx.pack(list(dict.fromkeys(serials))), *bounds))


def of_device(tx: Tx, device_id: int, *, after: int = 0, limit: int = 1_000) -> list[Coverage]:
    """What covers a device, in the order in which it was recorded; `after` is an internal id."""
    sql = f"SELECT id, {', '.join(_COLUMNS)} FROM apple_care_coverage WHERE device_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    return [_coverage(row) for row in tx.rows(sql, device_id, after, limit)]


def of_devices(tx: Tx, device_ids: Iterable[int]) -> list[Coverage]:
    """What covers any of these devices, device by device."""
    columns = ", ".join(f"c.{name}" for name in _COLUMNS)
    sql = (
        f"SELECT c.id, {columns} FROM {tx.each('$1', 'bigint')} e JOIN apple_care_coverage c ON c.device_id = e.c0"
        " ORDER BY c.device_id, c.id"
    )
    return [_coverage(row) for row in tx.rows(sql, tx.pack([(id,) for id in device_ids]))]


def _name(told: Told) -> str:
    if told.plan is Plan.APPLECARE_PLUS:
        return told.agreement_number
    return told.serial if told.plan is Plan.LIMITED_WARRANTY else f"abe-{told.serial}"


def _values(told: Told) -> tuple[object, ...]:
    assert told.payment is not None
    return (
        *(
            told.plan.value,
            told.payment.value,
            told.description,
            told.start_at,
            told.end_at,
            int(told.renewable),
        ),
        *(told.canceled_at, told.agreement_number or None),
    )


def _row(coverage: Coverage) -> tuple[object, ...]:
    return (
        *(coverage.device_id, coverage.name, coverage.plan.value, coverage.payment_type.value),
        *(coverage.description, coverage.start_at, coverage.end_at, int(coverage.renewable)),
        *(coverage.canceled_at, coverage.agreement_number),
    )


def _replace(
    tx: Tx, on_record: dict[tuple[int, str], Coverage], fresh: dict[tuple[int, str], tuple[object, ...]]
) -> None:
    old = [(on_record[key].id,) for key in fresh if key in on_record]
    if old:
        tx.execute(
            f"DELETE FROM apple_care_coverage WHERE id IN (SELECT c0 FROM {tx.each('$1', 'bigint')} e)",
            tx.pack(old),
        )
    if fresh:
        tx.insert("apple_care_coverage", _COLUMNS, fresh.values())


def _audit(
    tx: Tx,
    organization_id: int,
    word: str,
    serial: str,
    name: str,
    of: Told | Coverage,
    actor: Actor,
    now: int,
) -> None:
    """A warranty comes with the device, plans are bought."""
    bought = of.plan is not Plan.LIMITED_WARRANTY
    type = f"SUBJECT_HAS_APPLECARE_PURCHASE_{word}" if bought else f"DEVICE_WARRANTY_{word}"
    if word == "CHANGED":
        type = "DEVICE_COVERAGE_CHANGED"
    after = {"plan": of.description} | ({"subscriptionId": name} if bought else {})
    subject = audit.Subject("DEVICE", serial, serial)
    audit.record(tx, organization_id, type, actor, subject, now=now, after=after)


def _coverage(row: Row) -> Coverage:
    values = (*row[:3], Plan(row[3]), Payment(row[4]), *row[5:8], bool(row[8]), *row[9:])
    return Coverage(*values)
