"""What mails say: plain text, one paragraph of news, what it is about, and what to do.

Names come from suppliers and people. They are put on one line without anything that could be taken for another line.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from pomona.registry.activities import Activity
from pomona.registry.audit import Event
from pomona.registry.organizations import Organization

_MOST_LINES = 100


class Text(NamedTuple):
    """A mail's subject and body."""

    subject: str
    body: str


def plain(text: str) -> str:
    """A name as it may stand in a header or a line: printable, on one line, not endless."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:200]


def moment(ms: int) -> str:
    """A time in GMT: `14 November 2023, 22:13 GMT`."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{day(ms)}, {at:%H:%M} GMT"


def day(ms: int) -> str:
    """A date in GMT: `14 November 2023`."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{at.day} {at:%B %Y}"


def letter(organization: Organization, subject: str, news: str, lines: Sequence[str], link: str) -> Text:
    """A whole mail. `link` is the address of the portal's page, empty when nobody knows it."""
    parts = [f"{plain(organization.name)}, Organisation ID {organization.number}", news]
    if lines:
        shown = list(lines[:_MOST_LINES])
        if len(lines) > _MOST_LINES:
            shown.append(f"and {len(lines) - _MOST_LINES} more")
        parts.append("\n".join(f"  {line}" for line in shown))
    parts.append(f"See {link}" if link else "See the portal.")
    parts.append(
        "-- \nPomona. What you get by mail is chosen in the portal, on the page of your own account."
    )
    return Text(plain(subject), "\n\n".join(parts) + "\n")


_ORDER_NEWS = {
    "orders.submitted": ("Devices submitted", ("submitted orders for your organisation. Their devices appear once the"
                         " orders have been worked on.")),
    "orders.pending": ("Devices pending", ("submitted orders for your organisation, but is not in your list of suppliers."
                       " Their devices stay out until you link it.")),
    "orders.available": ("Devices available", ("delivered: the devices of these orders are in your organisation now. If you"
                         " did not order them, release them and unlink the supplier.")),
    "orders.removed": ("Devices removed", ("took devices back, or withdrew orders. They are not in your organisation any"
                       " more.")),
    "orders.updated": ("Orders changed or refused", ("corrected orders, or sent some that could not be taken. The portal"
                       " says of each device where it stands.")),
}  # fmt: skip
"""The beginning of the subject, and what the supplier did."""


def of_orders(organization: Organization, topic: str, events: Sequence[Event], link: str) -> Text:
    """One mail about what a supplier did with orders; they are all of one supplier."""
    title, did = _ORDER_NEWS[topic]
    supplier = plain(events[0].after["supplier"])
    what = f"order {events[0].subject.name}" if len(events) == 1 else f"{len(events)} orders"
    news = f"{supplier} ({plain(events[0].after['supplier_number'])}) {did}"
    return letter(
        organization, f"{title}: {what} of {supplier}", news, [_order_line(event) for event in events], link
    )


_ORDER_WORDS = {
    "ORDER_RECEIVED": "received",
    "ORDER_PENDING": "waiting since",
    "ORDER_AVAILABLE": "available since",
    "ORDER_RETURNED": "returned",
    "ORDER_VOIDED": "withdrawn",
    "ORDER_OVERRIDDEN": "corrected",
    "ORDER_REFUSED": "refused",
}


def _order_line(event: Event) -> str:
    after = event.after
    kind = "Return" if after["order_type"] == "RE" else "Order"
    counts = [
        f"{after[name]} {name}" for name in ("available", "pending", "returned", "refused") if after[name]
    ]
    said = f"{kind} {plain(event.subject.name)} of {day(after['ordered_at'])}, {_ORDER_WORDS[event.type]} {moment(event.at)}"
    return f"{said} ({', '.join(counts)})" if counts else said


def of_token(organization: Organization, event: Event, link: str) -> Text:
    """A server token ends."""
    name, after = plain(event.subject.name), event.after
    ends = f"{after['days']} day{'s' if after['days'] > 1 else ''}"
    news = (
        f"The server token of {name} ends within {ends}, on {moment(after['expires_at'])}. From then on the service is"
        " refused. Download a new token and give it to the service."
    )
    return letter(organization, f"The token of {name} ends within {ends}", news, (), link)


def of_domain(organization: Organization, event: Event, link: str) -> Text:
    """A domain's proof ends."""
    name, after = plain(event.subject.name), event.after
    ends = f"{after['days']} day{'s' if after['days'] > 1 else ''}"
    news = (
        f"The domain {name} has to be verified within {ends}, before {moment(after['expires_at'])}. After that its TXT"
        " record counts no more; add the domain again for a new one."
    )
    return letter(organization, f"Verify {name} within {ends}", news, (), link)


_ACTIVITY_WORDS = {
    "ASSIGN_DEVICES": "Assigning",
    "UNASSIGN_DEVICES": "Unassigning",
    "RELEASE_DEVICES": "Releasing",
    "KEEP_DEVICES": "Keeping",
    "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE": "Migrating",
    "UPDATE_MDM_MIGRATION_DEADLINE": "Setting the deadline of",
    "CANCEL_MDM_MIGRATION": "Cancelling the migration of",
    "UNDO_ACTIVITY": "Putting back",
}
_ENDS = {"COMPLETED": "is done", "STOPPED": "was stopped", "FAILED": "failed"}


def of_activity(organization: Organization, event: Event, activity: Activity, link: str) -> Text:
    """An activity ended."""
    doing = _ACTIVITY_WORDS.get(activity.type, plain(activity.type.replace("_", " ").capitalize()))
    ended = _ENDS.get(activity.status, "ended")
    if isinstance(event.after, dict) and "final_at" in event.after:
        ended = f"was put off until {moment(event.after['final_at'])}"
    subject = f"{doing} {activity.total} device{'s' if activity.total != 1 else ''} {ended}"
    failed = f", {activity.failed} of them without success" if activity.failed else ""
    news = f"{subject}{failed}. It was begun by {plain(activity.actor.name)}, {moment(activity.created_at)}."
    if event.type == "ACTIVITY_FAILED" and isinstance(event.after, dict):
        news += f" What was wrong: {plain(str(event.after.get('problem', '')))}"
    lines = [f"Activity {activity.uuid}, ended {moment(event.at)}"]
    return letter(organization, f"{subject}{failed}", news, lines, link)


def of_webhook(organization: Organization, event: Event, link: str) -> Text:
    """A webhook was switched off."""
    name = plain(event.subject.name)
    news = (
        f"The webhook {name} was switched off, because {plain(event.after['problem'])}. What happens is kept for it until"
        " you switch it on again."
    )
    return letter(organization, f"The webhook {name} was switched off", news, (), link)


def of_terms(organization: Organization, event: Event, link: str) -> Text:
    """New terms wait."""
    del event
    news = "New terms wait to be accepted. Until then device management services are refused."
    return letter(organization, "New terms wait to be accepted", news, (), link)


OF_EVENT: dict[str, tuple[Callable[[Organization, Event, str], Text], str]] = {
    "SERVICE_TOKEN_EXPIRING": (of_token, "services"),
    "DOMAIN_PROOF_EXPIRING": (of_domain, ""),
    "WEBHOOK_DISABLED": (of_webhook, "webhooks"),
    "TERMS_PENDING": (of_terms, ""),
}
"""Events that are a mail each: who writes it, and the portal's page it leads to."""
