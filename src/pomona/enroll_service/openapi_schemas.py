"""The objects of this face as JSON Schema, for its OpenAPI document."""

from typing import Any

from pomona.enroll_service.enrolling import MAX_TRANSACTION_ID
from pomona.enroll_service.errors import PROBLEMS, SENTENCES
from pomona.registry.order_documents import ORDER_TYPES
from pomona.registry.order_problems import Problem

Json = dict[str, Any]

_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"


def ref(name: str) -> Json:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _text(longest: int | None = None, *, least: int = 0, example: str | None = None, **more: Any) -> Json:
    found: Json = {"type": "string", "minLength": least, **more}
    if longest is not None:
        found["maxLength"] = longest
    return found | ({"examples": [example]} if example else {})


def _list(of: str, *, least: int = 0) -> Json:
    return {"type": "array", "items": ref(of), "minItems": least}


def _object(required: tuple[str, ...], **properties: Any) -> Json:
    return {"type": "object", "properties": properties, "required": list(required)}


def _closed(required: tuple[str, ...], **properties: Any) -> Json:
    """Of an answer: it has no members but these."""
    return _object(required, **properties) | {"additionalProperties": False}


def _codes(level: str) -> list[str]:
    return sorted({PROBLEMS[problem] for problem in Problem if problem.level == level})


def _date(example: str) -> Json:
    return _text(64, least=1, example=example, format="date-time")


_CONTEXT_AND_ID = {
    "requestContext": ref("RequestContext"),
    "depResellerId": _text(32, least=1, example="16FCE4A0"),
}
_HEADER = {
    "orderNumber": _text(32, least=1, example="ORDER_900123"),
    "orderDate": _date("2026-08-28T10:10:10Z"),
    "orderType": {"type": "string", "enum": list(ORDER_TYPES)},
    "customerId": _text(32, least=1, example="1501758"),
    "poNumber": _text(100, example="PO_12345"),
}
_ORDER_FATE = {
    "orderNumber": _text(),
    "orderPostStatus": {
        "type": "string", "enum": ["COMPLETE", "POSTED_WITH_ERRORS", "ERROR", *_codes("order")]
    },
    "orderPostStatusMessage": _text(),
    "deliveries": _list("DeliveryFate"),
}  # fmt: skip
_WHOLE = {"type": "string", "enum": ["COMPLETE", "COMPLETE_WITH_ERRORS", "ERROR"]}
_STAMP = _text(pattern=_TIME)

