"""`filter[…]` on `orgDevices`: what a request's filters say that devices have to be. Apple's API has none."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar, get_args

from pomona.business_api.errors import bad_parameter
from pomona.business_api.projection import FAMILIES
from pomona.business_api.query import Query, moment
from pomona.registry import device_parts, services
from pomona.registry.device_parts import Part
from pomona.registry.device_words import MeantBy
from pomona.registry.devices import Source
from pomona.store import Tx

_MOST = 1_000
"""Values that a filter has at most."""

_STATES: dict[str, device_parts.State] = {"ASSIGNED": "assigned", "UNASSIGNED": "unassigned"}
_KINDS = {family: kind for kind, family in FAMILIES.items()}
_SOURCES: dict[str, Source] = {source: source for source in get_args(Source)}

Value = TypeVar("Value")
Made = Callable[[Tx, int, Query, str], Part]


def parts(tx: Tx, organization_id: int, query: Query) -> list[Part] | None:
    """What devices have to be; None when everything will do. Raises `ApiError` 400 for values that mean nothing."""
    if not query.has_filters:
        return None
    made = [
        make(tx, organization_id, query, name)
        for name, make in FILTERS.items()
        if query.first(f"filter[{name}]") is not None
    ]
    return [*made, device_parts.InState("owned")]


def _serials(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    return device_parts.WithSerials([serial.upper() for serial in _values(query, name)])


def _status(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    states = set(_known(query, name, _STATES))
    return device_parts.InState(states.pop() if len(states) == 1 else "owned")


def _families(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    return device_parts.OfKinds(_known(query, name, _KINDS))


def _product_types(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    # A product type has a comma itself, but what stands behind it is a number.
    joined = ",".join(_values(query, name))
    return device_parts.OfProductTypes(re.split(r",(?=[A-Za-z])", joined))


def _orders(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    return device_parts.OfOrders(device_parts.orders_numbered(tx, organization_id, _values(query, name)))


def _servers(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    wanted = {value.upper() for value in _values(query, name)}
    ours = services.of_organization(tx, organization_id)
    return device_parts.OnServices([service.id for service in ours if service.uuid in wanted])


def _sources(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    return device_parts.FromSources(_known(query, name, _SOURCES))


def _added(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    return device_parts.AddedSince(_since(query, name))


def _updated(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    return device_parts.UpdatedSince(_since(query, name))


def _search(tx: Tx, organization_id: int, query: Query, name: str) -> Part:
    text = (query.first(f"filter[{name}]") or "").strip()
    if not 0 < len(text) <= 100:
        raise bad_parameter(f"filter[{name}]", "Search for a text of 1 to 100 characters.")
    return MeantBy(text)


FILTERS: dict[str, Made] = {
    "serialNumber": _serials,
    "search": _search,
    "orderNumber": _orders,
    "assignedServer": _servers,
    "status": _status,
    "purchaseSourceType": _sources,
    "productType": _product_types,
    "productFamily": _families,
    "addedToOrgDateTime": _added,
    "updatedDateTime": _updated,
}
"""By name; those that mostly leave few devices come first."""

PARAMETERS = tuple(f"filter[{name}]" for name in FILTERS)


def _values(query: Query, name: str) -> list[str]:
    values = list(dict.fromkeys(query.filter(name) or ()))
    if not 0 < len(values) <= _MOST:
        raise bad_parameter(
            f"filter[{name}]", f"Give 1 to {_MOST} values, joined by commas; these are {len(values)}."
        )
    return values


def _known(query: Query, name: str, known: Mapping[str, Value]) -> list[Value]:
    values = _values(query, name)
    for value in values:
        if value not in known:
            raise bad_parameter(
                f"filter[{name}]",
                f"'{value[:100]}' is no value of '{name}'; expected some of {', '.join(known)}.",
            )
    return [known[value] for value in values]


def _since(query: Query, name: str) -> int:
    return moment(f"filter[{name}]", query.first(f"filter[{name}]") or "")
