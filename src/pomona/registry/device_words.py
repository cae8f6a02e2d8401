"""The devices that a search text means."""

from dataclasses import dataclass

from pomona.catalogue.identifiers import classify
from pomona.registry import device_numbers
from pomona.registry.device_parts import OfOrders, Part, Places, bounds, few, of_products, orders_numbered
from pomona.store import Tx

_MOST_WORDS = 8

_BY_SERIAL = "SELECT device_id FROM serial_owner WHERE serial >= $1 AND serial < $2"
_BY_RELEASED_SERIAL = "SELECT id FROM device WHERE serial >= $1 AND serial < $2 AND released_at IS NOT NULL"
_BY_TAG = "SELECT id FROM device WHERE asset_tag <> '' AND upper(asset_tag) >= $1 AND upper(asset_tag) < $2"
_CALLED = (
    "upper(p.model || ' ' || p.description || ' ' || p.color || ' ' || p.capacity || ' ' || p.product_type"
    " || ' ' || p.part_number)"
)


@dataclass(frozen=True, slots=True)
class MeantBy(Part):
    """Meant by a text, in any case: the beginning of a serial number or an asset tag; a whole IMEI, MEID or order number;
    or words that all are in what the product is called, in its colour, capacity, type or part number."""

    text: str

    @property
    def _range(self) -> tuple[str, str]:
        begin = self.text.strip().upper()
        # Everything that begins so sorts before the same text with a tilde behind it.
        return begin, begin + "~"

    @property
    def _identifiers(self) -> list[str]:
        text = self.text.strip().upper()
        return [text] if classify(text) != "serial" else []

    def condition(self, places: Places) -> str:
        tx, (begin, end) = places.tx, self._range
        identified = device_numbers.owners(tx, self._identifiers)
        return (
            f"(d.serial >= {places.place(begin)} AND d.serial < {places.place(end)}"
            f" OR d.asset_tag <> '' AND upper(d.asset_tag) >= {places.place(begin)}"
            f" AND upper(d.asset_tag) < {places.place(end)}"
            f" OR d.id IN {places.numbers(identified)}"
            f" OR d.order_id IN {places.numbers(self._orders(tx, places.organization_id))}"
            f" OR d.product_id IN {places.numbers(self._products(tx))})"
        )

    def few(self, tx: Tx, organization_id: int) -> list[int] | None:
        begin, end = self._range
        orders = OfOrders(self._orders(tx, organization_id))
        parts = (
            device_numbers.owners(tx, self._identifiers),
            few(tx, _BY_SERIAL, begin, end),
            few(tx, _BY_RELEASED_SERIAL, begin, end),
            few(tx, _BY_TAG, begin, end),
            orders.few(tx, organization_id),
            of_products(tx, organization_id, self._products(tx)),
        )
        first, last = bounds(organization_id)
        found: list[int] = []
        for part in parts:
            if part is None:
                return None
            found += (id for id in part if first <= id <= last)
        return found

    def _orders(self, tx: Tx, organization_id: int) -> list[int]:
        number = self.text.strip()
        return orders_numbered(tx, organization_id, dict.fromkeys((number, number.upper())))

    def _products(self, tx: Tx) -> list[int]:
        words = self.text.upper().split()
        if len(words) > _MOST_WORDS or not all(len(word) > 1 for word in words):
            return []
        pattern = [f"%{word.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%" for word in words]
        conditions = " AND ".join(f"{_CALLED} LIKE ${n} ESCAPE '!'" for n in range(1, len(words) + 1))
        return [int(row[0]) for row in tx.rows(f"SELECT id FROM product p WHERE {conditions}", *pattern)]
