"""An order as a supplier submits it, in the registry's own words, and the chunks in which its devices are kept.

Whoever speaks to the supplier has read the texts and dates; what it found wrong with an order or a delivery stands in
`problem`. What a device id means is found out when the order is worked on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

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


class Run(NamedTuple):
    """`size` devices of delivery `delivery_n`, beginning with its device `first` (both counted from 0)."""

    delivery_n: int
    first: int
    size: int


class DeviceChunk(msgspec.Struct, array_like=True):
    """At most `CHUNK` devices of one order, column by column; `tags` and `products` empty when none has one."""

    runs: list[Run]
    ids: list[str]
    tags: list[str | None]
    products: list[str | None]

    def places(self) -> Iterator[tuple[int, int]]:
        """Delivery and place in it of each device, both counted from 0."""
        for run in self.runs:
            for n in range(run.first, run.first + run.size):
                yield run.delivery_n, n


encode_chunk = msgspec.json.Encoder().encode
decode_chunk = msgspec.json.Decoder(DeviceChunk).decode


def chunks(order: OrderDocument) -> list[str]:
    """The devices of an order's acceptable deliveries, encoded; none for an order that has a problem."""
    if order.problem is not None:
        return []
    made: list[str] = []
    waiting: list[tuple[Run, OrderedDelivery]] = []
    room = CHUNK
    for n, delivery in enumerate(order.deliveries):
        first, size = 0, 0 if delivery.problem else len(delivery.ids)
        while first < size:
            count = min(room, size - first)
            waiting.append((Run(n, first, count), delivery))
            first, room = first + count, room - count
            if not room:
                made.append(_encoded(waiting))
                waiting, room = [], CHUNK
    if waiting:
        made.append(_encoded(waiting))
    return made


def _encoded(parts: list[tuple[Run, OrderedDelivery]]) -> str:
    chunk = DeviceChunk([run for run, _ in parts], [], [], [])
    tagged = any(delivery.tags for _, delivery in parts)
    named = any(delivery.products for _, delivery in parts)
    for (_, first, count), delivery in parts:
        end = first + count
        chunk.ids += delivery.ids[first:end]
        if tagged:
            chunk.tags += delivery.tags[first:end] or [None] * count
        if named:
            chunk.products += delivery.products[first:end] or [None] * count
    return encode_chunk(chunk).decode()
