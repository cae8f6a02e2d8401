"""The requests' objects, and reading them: member names in any case, null like absent, unknown members left out."""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T", bound=Struct)


class RequestContext(Struct, forbid_unknown_fields=True):
    """For which account the caller acts, and how it wants to be talked to."""

    shipTo: str | None = None
    timeZone: str | None = None
    langCode: str | None = None


class Device(Struct, forbid_unknown_fields=True):
    """`productType` is Pomona's own and optional: a product type, model name or part number."""

    deviceId: str | None = None
    assetTag: str | None = None
    productType: str | None = None


class Delivery(Struct, forbid_unknown_fields=True):
    """One delivery of an order."""

    deliveryNumber: str | None = None
    shipDate: str | None = None
    devices: list[Device] | None = None


class Order(Struct, forbid_unknown_fields=True):
    """One order of a submission, of any type."""

    orderNumber: str | None = None
    orderDate: str | None = None
    orderType: str | None = None
    customerId: str | None = None
    poNumber: str | None = None
    deliveries: list[Delivery] | None = None


class EnrollRequest(Struct, forbid_unknown_fields=True):
    """bulk-enroll-devices."""

    requestContext: RequestContext | None = None
    transactionId: str | None = None
    depResellerId: str | None = None
    orders: list[Order] | None = None


class StatusRequest(Struct, forbid_unknown_fields=True):
    """check-transaction-status."""

    requestContext: RequestContext | None = None
    depResellerId: str | None = None
    deviceEnrollmentTransactionId: str | None = None


class DetailsRequest(Struct, forbid_unknown_fields=True):
    """show-order-details."""

    requestContext: RequestContext | None = None
    depResellerId: str | None = None
    orderNumbers: list[str] | None = None


class NotJson(ValueError):
    """The body is no JSON document."""


class WrongType(ValueError):
    """A value has another type than its member; the text says which and what is expected."""


_CHILDREN: dict[type[Struct], dict[str, type[Struct]]] = {
    EnrollRequest: {"requestContext": RequestContext, "orders": Order},
    StatusRequest: {"requestContext": RequestContext},
    DetailsRequest: {"requestContext": RequestContext},
    Order: {"deliveries": Delivery},
    Delivery: {"devices": Device},
}
_NAMES: dict[type[Struct], dict[str, str]] = {
    kind: {name.lower(): name for name in kind.__struct_fields__}
    for kind in (EnrollRequest, StatusRequest, DetailsRequest, RequestContext, Order, Delivery, Device)
}
_NUL = rb"\u0000"


def read(body: bytes, kind: type[T]) -> T:
    """A request of that kind. Raises `NotJson` or `WrongType`."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    if _NUL in body:
        raise WrongType("A text contains the character U+0000, which no name or number has.")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _read_leniently(body, kind)


def _read_leniently(body: bytes, kind: type[T]) -> T:
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise NotJson(str(problem)) from None
    try:
        return msgspec.convert(_renamed(raw, kind), kind)
    except msgspec.ValidationError as problem:
        raise WrongType(str(problem)) from None


def _renamed(raw: Any, kind: type[Struct]) -> Any:
    """The same value with the members named as `kind` names them."""
    if not isinstance(raw, dict):
        return raw
    names, children = _NAMES[kind], _CHILDREN.get(kind, {})
    renamed = {}
    for key, value in raw.items():
        name = names.get(key.lower())
        if name is not None:
            child = children.get(name)
            renamed[name] = value if child is None else _each_renamed(value, child)
    return renamed


def _each_renamed(value: Any, kind: type[Struct]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, kind) for each in value]
    return _renamed(value, kind)
