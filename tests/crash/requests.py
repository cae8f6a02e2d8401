"""Bodies and heads of good requests, as they stand on the wire."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.crash.doors import Door
from tests.crash.prepared import RESELLER, SHIP_TO


def head(door: Door, *fields: str) -> bytes:
    """A request's head up to where its body begins, with what the door asks for."""
    own = [f"{name}: {value}" for name, value in door.headers.items()]
    return "\r\n".join([f"{door.method} {door.path} HTTP/1.1", "Host: tests", *own, *fields, "", ""]).encode()


def activity(type: str, serials: Sequence[str], service: str) -> bytes:
    """The body that creates an activity."""
    relationships = {
        "devices": {"data": [{"type": "orgDevices", "id": serial} for serial in serials]},
        "mdmServer": {"data": {"type": "mdmServers", "id": service}},
    }
    data = {
        "type": "orgDeviceActivities",
        "attributes": {"activityType": type},
        "relationships": relationships,
    }
    return json.dumps({"data": data}).encode()


def supplier_call(**members: Any) -> dict[str, Any]:
    """A supplier's call: its context and what else it says."""
    context = {"shipTo": SHIP_TO, "timeZone": "420", "langCode": "en"}
    return {"requestContext": context, "depResellerId": RESELLER, **members}


def submission(customer: str, transaction_id: str, orders: Mapping[str, Sequence[str]]) -> bytes:
    """The body that submits orders: the serials of each by its number."""
    listed = [_order(customer, number, serials) for number, serials in orders.items()]
    return json.dumps(supplier_call(transactionId=transaction_id, orders=listed)).encode()


def _order(customer: str, number: str, serials: Sequence[str]) -> dict[str, Any]:
    delivery = {
        "deliveryNumber": "D1",
        "shipDate": "2024-10-10T05:10:00Z",
        "devices": [{"deviceId": serial} for serial in serials],
    }
    return {
        "orderNumber": number,
        "orderDate": "2024-08-28T10:10:10Z",
        "orderType": "OR",
        "customerId": customer,
        "deliveries": [delivery],
    }
