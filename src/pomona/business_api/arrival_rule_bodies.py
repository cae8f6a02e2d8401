"""Bodies that write arrival rules, and what they say."""

import msgspec

from pomona.business_api.bodies import decoded
from pomona.business_api.errors import ApiError, Problem
from pomona.business_api.projection import FAMILIES
from pomona.registry.arrival_conditions import Conditions

_FAMILY = "/data/attributes/conditions/productFamily"


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Conditions as they are sent."""

    purchaseSourceType: str = ""
    purchaseSourceId: str = ""
    orderNumberPrefix: str = ""
    productTypePrefix: str = ""
    productFamily: str = ""
    organizationalUnitId: str = ""


class _Attributes(msgspec.Struct, forbid_unknown_fields=True):
    name: str | None = None
    place: int | None = None
    enabled: bool | None = None
    conditions: Asked | None = None


class _ServiceId(msgspec.Struct):
    id: str


class Server(msgspec.Struct):
    """The service that devices go to; `data` is None for none."""

    data: _ServiceId | None


class _Relationships(msgspec.Struct, forbid_unknown_fields=True):
    mdmServer: Server | None = None


class Rule(msgspec.Struct):
    """What is sent of a rule."""

    attributes: _Attributes = msgspec.field(default_factory=_Attributes)
    relationships: _Relationships = msgspec.field(default_factory=_Relationships)


class _Body(msgspec.Struct):
    data: Rule


class _Apply(msgspec.Struct, forbid_unknown_fields=True):
    onlyWaiting: bool = False


class _ApplyRule(msgspec.Struct):
    attributes: _Apply


class _ApplyBody(msgspec.Struct):
    data: _ApplyRule


_decoder = msgspec.json.Decoder(_Body)
_apply_decoder = msgspec.json.Decoder(_ApplyBody)


def read(body: bytes) -> Rule:
    """A rule, or what is to change of one. Raises `ApiError`."""
    return decoded(_decoder, body).data


def only_waiting(body: bytes) -> bool:
    """Whether a rule is applied only to devices that are on no service; an empty body asks for all. Raises `ApiError`."""
    return bool(body.strip()) and decoded(_apply_decoder, body).data.attributes.onlyWaiting


def conditions(sent: Asked) -> Conditions:
    """What a rule asks of devices. Raises `ApiError` for an unknown family."""
    kind = next((kind for kind, family in FAMILIES.items() if family == sent.productFamily), None)
    if sent.productFamily and kind is None:
        detail = f"'{sent.productFamily[:40]}' is no product family; expected one of {', '.join(FAMILIES.values())}."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, _FAMILY))
    return Conditions(
        source=sent.purchaseSourceType,
        supplier=sent.purchaseSourceId,
        order=sent.orderNumberPrefix,
        product_type=sent.productTypePrefix,
        kind=int(kind or 0),
        unit=sent.organizationalUnitId,
    )