SCHEMAS: Json = {
    "RequestContext": _object(
        ("shipTo", "timeZone", "langCode"),
        shipTo=_text(pattern=r"^[0-9]{1,10}$", example="0000052010"),
        timeZone=_text(64, least=1, example="420"),
        langCode=_text(2, least=2, example="en"),
    ),
    "Device": _object(
        ("deviceId",),
        deviceId=_text(20, least=1, example="33645004YAM"),
        assetTag=_text(128),
        productType=_text(
            example="iPhone17,3", description="Pomona's own: product type, model or part number."
        ),
    ),
    "Delivery": _object(
        ("deliveryNumber", "shipDate", "devices"),
        deliveryNumber=_text(32, least=1, example="SELF"),
        shipDate=_date("2026-10-10T05:10:00Z"),
        devices=_list("Device", least=1),
    ),
    "Order": _object(
        ("orderNumber", "orderDate", "orderType", "customerId"), **_HEADER, deliveries=_list("Delivery")
    ),
    "EnrollRequest": _object(
        ("requestContext", "transactionId", "depResellerId", "orders"),
        **_CONTEXT_AND_ID,
        transactionId=_text(MAX_TRANSACTION_ID, least=1, example="TXN_001122"),
        orders=_list("Order", least=1),
    ),
    "StatusRequest": _object(
        ("requestContext", "depResellerId", "deviceEnrollmentTransactionId"),
        **_CONTEXT_AND_ID,
        deviceEnrollmentTransactionId=_text(100, least=1),
    ),
    "DetailsRequest": _object(
        ("requestContext", "depResellerId", "orderNumbers"),
        **_CONTEXT_AND_ID,
        orderNumbers={"type": "array", "items": _text(32, least=1), "minItems": 1},
    ),
    "Accepted": _closed(
        ("deviceEnrollmentTransactionId", "enrollDevicesResponse"),
        deviceEnrollmentTransactionId=_text(pattern=r"^[0-9a-f-]{36}_[0-9]+$"),
        enrollDevicesResponse=_closed(
            ("statusCode", "statusMessage"),
            statusCode={"const": "SUCCESS"},
            statusMessage=_text(),
        ),
    ),
    "Status": _closed(
        ("deviceEnrollmentTransactionID", "transactionId", "statusCode", "completedOn", "orders"),
        deviceEnrollmentTransactionID=_text(),
        transactionId=_text(),
        statusCode=_WHOLE,
        completedOn=_STAMP,
        orders=_list("OrderFate"),
    ),
    "OrderFate": _closed(("orderNumber", "orderPostStatus"), **_ORDER_FATE),
    "DeliveryFate": _closed(
        ("deliveryNumber", "deliveryPostStatus"),
        deliveryNumber=_text(),
        deliveryPostStatus={
            "type": "string",
            "enum": ["COMPLETE", "POSTED_WITH_ERRORS", "ERROR", *_codes("delivery")],
        },
        deliveryPostStatusMessage=_text(),
        devices=_list("DeviceFate"),
    ),
    "DeviceFate": _closed(
        ("deviceId", "devicePostStatus"),
        deviceId=_text(),
        devicePostStatus={"type": "string", "enum": ["COMPLETE", *_codes("device")]},
        devicePostStatusMessage=_text(),
    ),
    "Details": _closed(
        ("statusCode", "respondedOn", "orders"),
        statusCode={"const": "COMPLETE"},
        respondedOn=_STAMP,
        orders={"type": "array", "items": {"oneOf": [ref("ShownOrder"), ref("UnknownOrder")]}},
    ),
    "ShownOrder": _closed(
        ("orderNumber", "orderDate", "orderType", "customerId", "poNumber", "deliveries"),
        **_HEADER,
        deliveries=_list("Delivery"),
    ),
    "UnknownOrder": _closed(
        ("orderNumber", "showOrderStatusCode", "showOrderStatusMessage"),
        orderNumber=_text(),
        showOrderStatusCode={"const": "DEP-ERR-5002"},
        showOrderStatusMessage=_text(),
    ),
    "Trial": _closed(
        ("transactionId", "statusCode", "validatedOn", "transactionsInProgress", "orders"),
        transactionId=_text(),
        statusCode=_WHOLE,
        validatedOn=_STAMP,
        transactionsInProgress={"type": "integer", "minimum": 0},
        orders=_list("TriedOrder"),
    ),
    "TriedOrder": _closed(
        ("orderNumber", "orderPostStatus"),
        **_ORDER_FATE,
        orderState=_text(example="PENDING"),
        orderStateMessage=_text(),
        devicesAvailable={"type": "integer", "minimum": 0},
        devicesPending={"type": "integer", "minimum": 0},
        devicesReturned={"type": "integer", "minimum": 0},
    ),
    "Error": _closed(
        ("errorCode", "errorMessage"),
        errorCode={"type": "string", "enum": sorted(SENTENCES)},
        errorMessage=_text(),
    ),
    "FlatError": _closed(
        ("errorCode", "errorMessage", "transactionId"),
        errorCode={"type": "string", "enum": sorted(code for code in SENTENCES if code.startswith("GRX"))},
        errorMessage=_text(),
        transactionId=_text(pattern=r"^[0-9a-f-]{36}-[0-9]+$"),
    ),
    "EnrollRefused": _closed(
        ("enrollDeviceErrorResponse",),
        enrollDeviceErrorResponse={"oneOf": [ref("Error"), _list("Error", least=2)]},
    ),
    "StatusRefused": _closed(
        ("checkTransactionErrorResponse",),
        deviceEnrollmentTransactionID=_text(),
        checkTransactionErrorResponse=_list("Error", least=1),
    ),
    "DetailsRefused": _closed(("showOrderErrorResponse",), showOrderErrorResponse=_list("Error", least=1)),
}
"""By name. Requests say what is expected; what differs is refused with a code, or read leniently."""
