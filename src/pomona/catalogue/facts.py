"""Everything that is known about one device from its making."""

from typing import NamedTuple

from pomona.catalogue import identifiers
from pomona.catalogue.kinds import Kind
from pomona.catalogue.making import draws, made_as
from pomona.catalogue.products import Product
from pomona.catalogue.serials import canonical

_IMEI_PAIRS = 50_000_000_000
_EIDS = 10**25


class Facts(NamedTuple):
    """A device as it left the factory.

    `serial` is canonical. Derived facts have as many IMEIs as the product has cellular lines, and one MEID and an EID if
    it has any (else no MEID and `""`); a manufacturing record may say otherwise. MAC addresses are upper case with
    colons, `ethernet_mac` has one for a built-in port. `inferred` says that the product was guessed from the serial,
    which a person must be told wherever it is shown.
    """

    serial: str
    product: Product
    imei: tuple[str, ...]
    meid: tuple[str, ...]
    eid: str
    wifi_mac: str
    bluetooth_mac: str
    ethernet_mac: tuple[str, ...]
    inferred: bool


def infer(serial: str, product: Product | None = None, kind: Kind | None = None) -> Facts:
    """The facts of a serial, the same for the same arguments in every process and version of Python.

    `product` is what the device was made as; without it one is guessed, of the `kind` if that is given (it is not looked
    at beside a product). The identifiers come from the serial alone: a product that is learnt later changes which of
    them the device has, never their values. Two serials may share one, as any derivation from fewer digits must allow:
    of a million devices with two IMEIs each about ten pairs do. Raises InvalidSerial.
    """
    serial = canonical(serial)
    choice, address, subscriber, eid_high, eid_low, _ = draws(serial)
    inferred = product is None
    if product is None:
        product = made_as(serial, choice, kind)
    # A device's addresses stand next to each other, as they do in real ones; the lowest two bits count them.
    address &= 0xFFFFFFFFFFFC
    wifi, bluetooth = identifiers.mac(address), identifiers.mac(address | 1)
    ethernet = (identifiers.mac(address | 2),) if product.ethernet else ()
    if not product.cellular:
        return Facts(serial, product, (), (), "", wifi, bluetooth, ethernet, inferred)
    imei = _imeis(subscriber, product.cellular)
    eid = identifiers.eid((eid_high << 64 | eid_low) % _EIDS)
    return Facts(serial, product, imei, (imei[0][:14],), eid, wifi, bluetooth, ethernet, inferred)


def _imeis(subscriber: int, lines: int) -> tuple[str, ...]:
    first = subscriber % _IMEI_PAIRS * 2
    return tuple([identifiers.imei(first + line) for line in range(lines)])
