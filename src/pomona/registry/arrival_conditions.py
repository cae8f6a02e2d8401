"""What an arrival rule asks of a device, and whether a device is so: said once, for arrivals, previews and people."""

from typing import NamedTuple

import msgspec

from pomona.catalogue.kinds import Kind
from pomona.catalogue.spelling import folded
from pomona.registry.errors import Invalid

SOURCES = ("APPLE", "RESELLER", "MANUALLY_ADDED")
_MAX = 100


class Coming(NamedTuple):
    """Where a device comes from: `source_id` is its supplier's number, `unit` the unit that the supplier delivers to."""

    source: str
    source_id: str
    order_number: str = ""
    unit: str = ""


class Conditions(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything that is given must hold; nothing at all is every device.

    `source` is APPLE, RESELLER or MANUALLY_ADDED, `supplier` an Apple Customer Number or Reseller Number, `order` and
    `product_type` are beginnings (of an order number, and of a product type like `iPhone17,1`) in any case, `kind` the number
    of a catalogue kind, `unit` the public id of the unit that the supplier's link names.
    """

    source: str = ""
    supplier: str = ""
    order: str = ""
    product_type: str = ""
    kind: int = 0
    unit: str = ""

    def checked(self) -> "Conditions":
        """The same as it is stored. Raises `Invalid` for a value that cannot be."""
        if self.source and self.source not in SOURCES:
            raise Invalid(
                f"'{self.source[:40]}' is no source; expected one of {', '.join(SOURCES)}.", field="source"
            )
        if self.kind and self.kind not in tuple(Kind):
            raise Invalid(f"{self.kind} is no kind of device.", field="kind")
        texts = {name: getattr(self, name).strip() for name in ("supplier", "order", "product_type", "unit")}
        for name, text in texts.items():
            if len(text) > _MAX or not text.isprintable():
                raise Invalid(f"A condition has at most {_MAX} printable characters.", field=name)
        # Customer numbers are stored without the zeros before them.
        number = texts["supplier"].upper()
        texts["supplier"] = number.lstrip("0") if number.isdigit() and self.source != "RESELLER" else number
        return msgspec.structs.replace(self, **texts)

    def of(self, coming: Coming) -> bool:
        """Whether a device that comes like that may be meant, whatever it is."""
        return (
            (not self.source or self.source == coming.source)
            and (not self.supplier or self.supplier == coming.source_id)
            and (not self.order or coming.order_number.upper().startswith(self.order.upper()))
            and (not self.unit or self.unit == coming.unit)
        )

    def mean(self, kind: int, product_type: str) -> bool:
        """Whether a device that is this is meant, however it comes."""
        return (not self.kind or self.kind == kind) and (
            not self.product_type or folded(product_type).startswith(folded(self.product_type))
        )
