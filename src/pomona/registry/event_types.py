"""What programs can be told of, and the one table that says which of the log's events each is made of."""

from pomona.registry.errors import Invalid

EVENT_TYPES = {
    "device.added": "Devices came into the organisation",
    "device.assigned": "Devices were assigned to a device management service",
    "device.unassigned": "Devices were taken off their service",
    "device.released": "Devices left the organisation",
    "device.enrolled": "A device enrolled in the built-in service",
    "device.unenrolled": "A device left the built-in service",
    "order.received": "A supplier submitted an order",
    "order.pending": "An order waits, because its supplier is not linked",
    "order.available": "An order's devices are here",
    "order.refused": "None of an order's devices could be taken",
    "order.returned": "A supplier took devices back",
    "order.voided": "A supplier withdrew an order or a return",
    "order.overridden": "A supplier replaced an order by another version of it",
    "token.expiring": "A service's token ends in 60, 30, 14, 7 or 1 days",
    "domain.expiring": "A domain has to be verified within 7 days or 1 day",
    "activity.finished": "An activity ended, whatever came of it",
}
"""Every type that can be chosen, and what it means."""

TEST = "webhook.test"
"""Sent when somebody presses the button, whatever was chosen."""

FROM_LOG: dict[str, str] = {
    "DEVICE_ENROLLED": "device.enrolled",
    "DEVICE_UNENROLLED": "device.unenrolled",
    "DOMAIN_PROOF_EXPIRING": "domain.expiring",
    "ORDER_AVAILABLE": "order.available",
    "ORDER_OVERRIDDEN": "order.overridden",
    "ORDER_PENDING": "order.pending",
    "ORDER_RECEIVED": "order.received",
    "ORDER_REFUSED": "order.refused",
    "ORDER_RETURNED": "order.returned",
    "ORDER_VOIDED": "order.voided",
    "SERVICE_TOKEN_EXPIRING": "token.expiring",
}
"""Events of the log that are one message each. Those about devices and activities become as many as they need."""


def checked(types: list[str]) -> list[str]:
    """The types as they are kept, in the table's order; none means all. Raises `Invalid`."""
    wanted = {type.strip().lower() for type in types if type.strip()}
    unknown = sorted(wanted - EVENT_TYPES.keys())
    if unknown:
        raise Invalid(
            f"'{unknown[0][:60]}' is no type of event; expected some of {', '.join(EVENT_TYPES)}.",
            field="events",
        )
    return [type for type in EVENT_TYPES if type in wanted]
