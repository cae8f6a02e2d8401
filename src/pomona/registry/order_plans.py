"""The devices of an order in the order in which they are worked on: by serial, not as they were written.

What is looked up and kept by serial lies together on the disk; so each chunk touches a few pages of it, and not all of
them. Sorting is the same each time, so a plan that was lost with its process is simply made again.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from pomona.registry.order_documents import CHUNK, decode_chunk
from pomona.store import Tx

_KEPT = 4


@dataclass(frozen=True, slots=True)
class Devices:
    """Devices of one order, column by column. `places` are delivery and place in it, both counted from 0."""

    ids: list[str]
    tags: list[str | None]
    products: list[str | None]
    places: list[tuple[int, int]]


class Plans:
    """Remembers the few orders that are being worked on, since their steps follow each other."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._made: OrderedDict[tuple[int, int], Devices] = OrderedDict()

    def __len__(self) -> int:
        return len(self._made)

    def chunk(self, tx: Tx, submission_id: int, order_n: int, n: int) -> Devices:
        """The `n`th `CHUNK` of an order's devices."""
        key = submission_id, order_n
        with self._guard:
            plan = self._made.get(key)
        if plan is None:
            plan = _sorted(_whole(tx, *key))
            if len(plan.ids) > CHUNK:
                self._remember(key, plan)
        first, end = n * CHUNK, (n + 1) * CHUNK
        return Devices(
            plan.ids[first:end], plan.tags[first:end], plan.products[first:end], plan.places[first:end]
        )

    def forget(self, submission_id: int, order_n: int) -> None:
        """The order is done."""
        with self._guard:
            self._made.pop((submission_id, order_n), None)

    def _remember(self, key: tuple[int, int], plan: Devices) -> None:
        with self._guard:
            self._made[key] = plan
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)


def _whole(tx: Tx, submission_id: int, order_n: int) -> Devices:
    rows = tx.rows(
        "SELECT devices FROM submission_chunk WHERE submission_id = $1 AND order_n = $2 ORDER BY chunk",
        *(submission_id, order_n),
    )
    found = Devices([], [], [], [])
    for (devices,) in rows:
        chunk = decode_chunk(devices)
        found.ids.extend(chunk.ids)
        found.tags.extend(chunk.tags or [None] * len(chunk.ids))
        found.products.extend(chunk.products or [None] * len(chunk.ids))
        found.places.extend(chunk.places())
    return found


def _sorted(devices: Devices) -> Devices:
    if len(devices.ids) <= 1:
        return devices
    order = sorted(range(len(devices.ids)), key=devices.ids.__getitem__)
    return Devices(
        [devices.ids[n] for n in order],
        [devices.tags[n] for n in order],
        [devices.products[n] for n in order],
        [devices.places[n] for n in order],
    )
