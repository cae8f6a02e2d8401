"""The faces' ready records of a device: what they are made of, and writing them anew when a device's facts change."""

from collections.abc import Iterable
from typing import NamedTuple

from pomona.store import Projections, Tx
from pomona.store.projections import DeviceRow


class Records(NamedTuple):
    """The columns of `assignment_record` (asset tag's run, length of the base, facts) and of `business_record`."""

    tag: str
    base: int
    facts: str
    attributes: str


def encode(projections: Projections, device: DeviceRow, product_da_v7: str, product_ba: str) -> Records:
    """A device's records; `product_…` are the runs that its product's row keeps."""
    tag, hardware = projections.assignment.device(device)
    base = f'{{"serial_number":"{device.serial}"{tag}{product_da_v7}'
    return Records(tag, len(base), base + hardware, product_ba + projections.business.device(device))


def rewrite(tx: Tx, records: Iterable[tuple[int, Records]]) -> None:
    """Replaces the records of devices, by number."""
    changed = [(id, *each) for id, each in records]
    tx.execute(
        "UPDATE assignment_record SET tag = e.c1, base = e.c2, facts = e.c3"
        f" FROM {tx.each('$1', 'bigint', 'text', 'bigint', 'text')} e WHERE assignment_record.device_id = e.c0",
        tx.pack([(id, tag, base, facts) for id, tag, base, facts, _ in changed]),
    )
    tx.execute(
        f"UPDATE business_record SET attributes = e.c1 FROM {tx.each('$1', 'bigint', 'text')} e"
        " WHERE business_record.device_id = e.c0",
        tx.pack([(id, attributes) for id, _, _, _, attributes in changed]),
    )
