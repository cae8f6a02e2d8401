"""orders:validate, which is not in the original: the answer that check-transaction-status would give, at once and for nothing.

The request is that of bulk-enroll-devices. Beside each order stands how it would be afterwards, as the tracker says it: what
would wait for a link among it.
"""

from typing import Any

from pomona.enroll_service.auth import Caller
from pomona.enroll_service.enrolling import checked
from pomona.enroll_service.status import of_orders
from pomona.formats.times import iso_seconds
from pomona.registry import order_trials
from pomona.registry.order_trials import Trial
from pomona.registry.orders import Order
from pomona.runtime import Runtime


async def validate(runtime: Runtime, caller: Caller, body: bytes) -> dict[str, Any]:
    """What would become of a submission; nothing of it is kept. Raises `Refused`."""
    settings, now = runtime.settings, runtime.clock.now()
    supplier, prepared = checked(runtime, caller, body, device_limit=settings.order_trial_limit)
    trial = await order_trials.attempt(
        runtime.store, supplier.id, prepared, strict=settings.catalogue == "strict", now=now, rng=runtime.rng
    )
    return document(trial, prepared.transaction_id, now)


def document(trial: Trial, transaction_id: str, now: int) -> dict[str, Any]:
    """The answer. `now` in milliseconds."""
    word, orders = of_orders(trial.fates)
    standing = [trial.orders.get(fate.order_id or 0) for fate in trial.fates]
    return {
        "transactionId": transaction_id,
        "statusCode": word,
        "validatedOn": iso_seconds(now),
        "transactionsInProgress": trial.waiting,
        "orders": [
            shown if order is None else shown | _state(order)
            for shown, order in zip(orders, standing, strict=True)
        ],
    }


def _state(order: Order) -> dict[str, Any]:
    state = {
        "orderState": order.state,
        "devicesAvailable": order.live,
        "devicesPending": order.pending,
        "devicesReturned": order.returned,
    }
    return state | {"orderStateMessage": order.reason} if order.reason else state
