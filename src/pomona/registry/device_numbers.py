"""A device's identifiers as the column `device.identifiers` keeps them: IMEIs, MEIDs, EID and the three kinds of address."""

import msgspec

from pomona.catalogue.facts import Facts
from pomona.catalogue.products import Product

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


def findable(text: str) -> tuple[str, ...]:
    """The numbers that a device is found by: its IMEIs and MEIDs."""
    imei, meid, *_ = _decode(text)
    return (*imei, *meid)
