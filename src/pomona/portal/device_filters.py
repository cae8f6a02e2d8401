"""The filter of the device list, as an address says it and as chips show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlencode

from pomona.catalogue.kinds import Kind
from pomona.portal.service_names import ServiceName
from pomona.registry.device_parts import State
from pomona.registry.device_search import DeviceFilter
from pomona.registry.devices import Source

STATES: dict[State, str] = {
    "owned": "All that are here",
    "assigned": "Assigned",
    "unassigned": "Unassigned",
    "released": "Released",
}
PERIODS = {"1h": ("Last hour", 3_600_000), "24h": ("Last 24 hours", 86_400_000),
           "7d": ("Last 7 days", 7 * 86_400_000), "30d": ("Last 30 days", 30 * 86_400_000)}  # fmt: skip
SOURCES: dict[Source, str] = {"APPLE": "Apple", "RESELLER": "Reseller", "MANUALLY_ADDED": "Added by hand"}

NAMES = ("q", "state", "kind", "service", "source", "supplier", "order", "added")
"""The parameters of an address that make the filter."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter as it was asked for: `given` are the parameters that mean something, `wanted` what they mean."""

    given: dict[str, str]
    wanted: DeviceFilter

    def query(self, **more: Any) -> str:
        """The part of an address that asks for the same, and more."""
        return urlencode({**self.given, **more})

    def without(self, name: str) -> str:
        """The part of an address that asks for the same without one parameter."""
        return urlencode({key: value for key, value in self.given.items() if key != name})


def asked(query: Mapping[str, str], services: Mapping[int, ServiceName], now: int) -> Asked:
    """Reads an address. What means nothing (an unknown kind, a service that is gone) is left out."""
    given = {name: text for name in NAMES if (text := query.get(name, "").strip()[:100])}
    given = {name: text for name, text in given.items() if _means_something(name, text, services)}
    state: State = next((state for state in get_args(State) if state == given.get("state")), "owned")
    source = next((source for source in SOURCES if source == given.get("source")), None)
    period = PERIODS.get(given.get("added", ""))
    wanted = DeviceFilter(
        text=given.get("q", ""),
        state=state,
        kind=Kind[given["kind"]] if "kind" in given else None,
        service_id=_service_id(given.get("service", ""), services),
        order_number=given.get("order", ""),
        source=source,
        source_id=given.get("supplier", "").upper(),
        added_since=now - period[1] if period else None,
    )
    return Asked(given, wanted)


def chips(asked: Asked, services: Mapping[int, ServiceName]) -> list[dict[str, str]]:
    """The filter's parts that the form does not show by itself, each with the address that leaves it out."""
    said = {
        "order": f"Order {asked.given.get('order')}",
        "supplier": f"Supplier {asked.given.get('supplier')}",
    }
    return [
        {"label": label, "query": asked.without(name)} for name, label in said.items() if name in asked.given
    ]


def _means_something(name: str, text: str, services: Mapping[int, ServiceName]) -> bool:
    known: dict[str, object] = {
        "state": STATES,
        "kind": Kind.__members__,
        "source": SOURCES,
        "added": PERIODS,
    }
    if name == "service":
        return _service_id(text, services) is not None
    within = known.get(name)
    return text in within if isinstance(within, Mapping) else text.isprintable()


def _service_id(uuid: str, services: Mapping[int, ServiceName]) -> int | None:
    return next((id for id, service in services.items() if service.uuid == uuid.upper()), None)
