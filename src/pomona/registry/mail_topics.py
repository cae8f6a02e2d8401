"""What people can be told of by mail, who is told without having chosen, and which events of the log that is."""

from dataclasses import dataclass

from pomona.registry.audit import Event
from pomona.registry.errors import Invalid
from pomona.registry.people import Role

_BUYERS = frozenset({Role.ADMINISTRATOR})
_TECHNICIANS = frozenset({Role.ADMINISTRATOR, Role.IT_ADMINISTRATOR})
_DEVICE_PEOPLE = _TECHNICIANS | {Role.DEVICE_ENROLLMENT_MANAGER}

LARGE = 100
"""Devices from which on the end of one's own activity is worth a mail although nothing went wrong."""


@dataclass(frozen=True, slots=True)
class Topic:
    """`name` is its word in commands, `label` and `meaning` are for people; `roles` get it unless they chose otherwise."""

    name: str
    label: str
    meaning: str
    roles: frozenset[Role]


TOPICS = {
    topic.name: topic
    for topic in (
        Topic("orders.submitted", "Devices submitted", "a supplier submitted an order", _BUYERS),
        Topic("orders.pending", "Devices pending", "an order waits, because its supplier is not linked", _BUYERS),
        Topic("orders.available", "Devices available", "an order's devices are here", _BUYERS),
        Topic("orders.removed", "Devices removed", "a supplier took devices back", _BUYERS),
        Topic("orders.updated", "Orders changed or refused", "an order was corrected, or could not be taken", _BUYERS),
        Topic("tokens", "Tokens that end", "a service's token ends in 60, 30, 14, 7 or 1 days", _DEVICE_PEOPLE),
        Topic("domains", "Domains to be verified", "a domain's proof ends in 7 days or 1 day",
              frozenset({Role.ADMINISTRATOR, Role.PEOPLE_MANAGER})),
        Topic("activities.own", "Your activities", f"one that you began ended, if it was about {LARGE} devices or more or"
              " something failed", _DEVICE_PEOPLE),
        Topic("activities.all", "All activities", "any activity ended, whoever began it", frozenset()),
        Topic("trouble", "Trouble", "a webhook was switched off, or new terms wait", _TECHNICIANS),
    )
}  # fmt: skip
"""Every topic, in the order in which people see them."""

_BY_TYPE = {
    "ORDER_RECEIVED": "orders.submitted",
    "ORDER_PENDING": "orders.pending",
    "ORDER_AVAILABLE": "orders.available",
    "ORDER_RETURNED": "orders.removed",
    "ORDER_VOIDED": "orders.removed",
    "ORDER_OVERRIDDEN": "orders.updated",
    "ORDER_REFUSED": "orders.updated",
    "SERVICE_TOKEN_EXPIRING": "tokens",
    "DOMAIN_PROOF_EXPIRING": "domains",
    "WEBHOOK_DISABLED": "trouble",
    "TERMS_PENDING": "trouble",
}


def of_event(event: Event) -> str | None:
    """The topic that an event of the log belongs to; the ends of activities are `activities`."""
    if event.activity_id is not None and event.subject.kind == "ACTIVITY":
        return "activities"
    if event.type == "ORDER_VOIDED" and event.after["order_type"] == "RE":
        return "orders.updated"
    return _BY_TYPE.get(event.type)


def checked(name: str) -> Topic:
    """The topic of that name. Raises `Invalid`."""
    topic = TOPICS.get(name.strip().lower())
    if topic is None:
        raise Invalid(f"'{name[:60]}' is no topic; expected one of {', '.join(TOPICS)}.", field="topic")
    return topic
