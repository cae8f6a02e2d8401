"""check-transaction-status: what became of one submission, at every level of it."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from pomona.enroll_service import auth, context, errors, wire
from pomona.enroll_service.auth import Caller
from pomona.enroll_service.errors import Refused, call, of_problem
from pomona.enroll_service.reading import trimmed
from pomona.formats.times import iso_seconds
from pomona.registry import submissions
from pomona.registry.errors import NotFound
from pomona.registry.submissions import DeliveryFate, OrderFate, Submission
from pomona.runtime import Runtime
from pomona.store import Tx

_MAX_ID = 100
_SHORT = 2_000
"""Devices of a submission whose status is put together without going to another thread."""

COMPLETE, PARTLY, FAILED = "COMPLETE", "POSTED_WITH_ERRORS", "ERROR"


async def status(runtime: Runtime, caller: Caller, body: bytes) -> dict[str, Any]:
    """The fate of a submission. Raises `Refused`; while it is being worked on too (DEP-ERR-4003)."""
    request = wire.read(body, wire.StatusRequest)
    ship_to = context.check(request.requestContext, caller)
    id = trimmed(request.deviceEnrollmentTransactionId)
    wrong = [] if trimmed(request.depResellerId) else ["GRX-1056"]
    if not id:
        wrong.append("DEP-ERR-4001")
    elif len(id) > _MAX_ID:
        wrong.append("DEP-ERR-4002")
    if wrong:
        raise call(*wrong)
    supplier = auth.authorize(caller, trimmed(request.depResellerId), ship_to, "STATUS")
    try:
        found = await runtime.store.read(partial(submissions.by_uuid, supplier_id=supplier.id, uuid=id))
    except NotFound:
        raise _about(id, "DEP-ERR-4004") from None
    if found.completed_at is None:
        raise _about(id, "DEP-ERR-4003")
    if found.failed:
        raise _about(id, "DEP-ERR-4005")
    read = runtime.store.read if found.device_count <= _SHORT else runtime.store.scan
    return await read(lambda tx: _document(tx, found))


def _about(id: str, code: str) -> Refused:
    """An error that names the submission; this call spells its id with a capital D."""
    refused = errors.call(code)
    return Refused(*refused.errors, extra={"deviceEnrollmentTransactionID": id})


def _document(tx: Tx, submission: Submission) -> dict[str, Any]:
    assert submission.completed_at is not None
    word, orders = of_orders(submissions.fate(tx, submission.id))
    return {
        "deviceEnrollmentTransactionID": submission.uuid,
        "transactionId": submission.transaction_id,
        "statusCode": word,
        "completedOn": iso_seconds(submission.completed_at),
        "orders": orders,
    }


def of_orders(fates: Sequence[OrderFate]) -> tuple[str, list[dict[str, Any]]]:
    """What became of a submission as a whole, in the protocol's word, and of each order."""
    orders = [_order(fate) for fate in fates]
    word = _sum(order["orderPostStatus"] for order in orders)
    return ("COMPLETE_WITH_ERRORS" if word == PARTLY else word), orders


def _order(fate: OrderFate) -> dict[str, Any]:
    deliveries = [_delivery(delivery) for delivery in fate.deliveries]
    if fate.problem is not None:
        error = of_problem(fate.problem, fate.detail)
        word, message = error.code, {"orderPostStatusMessage": error.message}
        deliveries = [each for each in deliveries if "deliveryPostStatusMessage" in each]
    elif fate.type == "VD":
        # What a void names of deliveries is what it could not undo; the rest of it was done.
        word, message = (PARTLY if deliveries else COMPLETE), {}
    else:
        word, message = _sum(each["deliveryPostStatus"] for each in deliveries), {}
    document = {"orderNumber": fate.number, "orderPostStatus": word, **message}
    return document | {"deliveries": deliveries} if deliveries else document


def _delivery(fate: DeliveryFate) -> dict[str, Any]:
    if fate.problem is not None:
        error = of_problem(fate.problem)
        return {
            "deliveryNumber": fate.number,
            "deliveryPostStatus": error.code,
            "deliveryPostStatusMessage": error.message,
        }
    devices = [{"deviceId": id, "devicePostStatus": COMPLETE} for id in fate.ids]
    for n, trouble in fate.troubles.items():
        error = of_problem(trouble.problem, trouble.detail)
        devices[n] = {
            "deviceId": fate.ids[n],
            "devicePostStatus": error.code,
            "devicePostStatusMessage": error.message,
        }
    wrong = len(fate.troubles)
    word = COMPLETE if not wrong else FAILED if wrong == len(fate.ids) else PARTLY
    return {"deliveryNumber": fate.number, "deliveryPostStatus": word, "devices": devices}


def _sum(words: Iterable[str]) -> str:
    """What the parts amount to: all COMPLETE, none of them (whatever the error), or something in between."""
    found = set(words)
    if found <= {COMPLETE}:
        return COMPLETE
    return PARTLY if found & {COMPLETE, PARTLY} else FAILED
