"""A device's identifiers as the column `device.identifiers` keeps them: IMEIs, MEIDs, EID and the three kinds of address."""

from collections.abc import Iterable, Sequence

import msgspec

from pomona.catalogue.facts import Facts
from pomona.catalogue.products import Product
from pomona.store import Tx

_Kept = tuple[tuple[str, ...], tuple[str, ...], str, str, str, tuple[str, ...]]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Kept).decode


def kept(facts: Facts) -> str:
    """What is stored of a device's facts."""
    return _encode(
        (facts.imei, facts.meid, facts.eid, facts.wifi_mac, facts.bluetooth_mac, facts.ethernet_mac)
    ).decode()


def facts(serial: str, product: Product, text: str, *, inferred: bool) -> Facts:
    """A device's facts from what is stored."""
    imei, meid, eid, wifi, bluetooth, ethernet = _decode(text)
    return Facts(serial, product, imei, meid, eid, wifi, bluetooth, ethernet, inferred)


def findable(text: str) -> set[str]:
    """What is stored of a device's facts, as the numbers that it is found by."""
    imei, meid, *_ = _decode(text)
    return numbers(imei, meid)


def owners(tx: Tx, identifiers: Sequence[str]) -> list[int]:
    """The internal numbers of devices, anybody's, that have one of some IMEIs and MEIDs."""
    rows = tx.rows(
        f"SELECT i.device_id FROM {tx.each('$1')} e JOIN device_identifier i ON i.value = substr(e.v, 1, 14)",
        tx.pack(identifiers),
    )
    return [int(row[0]) for row in rows]


def numbers(imei: Iterable[str], meid: Iterable[str]) -> set[str]:
    """What the table `device_identifier` knows a device by: its IMEIs without their check digits, which say nothing more,
    and its MEIDs, which mostly are the same as that."""
    return {number[:14] for number in (*imei, *meid)}
