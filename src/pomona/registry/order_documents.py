"""An order as a supplier submits it, in the registry's own words, and the chunks in which its devices are kept.

Whoever speaks to the supplier has read the texts and dates; what it found wrong with an order or a delivery stands in
`problem`. What a device id means is found out when the order is worked on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from pomona.registry.order_problems import Problem

OrderType = Literal["OR", "RE", "VD", "OV"]
ORDER_TYPES: tuple[OrderType, ...] = ("OR", "RE", "VD", "OV")

CHUNK = 2_000
"""Devices that one transaction handles: some tens of milliseconds, so that others get their turn."""


@dataclass(slots=True)
class OrderedDelivery:
    """`ids` are serials, IMEIs or MEIDs as written; `tags` and `products` are as long as `ids`, or empty for none."""

    number: str
    shipped_at: int
    ids: list[str]
    tags: list[str | None] = field(default_factory=list)
    products: list[str | None] = field(default_factory=list)
    problem: Problem | None = None


@dataclass(slots=True)
class OrderDocument:
    """One order of a submission. `customer` is as written; times are milliseconds; `type` is an `OrderType`.

    An order with a problem need not have an acceptable type or time.
    """

    number: str
    type: str
    customer: str
    po_number: str
    ordered_at: int
    deliveries: list[OrderedDelivery] = field(default_factory=list)
    problem: Problem | None = None

    @property
    def device_count(self) -> int:
        """Devices in all deliveries."""
        return sum(len(delivery.ids) for delivery in self.deliveries)


class DeviceChunk(msgspec.Struct, array_like=True):
    """At most `CHUNK` devices of one order, column by column; `tags` and `products` empty when none has one.

    `deliveries` says which of the order's deliveries each is in, `numbers` which device of it, both counted from 0.
    """

    deliveries: list[int]
    numbers: list[int]
    ids: list[str]
    tags: list[str | None]
    products: list[str | None]

    def places(self) -> Iterator[tuple[int, int]]:
        """Delivery and place in it of each device, both counted from 0."""
        return zip(self.deliveries, self.numbers, strict=True)


encode_chunk = msgspec.json.Encoder().encode
decode_chunk = msgspec.json.Decoder(DeviceChunk).decode


def chunks(order: OrderDocument) -> list[str]:
    """The devices of an order's acceptable deliveries, encoded; none for an order that has a problem.

    A large order is worked on sorted by id: each chunk then touches its own part of the indexes of serials, and not all of
    them again and again.
    """
    if order.problem is not None:
        return []
    whole = _columns(order)
    if len(whole.ids) > CHUNK:
        whole = _picked(whole, sorted(range(len(whole.ids)), key=whole.ids.__getitem__))
    cuts = (slice(first, first + CHUNK) for first in range(0, len(whole.ids), CHUNK))
    return [encode_chunk(_cut(whole, cut)).decode() for cut in cuts]


def _columns(order: OrderDocument) -> DeviceChunk:
    whole = DeviceChunk([], [], [], [], [])
    deliveries = [(n, each) for n, each in enumerate(order.deliveries) if each.problem is None]
    tagged = any(each.tags for _, each in deliveries)
    named = any(each.products for _, each in deliveries)
    for n, delivery in deliveries:
        count = len(delivery.ids)
        whole.deliveries += [n] * count
        whole.numbers += range(count)
        whole.ids += delivery.ids
        if tagged:
            whole.tags += delivery.tags or [None] * count
        if named:
            whole.products += delivery.products or [None] * count
    return whole


def _picked(whole: DeviceChunk, order: list[int]) -> DeviceChunk:
    return DeviceChunk(
        [whole.deliveries[n] for n in order],
        [whole.numbers[n] for n in order],
        [whole.ids[n] for n in order],
        [whole.tags[n] for n in order] if whole.tags else [],
        [whole.products[n] for n in order] if whole.products else [],
    )


def _cut(whole: DeviceChunk, cut: slice) -> DeviceChunk:
    return DeviceChunk(
        whole.deliveries[cut], whole.numbers[cut], whole.ids[cut], whole.tags[cut], whole.products[cut]
    )
