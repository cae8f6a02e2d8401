"""Devices arrive: from a supplier's order or added by hand. Enrolment never brings one."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

import msgspec

from pomona.catalogue.facts import Facts
from pomona.catalogue.kinds import Kind
from pomona.catalogue.products import Product
from pomona.registry import (
    arrival_matching,
    built_in_profile,
    device_numbers,
    device_records,
    operations,
    services,
)
from pomona.registry.assignments import own_profile
from pomona.registry.devices import Source, first_number, organization_of
from pomona.store import Tx
from pomona.store.projections import DeviceRow, ProductRow

_json = msgspec.json.Encoder().encode

_DEVICE = (
    "id", "serial", "kind", "product_id", "source", "source_id", "order_id", "asset_tag", "identifiers", "inferred",
    "added_at",
)  # fmt: skip
_STATE = ("device_id", "service_id", "assigned_at", "assigned_by", "profile_id", "profile_status",
          "profile_assigned_at", "operated_at", "updated_at", "da", "ba")  # fmt: skip


class Arrival(NamedTuple):
    """One device to add: what it is, and the tag its buyer gave it."""

    facts: Facts
    asset_tag: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a batch of devices comes from.

    `source_id` is the Apple Customer Number or reseller number; `order_*` are of the purchase order, where there is
    one. `replacement` marks units that stand in for repaired ones.
    """

    organization_id: int
    source: Source
    source_id: str
    order_id: int | None = None
    order_number: str = ""
    ordered_at: int | None = None
    replacement: bool = False


class Target(Enum):
    """Where devices go that are not sent to a service by name."""

    DEFAULT = "default"
    NONE = "none"


class Outcome(NamedTuple):
    """What became of a serial. `added` False means that it has an owner already: organisation `owner`."""

    device_id: int
    owner: int
    added: bool


def arrive(
    tx: Tx,
    origin: Origin,
    arrivals: Sequence[Arrival],
    *,
    now: int,
    target: Target | int = Target.DEFAULT,
    assigned_by: str = "",
) -> dict[str, Outcome]:
    """Adds the devices that have no owner and puts each on its service; gives every serial's outcome.

    Serials are canonical and distinct within the batch. `target` is a service's internal id, none, or what the rules say
    and else the default service of each kind. Each service that gains devices is told in its log.
    """
    tx.lock(origin.organization_id)
    outcomes = _owned(tx, [arrival.facts.serial for arrival in arrivals])
    new = [arrival for arrival in arrivals if arrival.facts.serial not in outcomes]
    if not new:
        return outcomes
    last = int(
        tx.value(
            "UPDATE organization SET last_device = last_device + $1 WHERE id = $2 RETURNING last_device",
            *(len(new), origin.organization_id),
        )
    )
    first = first_number(origin.organization_id) + last - len(new) + 1
    _insert_devices(tx, origin, new, first, now)
    _place(tx, origin, new, first, now, target, assigned_by)
    for n, arrival in enumerate(new):
        outcomes[arrival.facts.serial] = Outcome(first + n, origin.organization_id, True)
    return outcomes


def _owned(tx: Tx, serials: list[str]) -> dict[str, Outcome]:
    rows = tx.rows(
        f"SELECT o.serial, o.device_id FROM {tx.each('$1')} e JOIN serial_owner o ON o.serial = e.v",
        tx.pack(serials),
    )
    return {serial: Outcome(id, organization_of(id), False) for serial, id in rows}


def _insert_devices(tx: Tx, origin: Origin, new: list[Arrival], first: int, now: int) -> None:
    products = known_products(tx, [arrival.facts.product for arrival in new])
    rows, owners, identifiers, records, attributes = [], [], [], [], []
    projections = tx.projections
    source, source_id, order_id = origin.source, origin.source_id, origin.order_id
    order_number, replacement = origin.order_number, origin.replacement
    ordered_at = now if origin.ordered_at is None else origin.ordered_at
    for id, (facts, asset_tag) in enumerate(new, first):
        # Facts are taken apart once, and nothing is called by name: this runs for each device that arrives.
        serial, made, imei, meid, eid, wifi, bluetooth, ethernet, inferred = facts
        product = products[made.part_number]
        row = DeviceRow(
            serial, imei, meid, eid, wifi, bluetooth, ethernet, asset_tag, source, source_id, order_number, ordered_at,
            now, replacement,
        )  # fmt: skip
        rows.append((
            id, serial, product.kind, product.id, source, source_id, order_id, asset_tag,
            _json((imei, meid, eid, wifi, bluetooth, ethernet)).decode(), int(inferred), now,
        ))  # fmt: skip
        tag, base, ready, attribute_run = device_records.encode(projections, row, product.da_v7, product.ba)
        records.append((id, tag, base, ready))
        attributes.append((id, serial, attribute_run))
        owners.append((serial, id))
        if imei or meid:
            identifiers += [(number, id) for number in device_numbers.numbers(imei, meid)]
    tx.insert("device", _DEVICE, rows)
    tx.insert("assignment_record", ("device_id", "tag", "base", "facts"), records)
    tx.insert("business_record", ("device_id", "serial", "attributes"), attributes)
    tx.insert("serial_owner", ("serial", "device_id"), sorted(owners))
    tx.insert("device_identifier", ("value", "device_id"), sorted(identifiers))


