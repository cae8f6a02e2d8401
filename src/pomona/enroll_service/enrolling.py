"""bulk-enroll-devices: checks shape, mandatory fields and rights, keeps the submission, and says so. Work comes later."""

import logging
from functools import partial
from typing import Any

from pomona.enroll_service import auth, context, errors, reading, wire
from pomona.enroll_service.auth import Caller
from pomona.enroll_service.reading import trimmed
from pomona.registry import submissions
from pomona.registry.submissions import Prepared
from pomona.registry.suppliers import Supplier
from pomona.runtime import Runtime, Settings

MAX_TRANSACTION_ID = 64
"""Characters of a supplier's own transaction id. Ours: nobody has said what Apple's is."""

_log = logging.getLogger("pomona.enroll_service")


async def enroll(runtime: Runtime, caller: Caller, body: bytes) -> dict[str, Any]:
    """The answer to a submission. Raises `Refused`; then nothing was kept."""
    supplier, prepared = checked(runtime, caller, body)
    accepted = await runtime.store.write(
        partial(
            submissions.accept,
            supplier_id=supplier.id,
            prepared=prepared,
            received_from=caller.address,
            now=runtime.clock.now(),
            rng=runtime.rng,
        )
    )
    if accepted.reused:
        _log.warning(
            "transaction id used again with another body",
            extra={"supplier": supplier.number, "transaction": prepared.transaction_id},
        )
    return {
        "deviceEnrollmentTransactionId": accepted.uuid,
        "enrollDevicesResponse": {
            "statusCode": "SUCCESS",
            "statusMessage": "The transaction was accepted and will be processed.",
        },
    }


def checked(
    runtime: Runtime, caller: Caller, body: bytes, *, device_limit: int | None = None
) -> tuple[Supplier, Prepared]:
    """Whose submission a request is, and the submission, ready to be kept. Raises `Refused`."""
    request = wire.read(body, wire.EnrollRequest)
    ship_to = context.check(request.requestContext, caller)
    wrong = _missing(request, runtime.settings, device_limit)
    if wrong:
        raise errors.call(*wrong)
    supplier = auth.authorize(caller, trimmed(request.depResellerId), ship_to, "ENROLL")
    documents = [reading.document(order) for order in request.orders or ()]
    return supplier, submissions.prepare(trimmed(request.transactionId), body, documents)


def _missing(request: wire.EnrollRequest, settings: Settings, device_limit: int | None) -> list[str]:
    """Codes of everything that is missing or too much, in the order in which clients have seen them."""
    orders = request.orders or []
    wrong = []
    if not trimmed(request.depResellerId):
        wrong.append("GRX-1056")
    if not orders:
        wrong.append("DEP-ERR-3003")
    transaction_id = trimmed(request.transactionId)
    if not transaction_id:
        wrong.append("DEP-ERR-3001")
    elif len(transaction_id) > MAX_TRANSACTION_ID:
        wrong.append("DEP-ERR-3002")
    if len(orders) > settings.order_limit:
        wrong.append("DEP-ERR-3007")
    if _device_count(orders) > (device_limit or settings.order_device_limit):
        wrong.append("DEP-ERR-3005")
    numbers = [trimmed(order.orderNumber) for order in orders]
    if not all(numbers):
        wrong.append("DEP-ERR-3004")
    if any(len(number) > reading.MAX_ORDER_NUMBER for number in numbers):
        wrong.append("DEP-ERR-3006")
    return wrong


def _device_count(orders: list[wire.Order]) -> int:
    return sum(len(delivery.devices or ()) for order in orders for delivery in order.deliveries or ())
