"""Where `/portal/` leads: what waits for somebody, or for those who see no devices the first page that they may see."""

from collections.abc import Iterator
from typing import NamedTuple

from pomona.portal import service_state, words
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.menu import first
from pomona.portal.permissions import Permission as May
from pomona.portal.visit import Visit
from pomona.portal.wording import count, utc
from pomona.registry import attention, services, tokens, webhooks
from pomona.store import Tx

_WEEK = 7 * 86_400_000


class Matter(NamedTuple):
    """Something to see to: the look of its badge and its word, a sentence, what to do about it, and where."""

    look: str
    word: str
    sentence: str
    advice: str
    link: str


def show(tx: Tx, visit: Visit) -> Answer:
    """What waits, the most pressing first; what there is to say goes along."""
    if not visit.may(May.LOOK):
        return Moved(first(visit.permissions) or "/portal/account", visit.query.get("said", ""))
    order = {"bad": 0, "wait": 1, "off": 2}
    found = sorted(_matters(tx, visit), key=lambda matter: order[matter.look])
    return Shown("start.html", {"matters": found})


def _matters(tx: Tx, visit: Visit) -> Iterator[Matter]:
    yield from _services(tx, visit)
    yield from _orders(tx, visit)
    yield from _activities(tx, visit)
    yield from _provisional(tx, visit)
    if visit.may(May.WEBHOOKS):
        yield from _notices(tx, visit)


def _services(tx: Tx, visit: Visit) -> Iterator[Matter]:
    found = services.of_organization(tx, visit.organization_id)
    newest = tokens.newest_of(tx, [service.id for service in found])
    for service in found:
        look, word, advice = service_state.state(service, newest.get(service.id), visit.now)
        if look in ("bad", "wait"):
            yield Matter(look, word, service.name, advice, f"/portal/services/{service.uuid}")


def _orders(tx: Tx, visit: Visit) -> Iterator[Matter]:
    for waiting in attention.waiting_orders(tx, visit.organization_id):
        many = waiting.orders > 1
        said = (
            f"{count(waiting.orders, 'order')} of {waiting.supplier} with {count(waiting.devices, 'device')}"
        )
        advice = f"If {'they are' if many else 'it is'} yours, link the number {waiting.number}."
        yield Matter("wait", "Waits for a link", said, advice, "/portal/suppliers")


def _activities(tx: Tx, visit: Visit) -> Iterator[Matter]:
    for failed in attention.failed_activities(tx, visit.organization_id, visit.now - _WEEK):
        what = words.activity_type(failed.type)
        said = f"{what}: {failed.failed} of {count(failed.total, 'device')} without success"
        yield Matter(
            "bad",
            "Failed",
            said,
            "Its log says why, device by device.",
            f"/portal/activities/{failed.activity}",
        )
    for leaving in attention.leaving(tx, visit.organization_id):
        said = (
            f"{count(leaving.devices, 'device')} to be released on {utc(leaving.final_at):%Y-%m-%d %H:%M} UTC"
        )
        yield Matter(
            "off",
            "Can be taken back",
            said,
            "Until then nothing is final.",
            f"/portal/activities/{leaving.activity}",
        )


def _provisional(tx: Tx, visit: Visit) -> Iterator[Matter]:
    devices, until = attention.provisional(tx, visit.organization_id, visit.now)
    if until is not None:
        number = (
            f"More than {attention.MOST:,} devices" if devices > attention.MOST else count(devices, "device")
        )
        advice = f"Their users may take them out again; the first stays from {utc(until):%Y-%m-%d} on."
        yield Matter(
            "off", "Provisional", f"{number} added by hand", advice, "/portal/devices?source=MANUALLY_ADDED"
        )


def _notices(tx: Tx, visit: Visit) -> Iterator[Matter]:
    for webhook in webhooks.of_organization(tx, visit.organization_id):
        if webhook.state == "FAILING" or (webhook.state == "ENABLED" and webhook.failing_since is not None):
            off = webhook.state == "FAILING"
            word, advice = (
                ("Switched off", "Nothing arrived for days. Mend it and switch it on again.")
                if off
                else ("Does not answer", "Its deliveries say what was answered.")
            )
            link = f"/portal/webhooks/{webhook.uuid}"
            yield Matter("bad" if off else "wait", word, f"Webhook {webhook.name}", advice, link)
    problem = attention.mail_trouble(tx, visit.organization_id, visit.now - _WEEK)
    if problem:
        yield Matter("bad", "Not sent", "Mails", f"{problem[:1].upper()}{problem[1:]}.", "/portal/account")
