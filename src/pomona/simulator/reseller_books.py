"""A reseller's own books: what it delivered to whom under which order, kept from what it sent and nothing else.

At the end they are compared with what the order service says, so they share nothing with it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Line(NamedTuple):
    """A device of an order: delivery, when it was shipped (as on the wire), and the asset tag."""

    delivery: str
    shipped: str
    tag: str


@dataclass(slots=True)
class Entry:
    """An order or return as it stands. `taken` are the lines that a return took, with the order each was of."""

    number: str
    type: str
    customer: str
    po: str
    ordered: str
    lines: dict[str, Line] = field(default_factory=dict)
    taken: dict[str, tuple[str, Line]] = field(default_factory=dict)


class Books:
    """Every order by its number. `entries` may be read by whoever decides what to do next."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self._where: dict[str, str] = {}

    def note(self, document: dict[str, Any], refused: Collection[str] = ()) -> None:
        """Books an order as it was sent (on the wire), without the device ids that were refused."""
        lines = {
            device["deviceId"]: Line(each["deliveryNumber"], each["shipDate"], device.get("assetTag", ""))
            for each in document.get("deliveries", [])
            for device in each["devices"]
            if device["deviceId"] not in refused
        }
        {"OR": self._order, "OV": self._override, "RE": self._return, "VD": self._void}[
            document["orderType"]
        ](document, lines)

    def live(self, number: str) -> list[str]:
        """Serials of an order as it stands."""
        return sorted(self.entries[number].lines)

    def state(self, number: str) -> dict[str, Any]:
        """An order as `state_of` gives what the service shows of it."""
        entry = self.entries[number]
        return {
            "type": entry.type,
            "customer": entry.customer,
            "ordered": entry.ordered,
            "po": entry.po,
            "devices": sorted((serial, *line) for serial, line in entry.lines.items()),
        }

    def _order(self, document: dict[str, Any], lines: dict[str, Line]) -> None:
        entry = self.entries.get(document["orderNumber"])
        if entry is None or entry.type == "VD":
            entry = self._open(document)
        self._put(entry, {serial: line for serial, line in lines.items() if serial not in entry.lines})

    def _override(self, document: dict[str, Any], lines: dict[str, Line]) -> None:
        self._empty(self.entries[document["orderNumber"]])
        self._put(self._open(document), lines)

    def _return(self, document: dict[str, Any], lines: dict[str, Line]) -> None:
        entry = self._open(document)
        for serial in lines:
            number = self._where.pop(serial)
            entry.taken[serial] = (number, self.entries[number].lines.pop(serial))
        entry.lines = lines

    def _void(self, document: dict[str, Any], _: dict[str, Line]) -> None:
        entry = self.entries[document["orderNumber"]]
        for serial, (number, line) in entry.taken.items():
            self._put(self.entries[number], {serial: line})
        if entry.type == "RE":
            entry.lines.clear()
        else:
            self._empty(entry)
        entry.type = "VD"

    def _open(self, document: dict[str, Any]) -> Entry:
        number = document["orderNumber"]
        facts = (document["orderType"], document["customerId"], document["poNumber"], document["orderDate"])
        made = self.entries[number] = Entry(number, *facts)
        return made

    def _put(self, entry: Entry, lines: dict[str, Line]) -> None:
        entry.lines |= lines
        self._where |= dict.fromkeys(lines, entry.number)

    def _empty(self, entry: Entry) -> None:
        for serial in entry.lines:
            del self._where[serial]
        entry.lines.clear()


def state_of(shown: dict[str, Any]) -> dict[str, Any]:
    """What the order service shows of an order (on the wire), in the form of `Books.state`."""
    return {
        "type": shown.get("orderType", shown.get("showOrderStatusCode", "")),
        "customer": shown.get("customerId", ""),
        "ordered": shown.get("orderDate", ""),
        "po": shown.get("poNumber", ""),
        "devices": sorted(
            (device["deviceId"], each["deliveryNumber"], each["shipDate"], device.get("assetTag", ""))
            for each in shown.get("deliveries") or []
            for device in each["devices"]
        ),
    }
