"""The service discovery URL that a service registers for account-driven enrolment."""

from dataclasses import dataclass

from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.store import Tx


@dataclass(frozen=True, slots=True)
class DiscoveryUrl:
    """Where the service answers discovery, and since when (ms)."""

    url: str
    updated_at: int


def of_service(tx: Tx, service_id: int) -> DiscoveryUrl | None:
    """What a service registered."""
    row = tx.row("SELECT discovery_url, discovery_url_at FROM service WHERE id = $1", service_id)
    return None if row is None or row[0] is None else DiscoveryUrl(*row)


def register(
    tx: Tx, organization_id: int, service_id: int, url: str | None, *, actor: Actor, now: int
) -> None:
    """Registers a URL, or with None takes back the one there is. The caller holds the organisation's lock."""
    before = of_service(tx, service_id)
    if url == (before.url if before else None):
        return
    tx.execute(
        "UPDATE service SET discovery_url = $1, discovery_url_at = $2 WHERE id = $3",
        *(url, now if url else None, service_id),
    )
    subject = audit.Subject("SERVICE", actor.id, actor.name)
    audit.record(
        tx, organization_id, "SERVICE_DISCOVERY_CHANGED", actor, subject, now=now,
        before=None if before is None else before.url, after=url,
    )  # fmt: skip