def _place(
    tx: Tx,
    origin: Origin,
    new: list[Arrival],
    first: int,
    now: int,
    target: Target | int,
    assigned_by: str,
) -> None:
    business = tx.projections.business
    state = {True: business.state(now, True), False: business.state(now, False)}
    service_of = _services(tx, origin, new, target)
    given = {
        id: own_profile(tx, built_in_profile.of(tx, id), assigned_by, now)
        for id in sorted(set(service_of.values()))
    }
    earliest = _earliest(tx, [arrival.facts.serial for arrival in new], now)
    rows: list[tuple[object, ...]] = []
    gained: dict[int, list[tuple[int, int]]] = {}
    for id, arrival in enumerate(new, first):
        service = service_of.get(arrival.facts.product.product_type)
        if service is None:
            rows.append((id, None, None, None, None, 0, None, 0, now, "", state[False]))
        else:
            profile, run = given[service]
            at = earliest.get(arrival.facts.serial, now)
            rows.append((id, service, now, assigned_by, *profile, at, now, run, state[True]))
            gained.setdefault(service, []).append((id, at))
    tx.insert("device_state", _STATE, rows)
    for service in sorted(gained):
        operations.append(tx, service, gained[service], operations.Op.ADDED)


def _earliest(tx: Tx, serials: list[str], now: int) -> dict[str, int]:
    """When the next operation of a serial that left a moment ago may be: consumers tell by whole seconds which came later."""
    rows = tx.rows(
        f"SELECT d.serial, max(s.operated_at) FROM {tx.each('$1')} e JOIN device d ON d.serial = e.v"
        " AND d.released_at IS NOT NULL JOIN device_state s ON s.device_id = d.id AND s.operated_at > $2"
        " GROUP BY d.serial",
        *(tx.pack(serials), now - 1_000),
    )
    return {serial: last + 1_000 for serial, last in rows}


def _services(tx: Tx, origin: Origin, new: list[Arrival], target: Target | int) -> dict[str, int]:
    """The service that each product type goes to: what the rules say, else its kind's default. Types that go nowhere are
    left out."""
    kinds = {arrival.facts.product.product_type: arrival.facts.product.kind for arrival in new}
    by_kind = _targets(tx, origin.organization_id, target)
    services_of = {type: by_kind[kind] for type, kind in kinds.items() if kind in by_kind}
    if target is not Target.DEFAULT:
        return services_of
    coming = (origin.source, origin.source_id, origin.order_number)
    rules = arrival_matching.matcher(tx, origin.organization_id, *coming)
    if rules is None:
        return services_of
    for type, kind in kinds.items():
        if (rule := rules.rule(kind, type)) is None:
            continue
        if rule.service_id is None:
            services_of.pop(type, None)
        else:
            services_of[type] = rule.service_id
    return services_of


def _targets(tx: Tx, organization_id: int, target: Target | int) -> dict[Kind, int]:
    if target is Target.NONE:
        return {}
    if isinstance(target, int):
        return dict.fromkeys(Kind, target)
    defaults = services.defaults(tx, organization_id)
    kinds = {kind: defaults.get(family) for family, kind in services.FAMILIES.items() if kind is not None}
    return {kind: service for kind, service in kinds.items() if service is not None}


class KnownProduct(NamedTuple):
    """A product's row: its number, its kind, and the faces' runs that go into each of its devices' records."""

    id: int
    kind: int
    da_v7: str
    ba: str


def known_products(tx: Tx, products: Iterable[Product]) -> dict[str, KnownProduct]:
    """The row of each product configuration, by part number; made where it is new."""
    distinct = {product.part_number: product for product in products}
    wanted = {part: _fingerprint(product) for part, product in distinct.items()}
    rows = tx.rows(
        "SELECT p.fingerprint, p.id, p.kind, p.da_v7, p.ba"
        f" FROM {tx.each('$1')} e JOIN product p ON p.fingerprint = e.v",
        tx.pack(list(wanted.values())),
    )
    known = {row[0]: KnownProduct(*row[1:]) for row in rows}
    for part, fingerprint in wanted.items():
        if fingerprint not in known:
            known[fingerprint] = _insert_product(tx, distinct[part], fingerprint)
    return {part: known[fingerprint] for part, fingerprint in wanted.items()}


def _insert_product(tx: Tx, product: Product, fingerprint: str) -> KnownProduct:
    row = _product_row(product)
    sql = (
        "INSERT INTO product (fingerprint, kind, product_type, model, description, color, capacity, part_number,"
        " da_v1, da_v7, ba) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (fingerprint) DO UPDATE SET fingerprint = excluded.fingerprint RETURNING id"
    )
    da_v1, da_v7 = tx.projections.assignment.product(row)
    ba = tx.projections.business.product(row)
    id = tx.value(sql, fingerprint, row.kind, row.product_type, row.model, row.description, row.color, row.capacity,
                  row.part_number, da_v1, da_v7, ba)  # fmt: skip
    return KnownProduct(int(id), row.kind, da_v7, ba)


@lru_cache(maxsize=4096)
def _fingerprint(product: Product) -> str:
    text = "\x1f".join(str(value) for value in _product_row(product))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _product_row(product: Product) -> ProductRow:
    return ProductRow(
        kind=int(product.kind),
        product_type=product.product_type,
        model=product.model,
        description=product.description,
        color=product.color,
        capacity=product.capacity,
        part_number=product.part_number,
    )
